"""From when until when the contract itself runs, where it says so: two days, or a length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from domain.clause.contract import Contract, Finding, Sentence
from domain.clause.quantity import Duration, durations

KIND = "period"

_STEMS = (
    "有效期",
    "期限",
    "服务期",
    "合同期",
    "协议期",
    "租期",
    "租赁期",
    "合作期",
    "订阅期",
    "term",
    "expir",
    "force",
    "effect",
)
_CHINESE_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<{0}>jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    r"(?P<y1>[\d〇零一二三四五六七八九]{4})\s*年\s*(?P<m1>\d{1,2}|[一二三四五六七八九十]{1,2})\s*月\s*"
    r"(?P<d1>\d{1,2}|[一二三四五六七八九十]{1,3})\s*[日号]|"
    r"\b(?P<y2>\d{4})[-/.](?P<m2>\d{1,2})[-/.](?P<d2>\d{1,2})\b|"
    rf"\b(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?(?: day of)?\s+{_MONTH.format('m3')},?\s+(?P<y3>\d{{4}})\b|"
    rf"\b{_MONTH.format('m4')}\s+(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y4>\d{{4}})\b",
    re.I,
)
_ABOUT = re.compile(
    r"(?:合同|协议|服务|租赁|合作|订阅|授权|许可|代理|经销|维护|框架)(?:的)?(?:有效)?期限?|有效期|租期|"
    r"\b(?:initial |subscription |lease |agreement |contract |service )?term\b(?! loan)|"
    r"(?:agreement|contract|lease|licen[cs]e|order|mnda|terms)\b[^.;]{0,60}"
    r"\b(?:remain|continue|expire|in (?:full )?force|"
    r"in effect|terminat)|\bexpires?\b",
    re.I,
)
_BARE_HEADING = re.compile(r"(?:^|[\s.、])(?:合作|服务|合同|协议)?期限|\bterm\b", re.I)
_OTHER = re.compile(
    r"保密|质保|保修|质量保证|付款|支付期|交[付货]期|账期|宽限|报价|续期|续展|自动延|自动续|延长|提前|届满前|投诉|诉讼|"
    r"confiden|warrant|payment|renew|extend|notice|invoice|quot|deliver|non-?compet|survive|royalty bearing|prior to|"
    r"offer is valid|more than|exceed|bankrupt|breach|default|suspen|超过|违约|逾期|中止",
    re.I,
)
_TO = re.compile(r"^\s*(?:\([^)]{0,20}\))?\s*(?:起|开始|生效)?,?\s*(?:至|到|止于|直至|-|–|—|~|to\b|until\b|through\b|"
                 r"and (?:shall )?(?:end|expire|terminat)\w*|and ending)", re.I)  # fmt: skip
_UNTIL = re.compile(
    r"(?:有效期至|期限至|届满日为?|到期日为?:?|截止(?:日期)?(?:为|至|到)?:?|终止于|有效至|"
    r"(?:expires?|terminat\w+|ends?|force|effect|continues?)[^.;]{0,30}"
    r"(?:on|until|through)|expiry date:?|end date:?)\s*$",
    re.I,
)
_FOR = re.compile(
    r"(?:期限?|租期)(?:限)?(?:为|是|:|共|共计|计|一共)?\s*$|(?:有效期|服务期|期限?)[^,。;]{0,24}(?:起|为期|共)\s*$|"
    r"(?:term|period)[^.;]{0,60}(?:of|is|be|last for an? initial|for(?: an?)?|:)\s*"
    r"(?:initial )?(?:period of |term of )?$|"
    r"(?:in (?:full )?(?:force|effect)|continue|last|expires?)[^.;]{0,40}(?:for|of)?\s*(?:an? )?(?:initial |further )?"
    r"(?:period |term )?(?:of )?$",
    re.I,
)
_OPEN_ENDED = re.compile(r"\b(?:longer|later|earlier|shorter) of\b|以较[长晚早短]者?为准", re.I)
_NOT_AFTER = re.compile(r"\s*(?:以?前|内|prior|before|notice|after|extension|renewal)", re.I)
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_ANNIVERSARY = re.compile(rf"\buntil the ({'|'.join(_ORDINALS)}) anniversary\b", re.I)
_SHORTEST = 25
"""Days: what is shorter is a time to do something in, hardly a contract's."""


@dataclass(frozen=True)
class Period:
    """`ends_on` the last day it says, `length` such as `12m` or `90d` where it only says how long."""

    starts_on: date | None = None
    ends_on: date | None = None
    length: str = ""

    @property
    def value(self) -> str:
        """`2026-01-01/2026-12-31`, `/2026-12-31` or `12m`."""
        if self.ends_on is None:
            return self.length
        return f"{self.starts_on.isoformat() if self.starts_on else ''}/{self.ends_on.isoformat()}"

    @classmethod
    def of(cls, value: str) -> Period:
        """What `value` was made of; ValueError for anything else."""
        if "/" not in value:
            return cls(length=value)
        first, last = value.split("/")
        return cls(date.fromisoformat(first) if first else None, date.fromisoformat(last))


def find(contract: Contract) -> Finding | None:
    """The plainest place: two days before one day, one day before a length, the first of each."""
    found = sorted(_all(contract), key=lambda one: one[0])
    return found[0][1] if found else None


def _all(contract: Contract) -> Iterator[tuple[int, Finding]]:
    for sentence in contract.having(*_STEMS, headed=True):
        if not (_ABOUT.search(sentence.text) or _BARE_HEADING.search(sentence.about)):
            continue
        yield from _dated(contract, sentence)
        yield from _lasting(contract, sentence)


def _dated(contract: Contract, sentence: Sentence) -> Iterator[tuple[int, Finding]]:
    text = sentence.text
    dates = list(_DATE.finditer(text))
    for first, second in pairwise(dates):
        days = _day(first), _day(second)
        between = text[first.end() : second.start()]
        if days[0] and days[1] and days[0] < days[1] and _TO.search(between) and not _foreign(text[: first.start()]):
            period = Period(days[0], days[1])
            yield 0, contract.finding(KIND, period.value, sentence, first.start(), second.end())
            return
    spoken = bool(re.search(r"commenc|begin|start|开始|起", text, re.I))
    for at, one in enumerate(dates):
        day = _day(one)
        if day and _UNTIL.search(text[: one.start()]) and not _foreign(text[: one.start()]):
            begins = _day(dates[at - 1]) if at and spoken else None
            period = Period(begins if begins and begins < day else None, day)
            yield 1, contract.finding(KIND, period.value, sentence, one.start(), one.end())
            return


def _lasting(contract: Contract, sentence: Sentence) -> Iterator[tuple[int, Finding]]:
    text = sentence.text
    if _foreign(sentence.label) or _OPEN_ENDED.search(text):
        return
    anniversary = _ANNIVERSARY.search(text)
    if anniversary and not _foreign(text[: anniversary.start()]):
        months = 12 * (_ORDINALS.index(anniversary[1].lower()) + 1)
        yield 2, contract.finding(KIND, f"{months}m", sentence, anniversary.start(), anniversary.end())
        return
    for one in durations(text):
        if not _long(one) or _foreign(_clause_before(text, one.start)) or _NOT_AFTER.match(text, one.end):
            continue
        if _FOR.search(text[: one.start]) or re.match(r"\s*(?:initial )?(?:term|period)\b", text[one.end :], re.I):
            yield 2, contract.finding(KIND, str(one), sentence, one.start, one.end)
            return


def _clause_before(text: str, at: int) -> str:
    return re.split(r"[。;]", text[:at])[-1]


def _foreign(text: str) -> bool:
    return bool(_OTHER.search(text))


def _long(one: Duration) -> bool:
    return one.unit in ("m", "d") and one.days >= _SHORTEST


def _day(found: re.Match[str]) -> date | None:
    for no in ("1", "2", "3", "4"):
        if found[f"y{no}"]:
            try:
                return date(_number(found[f"y{no}"]), _month(found[f"m{no}"]), _number(found[f"d{no}"]))
            except ValueError:
                return None
    return None


def _month(text: str) -> int:
    return _MONTHS.index(text[:3].lower()) + 1 if text[0].isascii() and text[0].isalpha() else _number(text)


def _number(text: str) -> int:
    """`2026`, `二〇二六`, `十二`, `三十一`."""
    if "十" in text:
        tens, _, ones = text.partition("十")
        return (_number(tens) if tens else 1) * 10 + (_number(ones) if ones else 0)
    return int(text.translate(_CHINESE_DIGITS))
