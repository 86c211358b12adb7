"""Where a dispute is decided: which court, or which arbitral institution."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.clause.contract import Contract, Finding, Sentence
from domain.clause.institution import INSTITUTIONS
from domain.clause.party import Side
from domain.clause.place import PLACE_EN, PROVINCE, city_zh, court_place_en, latin

KIND = "dispute"

_STEMS = (
    "法院", "仲裁", "诉", "arbitra", "court", "jurisdiction", "venue", "disputes", "actions", "any action", "suit ",
    "proceeding", "litigat", "forum",
)  # fmt: skip

_PARTY_COURT = re.compile(
    r"(?P<who>[一-鿿]{1,8}?)(?:所在地|住所地|注册地|经营地|主要营业地|营业地|住址地|公司所在地|"
    r"所在)(?:的)?[^,。;]{0,20}?(?:法院|仲裁)"
)
_COURT_ZH = re.compile(r"(?:人民)?法院")
_SIGNED_AT = re.compile(r"(?:签订|签署|签约)地点?:\s*(?P<place>[一-鿿]{2,14})")
_KINDS_OF_BODY = {"学校": ("中学", "小学", "大学", "学院", "学校")}
_PERFORMANCE = re.compile(
    r"(?:合同|协议)?(?:履行|交货|交付|使用|项目|工程|施工|服务|安装|租赁物(?:使用|所在)?|设备(?:使用|"
    r"所在)?|标的物?(?:所在|交付)?|房屋所在|不动产所在)(?:所在)?地"
)
_SUES = re.compile(r"争议|纠纷|管辖|起诉|诉讼|提起|裁判|裁决|解决|诉|审理|受理|提交")
_EN_COURT = re.compile(
    r"\bcourts?\b|\bjurisdiction|\bvenue\b|\bforum\b|\b(?:actions?|suits?|proceedings?|"
    r"litigation)\b[^.;]{0,80}\b(?:brought|filed|"
    r"instituted|commenced|maintained|heard)\b|\blitigated\b",
    re.I,
)
_EN_SUBMITS = re.compile(
    r"jurisdiction|venue|forum|submit|exclusive|brought|filed|commenced|resolved|settled|instituted|litigat|"
    r"located in|heard|disput",
    re.I,
)
_WORD = re.compile(
    r"\b(?:courts?|jurisdiction|venue|forum|tribunals?|brought|filed|commenced|instituted|litigated)\b", re.I
)
_PLACE_AFTER = re.compile(
    r"\b(?i:courts?|jurisdiction|venue|forum|tribunals?|brought|filed|commenced|instituted|litigated)\b[^.;]{0,60}?"
    r"\b(?:of|in|at|for|is|shall be|will be|located in|"
    r"sitting in|situated in)\s+(?:the )?(?:State of |Province of |Commonwealth of |city of |county of |federal |"
    r"state |Republic of )*(?P<place>[A-Z][^\W\d_]+(?:[ ,]+[A-Z][^\W\d_]+)*)"
)
_PLACE_BEFORE = re.compile(
    r"(?P<place>(?:[A-Z][^\W\d_]+ ){0,2}?[A-Z][^\W\d_]+(?: County)?)(?: County| District| City| High| state| federal|"
    r" civil| commercial)*\s+(?i:courts?)\b"
)
_PLACE_ALONE = re.compile(r"\s*(?P<place>[A-Z][^\W\d_]+(?:[ ,]+[A-Z][^\W\d_]+)*)\s*$")
_PARTY_EN = re.compile(
    r"courts?[^.;]{0,70}?(?:where|in which|of|"
    r"at)\s+(?:the )?(?P<who>\w+(?: party)?)(?:'s)?\s*(?:is located|is domiciled|is incorporated|"
    r"has its|resides|principal|registered|place of business|domicile|seat|location)|"
    r"(?P<own>\w+)'s (?:local |home )?(?:courts?|jurisdiction|principal place of business|domicile|"
    r"seat|registered office)",
    re.I,
)
_ROLES_EN = {"defendant": "defendant", "respondent": "defendant", "plaintiff": "plaintiff", "claimant": "plaintiff"}
_LABEL = re.compile(r"\bcourts?\b|jurisdiction|venue|forum|disputes?", re.I)
_NO_PLACE = re.compile(
    r"any court|court of competent|competent court|court order|court or|injunct|equitable relief|"
    r"arbitral award may|judgment (?:on|upon)|enforce|not subject to",
    re.I,
)
_ARB = re.compile(r"仲裁|arbitrat", re.I)
_NOT_ARB = re.compile(
    r"不(?:得|应|可|再|采用)?(?:提交|通过|以|申请)?仲裁|not (?:be )?(?:subject to |submitted to |"
    r"resolved by )?arbitrat",
    re.I,
)
_GENERIC = {
    "Federal",
    "State",
    "District",
    "Supreme",
    "Superior",
    "Such",
    "Any",
    "The",
    "Chosen",
    "County",
    "Courts",
    "Court",
    "Competent",
    "Exclusive",
    "Jurisdiction",
    "Party",
    "Each",
    "Circuit",
    "Chancery",
    "High",
    "Commercial",
    "Regional",
    "Appeal",
    "Session",
}


def find(contract: Contract) -> Iterator[Finding]:
    seen: set[str] = set()
    for sentence in contract.having(*_STEMS):
        for finding in _in(contract, sentence):
            if finding.value not in seen:
                seen.add(finding.value)
                yield finding


def _in(contract: Contract, sentence: Sentence) -> Iterator[Finding]:
    text = sentence.text
    if _ARB.search(text) and not _NOT_ARB.search(text):
        found = _arbitration(contract, sentence)
        if found:
            yield found
    if _COURT_ZH.search(text) or ("所在地" in text and "诉" in text):
        found = _court_zh(contract, sentence)
        if found:
            yield found
    if _EN_COURT.search(text) or _LABEL.search(sentence.label):
        found = _court_en(contract, sentence)
        if found:
            yield found


def _arbitration(contract: Contract, sentence: Sentence) -> Finding | None:
    text = sentence.text
    for pattern, name in INSTITUTIONS:
        match = re.search(pattern, text)
        if match:
            return contract.finding(KIND, f"arb/{name}", sentence, match.start(), match.end())
    local = re.search(r"(?:提交|向|由|至)?(?P<city>[一-鿿]{2,4}?)市?(?:国际)?仲裁(?:委员会|院|中心|机构)", text)
    if local:
        party = _party_place(contract, text, _PARTY_COURT.search(text))
        city = city_zh(local["city"]) or PROVINCE.search(local["city"])
        if party:
            return contract.finding(KIND, f"arb/{party}", sentence, local.start(), local.end())
        if city:
            return contract.finding(KIND, f"arb/{latin(_name(city))}", sentence, local.start("city"), local.end())
    chosen = re.search(
        r"arbitrators?\s+(?:selected|appointed|chosen|nominated|designated) (?:solely )?by (?:the )?(\w+)", text, re.I
    )
    if chosen and chosen[1].lower() not in ("parties", "both", "mutual", "agreement", "each"):
        return contract.finding(KIND, f"arb/{chosen[1].lower()}", sentence, chosen.start(), chosen.end())
    seat = re.search(
        r"arbitrat\w*[^.;]{0,120}?\b(?:in|seat(?: of arbitration)?(?: shall be| is|:)?|"
        r"at)\s+(?P<city>[A-Z][a-z]+(?: [A-Z][a-z]+)?)",
        text,
    )
    if seat and re.search(r"disput|settled|resolved|referred|controvers|claim", text, re.I):
        return contract.finding(KIND, f"arb/{seat['city']}", sentence, seat.start(), seat.end())
    return None


def _party_place(contract: Contract, text: str, match: re.Match[str] | None) -> str:
    if not match:
        return ""
    for word, value in (
        ("原告", "plaintiff"),
        ("起诉方", "plaintiff"),
        ("申请人", "plaintiff"),
        ("守约方", "plaintiff"),
        ("被告", "defendant"),
        ("被申请人", "defendant"),
        ("被诉", "defendant"),
        ("应诉方", "defendant"),
    ):
        if word in match["who"]:
            return value
    mentions = contract.parties.mentions(text[: match.end("who")])
    if mentions and match.end("who") - mentions[-1][1] <= 2 and mentions[-1][2] in (Side.OURS, Side.THEIRS):
        return mentions[-1][2].value
    # `医院所在地`: the one party that is a hospital
    noun = match["who"][-2:]
    ends = _KINDS_OF_BODY.get(noun, (noun,))
    sides = {side for name, side in contract.parties.sides.items() if len(name) > 4 and name.endswith(ends)}
    return sides.pop().value if len(sides) == 1 and noun != "公司" else ""


def _court_zh(contract: Contract, sentence: Sentence) -> Finding | None:
    text = sentence.text
    if not _SUES.search(text) and "法院" not in sentence.label:
        return None
    match = next((found for found in _PARTY_COURT.finditer(text) if found[0].endswith("法院")), None)
    party = _party_place(contract, text, match)
    if match and party:
        return contract.finding(KIND, f"court/{party}", sentence, match.start("who"), match.end())
    performance = _PERFORMANCE.search(text)
    court = _COURT_ZH.search(text)
    at = court.start() if court else len(text)
    if performance and performance.start() < at:
        return contract.finding(KIND, "court/performance", sentence, performance.start(), at)
    if re.search(r"(?:签订|签署|签约|缔结)地", text[:at]) and court:
        named = _SIGNED_AT.search(contract.text)
        city = city_zh(text[:at]) or (city_zh(named["place"]) if named else None)
        value = latin(_name(city)) if city else "signing"
        return contract.finding(KIND, f"court/{value}", sentence, 0, court.end())
    city = city_zh(text[max(0, at - 14) : at])
    if court and city:
        return contract.finding(
            KIND, f"court/{latin(_name(city))}", sentence, max(0, at - 14) + city.start(), court.end()
        )
    return None


def _court_en(contract: Contract, sentence: Sentence) -> Finding | None:
    text = sentence.text
    if _NO_PLACE.search(text) and not re.search(r"exclusive jurisdiction|venue", text, re.I):
        return None
    if not _EN_SUBMITS.search(text) and not _LABEL.search(sentence.label):
        return None
    owner = _PARTY_EN.search(text)
    if owner:
        who = (owner["who"] or owner["own"]).lower()
        side = contract.parties.side_named(who)
        value = _ROLES_EN.get(who.split()[0]) or (side.value if side in (Side.OURS, Side.THEIRS) else "")
        if value:
            return contract.finding(KIND, f"court/{value}", sentence, owner.start(), owner.end())
    named = _PLACE_ALONE.match(text) if _LABEL.search(sentence.label) else None
    after = [found for word in _WORD.finditer(text) if (found := _PLACE_AFTER.match(text, word.start()))]
    for match in [*after, *_PLACE_BEFORE.finditer(text), *([named] if named else ())]:
        place = _clean(match["place"])
        if place:
            return contract.finding(KIND, f"court/{place}", sentence, match.start(), match.end())
    return None


def _name(city: re.Match[str]) -> str:
    return str(city.groupdict().get("city") or city[0])


def _clean(place: str) -> str:
    known = PLACE_EN.search(place)
    if known:
        return court_place_en(known[0])
    county = re.search(r"([A-Z]\w+(?: [A-Z]\w+)?) County", place)
    if county and county[1] not in _GENERIC:
        return county[0]
    words = [word for word in re.split(r"[ ,]+", place) if word not in _GENERIC]
    if not words or len(words) != len(re.split(r"[ ,]+", place)):
        return ""
    return " ".join(words[:2]) if words[0] not in ("In", "All", "This", "Agreement", "Parties") else ""
