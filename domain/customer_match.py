"""Whether two customers are one: what they share, what speaks against it, and how sure that makes us."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Literal

from rapidfuzz.fuzz import ratio, token_sort_ratio

from domain.company_name import PLACES, company_key, nearness, plain
from domain.quote import tax_number
from domain.refusal import Refused

Reason = Literal[
    "tax_number", "email", "phone", "domain", "company", "near_company", "same_sound", "longer_company",
    "similar_company", "address", "near_address", "other_tax_number", "other_place", "other_branch", "other_city",
]  # fmt: skip
POINTS: dict[str, int] = {
    "tax_number": 100, "email": 60, "phone": 45, "domain": 30, "company": 60, "near_company": 40, "same_sound": 50,
    "similar_company": 25, "longer_company": 20, "address": 30, "near_address": 20, "other_city": -15,
}  # fmt: skip
"""What each thing shared counts; together 100 at most."""
CAPS: dict[str, int] = {"other_tax_number": 30, "other_place": 45, "other_branch": 45}
"""What speaks against one company: two codes, two places in the name, two branches of one group."""
SHOWN, LIKELY, CERTAIN = 55, 70, 90
"""From how many points on a pair is shown, is likely, is certain."""
_EVERYBODYS = """
qq.com vip.qq.com foxmail.com 163.com vip.163.com 126.com yeah.net sina.com sina.cn vip.sina.com sohu.com 139.com
189.cn wo.cn aliyun.com 21cn.com tom.com gmail.com googlemail.com outlook.com hotmail.com live.com live.cn msn.com
yahoo.com yahoo.com.cn yahoo.cn icloud.com me.com mac.com proton.me protonmail.com gmx.de gmx.net gmx.com web.de
mail.com mail.ru yandex.ru aol.com zoho.com hey.com
"""
PUBLIC_MAIL = frozenset(_EVERYBODYS.split())
"""Domains whose addresses say nothing of where somebody works."""
SHORT_NAME = 3
"""Characters of a name that many companies have."""
MOST_EXTRA = 15

_PLACE = re.compile("|".join(sorted(PLACES.split(), key=len, reverse=True)))
_BRANCH = re.compile(r"(?:分公司|分厂|分店|分部|分院|分校|支行|分行|办事处|营业部|门店|加盟店|\bbranch\b)")
_NUMBERED = re.compile(r"([0-9]+|[一二三四五六七八九十百]+)号?(?:店|厂|分|部|期|院|校|中学|小学|矿|队|车间|工厂|门店)")
_HOST = re.compile(r"^(?:[a-z]+://)?(?:www\.)?([^/@:?#\s]+\.[a-z0-9-]{2,})")
_NOT_ADDRESS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Party:
    """Who is compared: numbers in E.164, addresses in lower case, the customer's own and its contacts'. `kept_key` is
    the key of its name where it is known already."""

    name: str
    tax_number: str | None = None
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    domain: str | None = None
    address: str | None = None
    city: str | None = None
    kept_key: str | None = None

    @cached_property
    def key(self) -> str:
        return company_key(self.name) if self.kept_key is None else self.kept_key

    @cached_property
    def domains(self) -> frozenset[str]:
        """Its own, and those of its people's mail; none that everybody has."""
        hosts = {one.rpartition("@")[2] for one in self.emails}
        if self.domain:
            hosts.add(domain_of(self.domain))
        return frozenset(hosts - PUBLIC_MAIL - {""})

    @cached_property
    def places(self) -> frozenset[str]:
        """Provinces and cities that its name says."""
        return frozenset(_PLACE.findall(plain(self.name)))

    @cached_property
    def branch(self) -> tuple[bool, tuple[str, ...]]:
        """Whether its name is a branch's, and the numbers that tell it from its sisters."""
        text = plain(self.name)
        return bool(_BRANCH.search(text)), tuple(_NUMBERED.findall(text))

    @cached_property
    def place(self) -> str:
        """The address without blanks, marks and the names of provinces and cities."""
        bare = _NOT_ADDRESS.sub("", plain(self.address or ""))
        return re.sub(r"^(?:省|市|区)+", "", _PLACE.sub("", bare)).replace("省", "").replace("市", "")

    @property
    def fingerprint(self) -> int:
        """Another number once anything that is compared has changed."""
        facts = [
            plain(self.name), self.tax_number or "", *sorted(self.phones), *sorted(self.emails), self.domain or "",
            self.place, self.city or "",
        ]  # fmt: skip
        return int.from_bytes(blake2b("\n".join(facts).encode(), digest_size=7).digest(), "big")


@dataclass(frozen=True)
class Score:
    """`points`: 0 to 100. `reasons`: what is shared, the strongest first, then what speaks against it."""

    points: int = 0
    reasons: tuple[Reason, ...] = field(default=())

    @property
    def shared(self) -> tuple[Reason, ...]:
        """The reasons for it, without what speaks against it."""
        return tuple(reason for reason in self.reasons if POINTS.get(reason, 0) > 0)

    @property
    def level(self) -> Literal["certain", "likely", "possible", "unlike"]:
        if self.points >= CERTAIN:
            return "certain"
        if self.points >= LIKELY:
            return "likely"
        return "possible" if self.points >= SHOWN else "unlike"


def keys_of(party: Party) -> frozenset[str]:
    """What makes two customers one, or worth a look, when they share it: `phone:+86...`, `tax_number:91...`."""
    keys = {f"phone:{one}" for one in party.phones} | {f"email:{one}" for one in party.emails}
    keys |= {f"domain:{one}" for one in party.domains}
    if party.tax_number:
        keys.add(f"tax_number:{party.tax_number}")
    if party.key:
        keys.add(f"company:{party.key}")
    return frozenset(keys)


def compare(one: Party, other: Party) -> Score:
    """The same whichever way round. A name that is nearly the same says too little by itself: among very many
    customers nearly all of those are namesakes by chance."""
    score = _weighed(one, other)
    if score.shared == ("near_company",):
        return Score(min(score.points, SHOWN - 1), score.reasons)
    return score


def _weighed(one: Party, other: Party) -> Score:
    found = _shared(one, other)
    if not found or found == ["longer_company"]:
        return Score()
    points = sum(POINTS[reason] for reason in found) + _extra(found, one, other)
    against = _against(one, other, found)
    points += sum(POINTS.get(reason, 0) for reason in against)
    if "tax_number" not in found:
        points = min([points, *(CAPS[reason] for reason in against if reason in CAPS)])
    ordered = sorted(found, key=lambda reason: -POINTS[reason])
    return Score(max(0, min(100, points)), (*ordered, *against))


def asked_about(asked: Party, other: Party) -> Score:
    """How sure it is for somebody who asks about one of them: as `compare`, but a long name that is nearly the same, a
    number or an address that is the same is worth telling by itself, and so is a web domain of somebody whose name is
    not known. Nothing is made one by it."""
    score = _weighed(asked, other)
    alone = {"phone", "email"} if asked.name else {"phone", "email", "domain"}
    if score.points >= SHOWN or alone.isdisjoint(score.reasons) or not CAPS.keys().isdisjoint(score.reasons):
        return score
    return Score(SHOWN, score.reasons)


def _shared(one: Party, other: Party) -> list[Reason]:
    found: list[Reason] = []
    if one.tax_number and one.tax_number == other.tax_number:
        found.append("tax_number")
    if not one.emails.isdisjoint(other.emails):
        found.append("email")
    if not one.phones.isdisjoint(other.phones):
        found.append("phone")
    if not one.domains.isdisjoint(other.domains):
        found.append("domain")
    alike = _named_alike(one.key, other.key, bool(found))
    if alike:
        found.append(alike)
    if found and one.place and other.place:
        found += _placed_alike(one.place, other.place)
    return found


def _named_alike(one: str, other: str, reached: bool) -> Reason | None:
    """Names that are merely similar count only where something else is shared."""
    match nearness(one, other):
        case "company":
            return "company"
        case "near_company":
            return "near_company"
        case "same_sound":
            return "same_sound"
        case "longer_company":
            return "longer_company"
    if reached and one and other and max(ratio(one, other), token_sort_ratio(one, other)) >= 75:
        return "similar_company"
    return None


def _placed_alike(one: str, other: str) -> list[Reason]:
    if one == other:
        return ["address"]
    numbers = [re.findall(r"\d+", place) for place in (one, other)]
    alike = len(min(one, other, key=len)) >= 5 and numbers[0] == numbers[1] and ratio(one, other) >= 80
    return ["near_address"] if alike else []


def _extra(found: Iterable[Reason], one: Party, other: Party) -> int:
    """A long name that is nearly the same says more than a short one; a short one that is the same says less."""
    shorter = min(len(one.key), len(other.key))
    if "near_company" in found:
        return min(MOST_EXTRA, 3 * (shorter - 3))
    if "company" in found and shorter <= SHORT_NAME:
        return -MOST_EXTRA
    return 0


def _against(one: Party, other: Party, found: list[Reason]) -> list[Reason]:
    against: list[Reason] = []
    if one.tax_number and other.tax_number and one.tax_number != other.tax_number:
        against.append("other_tax_number")
    if one.places and other.places and not (one.places <= other.places or other.places <= one.places):
        against.append("other_place")
    if one.name and other.name and one.branch != other.branch:
        against.append("other_branch")
    if one.city and other.city and _bare(one.city) != _bare(other.city) and "address" not in found:
        against.append("other_city")
    return against


def _bare(city: str) -> str:
    return plain(city).removesuffix("市")


def domain_of(text: str) -> str:
    """`https://www.acme.com.cn/about` and `li@acme.com.cn` give `acme.com.cn`; `""` for a public mail provider's."""
    host = text.strip().lower().rpartition("@")[2]
    found = _HOST.match(host)
    domain = found.group(1).rstrip(".") if found else ""
    return "" if domain in PUBLIC_MAIL else domain


def code_of(text: str | None) -> str | None:
    """A unified social credit code whose check digit is right, in capitals; None for anything else."""
    try:
        return tax_number(text) if text else None
    except Refused:
        return None
