"""Who the parties are, what the contract calls them, and which of them a clause speaks about."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from domain.clause.role import CUSTOMERS, NEUTRAL, SUPPLIERS


class Side(StrEnum):
    OURS = "supplier"  # the company is always the supplier
    THEIRS = "customer"
    EITHER = "either"
    UNKNOWN = "unknown"


_EITHER = (
    r"双方|任何一方|任一方|各方|任意一方|一方|违约方|守约方|对方|另一方|甲乙双方|(?:买卖|供需)双方|"
    r"either party|neither party|each party|both parties|"
    r"the parties|any party|a party|the other party|one party"
)

_DEFINED_ZH = re.compile(
    r"(?:^|[\n\t。;,])\s*(?P<role>[一-鿿]{2,6})\s*(?:\((?P<also>[^()\n]{1,24})\))?\s*(?:\((?"
    r"P<more>[^()\n]{1,24})\))?[:：\t]\s*"
    r"(?P<name>[^\n\t:,。;]{2,40})"
)
_CALLED = re.compile(
    r"(?P<name>[^\s,，。;:()\n\t\"]{2,30}(?:\([^()\s]{1,8}\)[^\s,，。;:()\n\t\"]{0,20}?)?(?:公司|集团|中心|医院|"
    r"学校|大学|研究院|厂|所|局|"
    r"委员会))[,，]?(?:\([^()\"]{0,60}\))?\s*"
    r"\(?(?:以下|下)?(?:统一)?(?:简称|称)(?:为)?[:：]?\s*\"?(?P<role>[一-鿿A-Za-z]{2,20}?)(?:\"|\)|或|"
    r",)(?:或\"?(?P<also>[一-鿿]{2,10})\"?)?"
)
_CALLED_EN = re.compile(
    r"(?P<name>[A-Z][\w&.,' -]{2,80}?)(?:,? an? [^()\n]{2,120}?)?,?\s*\((?:the |hereinafter |"
    r"collectively |together |each |referred to as |\w+ )*?"
    r"\"(?P<role>[A-Za-z][\w .&'-]{1,40})\"(?:(?:,? or|,|"
    r";) (?:the )?\"(?P<also>[A-Za-z][\w .&'-]{1,40})\")?[^()]{0,60}\)"
)
_LABELLED_EN = re.compile(
    r"(?:^|[\n\t])\s*(?:the )?(?P<role>[A-Z][A-Za-z ]{2,20}?)\s*(?:\((?P<also>[^()\n]{2,30})\))?"
    r"[:\t]\s*(?P<name>[A-Z][^\n\t]{2,60})"
)


_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.I)
_QUOTED = re.compile(r"\((?:the |hereinafter )?\"(?P<called>[A-Za-z][\w .&'-]{1,40})\"\)")
_BETWEEN = re.compile(r"\b(?:between|among|parties)\b", re.I)
_COMPANY = re.compile(
    r"\b(?:inc|llc|ltd|limited|corp(?:oration)?|company|gmbh|plc|llp|ag|s\.?a|b\.?v|pty|co)\b|公司", re.I
)
_BODY = re.compile(
    r"\b(?:board|university|council|authority|trust|college|hospital|bank|department|ministry|commission|agency|"
    r"school|district|city|county)$",
    re.I,
)
"""`The Board` for the Glenmore Health Board."""
_COMMON = frozenset([
    "American", "British", "China", "City", "First", "General", "Global", "International", "National", "Pacific",
    "State", "United", "University", "Northern", "Southern", "Eastern", "Western", "Shanghai", "Beijing", "Shenzhen",
    "Agency", "Service", "Digital", "Software", "Data", "Cloud",
])  # fmt: skip
"""First words of companies' names that mean something else when they stand alone."""
_THINGS = frozenset([
    "agreement", "contract", "lease", "license", "licence", "software", "territory", "products", "product", "services",
    "order", "effective", "date", "sow",
])  # fmt: skip


@dataclass
class Parties:
    """`sides` maps what the contract calls a party, in lower case, to its side."""

    sides: dict[str, Side]
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        names = sorted(self.sides, key=len, reverse=True)
        spelled = [re.escape(name) if not name.isascii() else rf"\b{re.escape(name)}(?:'s|s'|s)?\b" for name in names]
        self.pattern = re.compile(rf"(?P<either>{_EITHER})|(?P<named>{'|'.join(spelled)})", re.I)

    @classmethod
    def of(cls, text: str, ours: str = "") -> Parties:
        groups = _groups(text[:20_000])
        _call_by_first_word(groups, text)
        own = _said_to_be_ours(groups, text, _ARTICLE.sub("", ours.strip()))
        sides = _by_words(flipped=bool(own and own & CUSTOMERS and not own & SUPPLIERS))
        named_ours = own if own is not None else _supplier_of(groups, text)
        for group in groups:
            side = Side.OURS if group is named_ours else Side.THEIRS if named_ours is not None else _side_of(group)
            sides |= dict.fromkeys(group, side)
        if named_ours is not None:
            sides |= dict.fromkeys(named_ours, Side.OURS)
            if "甲方" in named_ours:
                sides["乙方"] = Side.THEIRS
            elif "乙方" in named_ours:
                sides["甲方"] = Side.THEIRS
        return cls({name: side for name, side in sides.items() if side is not Side.UNKNOWN and len(name) > 1})

    def mentions(self, text: str) -> list[tuple[int, int, Side]]:
        """Start, end and side of every mention of a party."""
        found = []
        for match in self.pattern.finditer(text):
            if match["either"]:
                found.append((match.start(), match.end(), Side.EITHER))
            else:
                name = re.sub(r"('s|s')$", "", match[0].lower())
                side = self.sides.get(name) or self.sides.get(name.removesuffix("s"), Side.UNKNOWN)
                found.append((match.start(), match.end(), side))
        return found

    def side_named(self, name: str) -> Side:
        return self.sides.get(name.lower(), Side.UNKNOWN)

    def subject(self, text: str, at: int) -> Side:
        """Whoever acts at this place: the last party before it that is not merely given, told or asked something."""
        for start, end, side in reversed(self.mentions(text[:at])):
            if not _is_object(text, start, end):
                return side
        return Side.UNKNOWN


def ours_among(text: str, names: Sequence[str]) -> str:
    """The first of our own names that a party of the contract has; empty where none does."""
    groups = _groups(unicodedata.normalize("NFKC", text))
    for name in names:
        mine = unicodedata.normalize("NFKC", name).strip().lower()
        if len(mine) > 3 and any(mine in other or (len(other) > 3 and other in mine) for g in groups for other in g):
            return name
    return ""


_GIVEN = re.compile(
    r"(?:在|自|待|于|向|给|对|予|为|与|归|从|通知|告知|支付|赔偿|补偿|退还|收到|经|因|使|to|by|from|of|for|with|"
    r"on|against|notify|pay|pays|owe|owes|credit|grant|give|gives|compensate|notifying)\s*(?:the\s*)?$",
    re.I,
)
_OWNED = re.compile(r"(?:的|所在地|住所地|指定|书面|开具|原因|'s|s')|\s*(?:的)")


def _is_object(text: str, start: int, end: int) -> bool:
    return bool(
        _GIVEN.search(text[max(0, start - 12) : start]) or _OWNED.match(text, end) or text[end - 2 : end] == "'s"
    )


def _groups(text: str) -> list[set[str]]:
    """The names of each party that belong together: role, second role, company, short name."""
    groups: list[set[str]] = []
    known = SUPPLIERS | CUSTOMERS | NEUTRAL
    for match in _DEFINED_ZH.finditer(text):
        roles = {
            match["role"],
            *re.split(r"[、,/或]|即|以下简称|下称|\"", f"{match['also'] or ''}、{match['more'] or ''}"),
        }
        if roles & known:
            name = re.split(r"\(|以下|法定|地址|统一", match["name"])[0].strip()
            _join(groups, {*roles, name})
    for match in _CALLED.finditer(text):
        roles = {match["role"], match["also"] or ""}
        _join(groups, {*roles, match["name"]})
    for match in _CALLED_EN.finditer(text):
        roles = {match["role"].lower(), (match["also"] or "").lower()}
        party = _COMPANY.search(match[0]) or _BETWEEN.search(text[max(0, match.start() - 300) : match.end()])
        if roles & known or (party and not roles & _THINGS):
            short = (
                re.split(r",|\b(?:and|between|by)\b ", match["name"])[-1].strip().lower()
                if match["also"] is None
                else ""
            )
            _join(groups, {*roles, *({short} if len(short) > 4 else ())})
    for match in _LABELLED_EN.finditer(text[:3000]):
        role = match["role"].lower()
        if role in known:
            line = text[match.start("name") : match.end("name") + 40].split("\n")[0]
            called = _QUOTED.search(re.split(r"[;\t]", line)[0])
            name = re.split(r"[,;(]|\.\s+(?=[A-Z]\w+:)", match["name"])[0].strip(" .")
            company = name if _COMPANY.search(name) or _BODY.search(name) else ""
            also = (match["also"] or "").lower().strip('"')
            _join(groups, {role, also, called["called"].lower() if called else "", company})
    return [group for group in groups if group]


def _call_by_first_word(groups: list[set[str]], text: str) -> None:
    """`Lumen` for Lumen Payroll Ltd, where the contract says so."""
    for group in groups:
        for name in [name for name in group if _COMPANY.search(name) and " " in name]:
            first = name.split()[0]
            if len(first) < 4 or any(other.startswith(first) for each in groups if each is not group for other in each):
                continue
            written = first.capitalize()
            if len(re.findall(rf"\b{re.escape(written)}\b(?! [A-Z])", text)) > 0 and written not in _COMMON:
                group.add(first)
        for body in [body for name in group if (body := _BODY.search(name)) and name != body[0]]:
            if not any(_BODY.search(other) for each in groups if each is not group for other in each):
                group.add(body[0])


def _join(groups: list[set[str]], names: set[str]) -> None:
    names = {_ARTICLE.sub("", name.strip().strip('"').lower()) for name in names}
    names = {name for name in names if len(name) > 1 and not name[0].isdigit() and "_" not in name}
    for group in groups:
        if group & names:
            group |= names
            return
    groups.append(names)


def _by_words(flipped: bool) -> dict[str, Side]:
    ours, theirs = (Side.THEIRS, Side.OURS) if flipped else (Side.OURS, Side.THEIRS)
    words = dict.fromkeys(SUPPLIERS, ours) | dict.fromkeys(CUSTOMERS, theirs)
    return words | {"甲方": theirs, "乙方": ours} | dict.fromkeys(NEUTRAL - {"甲方", "乙方"}, Side.UNKNOWN)


def _side_of(group: set[str]) -> Side:
    if group & SUPPLIERS:
        return Side.OURS
    return Side.THEIRS if group & CUSTOMERS else Side.UNKNOWN


def _said_to_be_ours(groups: list[set[str]], text: str, ours: str) -> set[str] | None:
    """The party meant by what somebody called our side; None where the contract knows no such party."""
    mine = ours.lower()
    if not mine:
        return None
    for group in groups:
        if mine in group:
            return group
    if mine in SUPPLIERS | CUSTOMERS | NEUTRAL:
        spoken = re.findall(rf"\b{re.escape(ours)}\b" if ours.isascii() else re.escape(ours), text)
        return {mine} if len(spoken) >= 3 or (spoken and not ours.isascii()) else None
    for group in groups:
        if any(len(name) > 3 and (mine in name or name in mine) for name in group):
            return group
    return {mine} if mine in text.lower() else None


def _supplier_of(groups: list[set[str]], text: str) -> set[str] | None:
    """Where nobody said which side is ours: the one the contract names as supplying, or shows to."""
    by_word = [group for group in groups if group & SUPPLIERS and not group & CUSTOMERS]
    if by_word:
        return by_word[0]
    buyers = [group for group in groups if group & CUSTOMERS]
    others = [group for group in groups if not group & CUSTOMERS]
    if len(buyers) == 1 and len(others) == 1:
        return others[0]
    votes = sorted(((_votes(group, text), at) for at, group in enumerate(groups)), reverse=True)
    if votes and votes[0][0] > 0 and (len(votes) < 2 or votes[0][0] > votes[1][0]):
        return groups[votes[0][1]]
    return next((group for group in groups if "乙方" in group), None)


_SUPPLIES = (
    r"(?:应|负责|须|将|向[^,。;]{1,12})?(?:提供|交付|供货|开发|供应|施工|实施|授予|许可)|"
    r"(?: hereby| shall| will| agrees to)* (?:grants?|provides?|delivers?|suppl(?:y|ies)|performs?|licenses|warrants|"
    r"invoices?|retains)\b"
)
_BUYS = (
    r"(?:应|须|将)?(?:当)?(?:于|在|自|按|向)?[^,。;]{0,20}(?:支付|付款|付清|验收)|"
    r"(?: hereby| shall| will| agrees to)* (?:pays?|purchases?|orders?|remits?|accepts?)\b"
)


def _votes(group: set[str], text: str) -> int:
    names = "|".join(re.escape(name) for name in sorted(group, key=len, reverse=True))
    supplies = len(re.findall(rf"(?:{names})(?:{_SUPPLIES})", text, re.I))
    return supplies - len(re.findall(rf"(?:{names})(?:{_BUYS})", text, re.I))
