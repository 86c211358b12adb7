"""Durations, shares, amounts of money and rates, wherever a text has them, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import islice

from domain.clause.number import CHINESE, ENGLISH, number

_MOST = 60
"""Of each in one sentence: no clause has as many, and what only looks like one must not take minutes."""
_NUM_ZH = rf"(?:\d+(?:\.\d+)?|[{CHINESE}]+(?:点[{CHINESE}]+)?)"
_DURATION_ZH = re.compile(
    rf"(?<![\d.第年月{CHINESE}])(?P<n>{_NUM_ZH})(?:\({_NUM_ZH}\))?个?(?P<half>半)?(?P<sort>自然|日历|"
    rf"公历|连续|工作|营业|交易|银行)?"
    r"(?P<unit>日|天|周年|周|星期|月|季度|年度|年|小时)(?P<and>半)?(?!结)|(?P<halfyear>半年|半个月)"
)
_DURATION_EN = re.compile(
    rf"(?<![\w.%$])(?:(?P<n>\d+(?:\.\d+)?|{ENGLISH})(?:\s*\((?P<again>\d+|{ENGLISH})\))?|\((?P<only>\d+)\))(?:[\s-]+)"
    r"(?P<sort>calendar|business|working|banking|consecutive|full|additional|successive)?[\s-]*"
    r"(?P<unit>days?|weeks?|months?|quarters?|years?|hours?)\b",
    re.I,
)
_DAY_AFTER = re.compile(
    r"\b(?P<en>\d{1,3})(?:st|nd|rd|th)\s+(?:(?P<sort>calendar|business|working)\s+)?day(?=\s+(?:after|following|"
    r"from)\b)|"
    r"(?:起|后)(?:的)?第(?P<zh>\d{1,3})(?:个)?(?P<work>工作)?[日天]",
    re.I,
)
"""`the 45th day after`, `起第20日`."""
_WITHIN_A = re.compile(r"\bwithin an? (?:calendar )?(?P<unit>week|fortnight|month|quarter|year)\b", re.I)
_SHARE = re.compile(
    rf"百分之(?P<hundred>{_NUM_ZH})|千分之(?P<thousand>{_NUM_ZH})|万分之(?P<myriad>{_NUM_ZH})|"
    r"(?<![\d.])(?P<n>\d+(?:\.\d+)?)\s*(?P<sign>%|‰|‱|per\s?cent\b|percentage points?)|"
    r"(?P<tenths>[一二两三四五六七八九])成(?![立果为本员交品都])|"
    rf"(?P<odd>one[\s-]half|one quarter|three quarters|half(?: a| of one)?|{ENGLISH}(?: and (?:a|one)[\s-]half)?)"
    r"\s+(?:of one\s+)?per\s?cent(?:age)?\b",
    re.I,
)
_HAS_TIME = re.compile(r"[日天周期月季年时]|day|week|month|quarter|year|hour", re.I)
_HAS_SHARE = re.compile(r"[%‰‱]|分之|成|per\s?cent", re.I)
_HAS_MONEY = re.compile(r"[元圆¥$€£₹币金镑郎]|[A-Z]{3}|dollar|euro|pound|yen|yuan|renminbi|franc", re.I)
_PARENTHESIS = re.compile(r"\s*\(\s*(\d+(?:\.\d+)?)\s*(%|‰|per\s?cent)\s*\)", re.I)
_ODD = {
    "one half": "0.5",
    "half": "0.5",
    "half a": "0.5",
    "half of one": "0.5",
    "one quarter": "0.25",
    "three quarters": "0.75",
}

CURRENCIES = {
    "人民币": "CNY", "RMB": "CNY", "CNY": "CNY", "¥": "CNY", "元": "CNY", "圆": "CNY", "US$": "USD", "USD": "USD",
    "$": "USD",
    "美元": "USD", "美金": "USD", "EUR": "EUR", "€": "EUR", "欧元": "EUR", "GBP": "GBP", "£": "GBP", "英镑": "GBP",
    "HK$": "HKD", "HKD": "HKD", "港币": "HKD", "港元": "HKD", "日元": "JPY", "JPY": "JPY", "S$": "SGD", "SGD": "SGD",
    "新加坡元": "SGD", "新元": "SGD", "A$": "AUD", "AUD": "AUD", "澳元": "AUD", "C$": "CAD", "CAD": "CAD",
    "加元": "CAD",
    "CHF": "CHF", "瑞士法郎": "CHF", "INR": "INR", "₹": "INR", "KRW": "KRW", "韩元": "KRW", "TWD": "TWD",
    "NT$": "TWD", "新台币": "TWD",
    "us dollars": "USD", "u.s. dollars": "USD", "united states dollars": "USD", "dollars": "USD", "euros": "EUR",
    "euro": "EUR",
    "pounds sterling": "GBP", "pounds": "GBP", "hong kong dollars": "HKD", "renminbi": "CNY", "yuan": "CNY",
    "swiss francs": "CHF",
    "singapore dollars": "SGD", "canadian dollars": "CAD", "australian dollars": "AUD", "yen": "JPY", "NOK": "NOK",
    "SEK": "SEK", "DKK": "DKK", "NZD": "NZD", "PLN": "PLN", "AED": "AED",
    "MYR": "MYR", "THB": "THB", "ZAR": "ZAR", "BRL": "BRL", "CZK": "CZK",
}  # fmt: skip
_SCALE = {
    "万": 10_000, "亿": 100_000_000, "百万": 1_000_000, "千万": 10_000_000, "千": 1_000, "million": 1_000_000,
    "m": 1_000_000, "thousand": 1_000, "k": 1_000, "billion": 1_000_000_000,
}  # fmt: skip


def _either(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_BEFORE = _either([w for w in CURRENCIES if w not in ("元", "圆") and not w.islower()])
_AFTER_ZH = "美元|美金|欧元|英镑|港元|港币|日元|新加坡元|新元|澳元|加元|瑞士法郎|韩元|新台币|人民币|元|圆"
_AFTER_EN = _either([w for w in CURRENCIES if w.islower() or (w.isascii() and w.isupper() and len(w) == 3)])
_MONEY = re.compile(
    rf"(?P<before>{_BEFORE})?(?P<kind>\(?(?:大写|小写)?\)?:?)\s*(?P<sign>[¥$€£])?\s*"
    r"(?P<n>\d{1,3}(?:[,']\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    rf"\s*(?P<scale>百万|千万|万|亿|千|million\b|thousand\b|billion\b|"
    rf"[mk]\b)?\s*(?:(?P<zh>{_AFTER_ZH})|(?P<en>{_AFTER_EN})\b)?",
    re.I,
)
_MONEY_WORDS = re.compile(
    rf"(?P<before>人民币|美元|港币|欧元|"
    rf"英镑)?(?:\(?大写\)?:?)?(?<![\d.])(?P<n>(?![百千万亿佰仟萬億零])"
    rf"[{CHINESE}]*[十百千万亿拾佰仟萬億壹贰叁肆伍陆柒捌玖][{CHINESE}]*)"
    rf"(?P<after>美元|欧元|港元|英镑|元|圆)(?:(?P<jiao>[{CHINESE}])角)?(?:零?(?P<fen>[{CHINESE}])分)?[整正]?"
)
_MONEY_ENGLISH = re.compile(rf"(?P<n>{ENGLISH})\s+(?P<after>{_either([w for w in CURRENCIES if w.islower()])})\b", re.I)


@dataclass(frozen=True)
class Duration:
    """`unit`: h, d, bd (working days), m."""

    start: int
    end: int
    count: Decimal
    unit: str

    @property
    def days(self) -> Decimal:
        """For comparing: a month counts 30, a working day 1.4."""
        return self.count * {"h": Decimal(1) / 24, "d": Decimal(1), "bd": Decimal("1.4"), "m": Decimal(30)}[self.unit]

    def __str__(self) -> str:
        return f"{_plain(self.count)}{self.unit}"


@dataclass(frozen=True)
class Share:
    start: int
    end: int
    share: Decimal

    def __str__(self) -> str:
        return f"{self.share:.2f}" if self.share == round(self.share, 2) else _plain(self.share)


@dataclass(frozen=True)
class Money:
    """`words`: written in words, which a second amount in digits should repeat."""

    start: int
    end: int
    currency: str
    amount: Decimal
    words: bool = False

    def __str__(self) -> str:
        return f"{self.currency} {self.amount:.2f}"


@lru_cache(maxsize=8192)
def durations(text: str) -> tuple[Duration, ...]:
    return tuple(islice(_durations(text), _MOST)) if _HAS_TIME.search(text) else ()


def _durations(text: str) -> Iterator[Duration]:
    for match in _DURATION_ZH.finditer(text):
        found = _duration_zh(match, text)
        if found:
            yield found
    for match in _DURATION_EN.finditer(text):
        count = number(match["again"] or match["only"] or match["n"])
        if count is None:
            continue
        unit, factor = _unit(match["unit"].lower().rstrip("s"), (match["sort"] or "").lower())
        yield Duration(match.start(), match.end(), count * factor, unit)
    yield from _without_count(text)


def _without_count(text: str) -> Iterator[Duration]:
    for match in _DAY_AFTER.finditer(text):
        working = match["work"] or (match["sort"] or "").lower() in ("business", "working")
        yield Duration(match.start(), match.end(), Decimal(match["en"] or match["zh"]), "bd" if working else "d")
    for match in _WITHIN_A.finditer(text):
        word = match["unit"].lower()
        unit, factor = ("d", Decimal(14)) if word == "fortnight" else _unit(word, "")
        yield Duration(match.start() + len("within "), match.end(), factor, unit)


def _duration_zh(match: re.Match[str], text: str) -> Duration | None:
    if match["halfyear"]:
        half, unit = (Decimal(6), "m") if match["halfyear"] == "半年" else (Decimal(15), "d")
        return Duration(match.start(), match.end(), half, unit)
    count = number(match["n"])
    word = match["unit"]
    if count is None or _is_date(match, count, text):
        return None
    if match["half"] or match["and"]:
        count += Decimal("0.5")
    unit, factor = _unit(word, match["sort"] or "")
    return Duration(match.start(), match.end(), count * factor, unit)


def _is_date(match: re.Match[str], count: Decimal, text: str) -> bool:
    """2026年9月30日 and 次月15日 are dates, not spans of time."""
    word, after = match["unit"], text[match.end() : match.end() + 3]
    if word == "月" and "个" not in match[0]:
        return True
    return after.startswith("号") or (word.startswith("年") and (count > 100 or bool(re.match(r"\d+月", after))))


def _unit(word: str, sort: str) -> tuple[str, Decimal]:
    if sort in ("工作", "营业", "交易", "银行", "business", "working", "banking"):
        return "bd", Decimal(1)
    if word in ("周", "星期", "week"):
        return "d", Decimal(7)
    if word in ("月", "month"):
        return "m", Decimal(1)
    if word in ("季度", "quarter"):
        return "m", Decimal(3)
    if word in ("年", "周年", "年度", "year"):
        return "m", Decimal(12)
    return ("h", Decimal(1)) if word in ("小时", "hour") else ("d", Decimal(1))


@lru_cache(maxsize=8192)
def shares(text: str) -> tuple[Share, ...]:
    return tuple(islice(_shares(text), _MOST)) if _HAS_SHARE.search(text) else ()


def _shares(text: str) -> Iterator[Share]:
    end = -1
    for match in _SHARE.finditer(text):
        if match.start() < end:
            continue
        share = _share(match)
        if share is None:
            continue
        end = match.end()
        again = _PARENTHESIS.match(text, end)
        if again:
            share, end = Decimal(again[1]) / (1000 if again[2] == "‰" else 100), again.end()
        yield Share(match.start(), end, share)


def _share(match: re.Match[str]) -> Decimal | None:
    for name, divisor in (("hundred", 100), ("thousand", 1000), ("myriad", 10_000), ("tenths", 10)):
        if match[name]:
            count = number(match[name])
            return None if count is None else count / divisor
    if match["n"]:
        return Decimal(match["n"]) / {"‰": 1000, "‱": 10_000}.get(match["sign"], 100)
    words = re.sub(r"[\s-]+", " ", match["odd"].lower())
    if words in _ODD:
        return Decimal(_ODD[words]) / 100
    whole, _, half = words.partition(" and a half")
    whole = whole if half or " and a half" in words else words.partition(" and one half")[0]
    count = number(whole)
    return None if count is None else (count + (Decimal("0.5") if "half" in words else 0)) / 100


@lru_cache(maxsize=8192)
def amounts(text: str) -> tuple[Money, ...]:
    """In order of place; a bare number without a currency is none."""
    return tuple(_amounts(text)[:_MOST]) if _HAS_MONEY.search(text) else ()


def _amounts(text: str) -> list[Money]:
    found = [money for match in _MONEY.finditer(text) if (money := _money(match))]
    found += [money for match in _MONEY_WORDS.finditer(text) if (money := _money_in_words(match))]
    for match in _MONEY_ENGLISH.finditer(text):
        count = number(match["n"])
        if count is not None and count >= 100:
            found.append(Money(match.start(), match.end(), CURRENCIES[match["after"].lower()], count, words=True))
    return sorted(found, key=lambda money: money.start)


def _money(match: re.Match[str]) -> Money | None:
    named = match["zh"] or (match["en"] and (match["en"] if match["en"].isupper() else match["en"].lower()))
    first = (match["before"] or "").upper() or match["sign"]
    currency = named if named and named not in ("元", "圆", "dollars") else first or named
    if not currency:
        return None
    count = number(match["n"]) or Decimal(0)
    return Money(
        match.start(),
        match.end(),
        CURRENCIES.get(currency, "CNY"),
        count * _SCALE.get((match["scale"] or "").lower(), 1),
    )


def _money_in_words(match: re.Match[str]) -> Money | None:
    count = number(match["n"])
    if count is None or count < 10:
        return None
    count += (number(match["jiao"] or "零") or 0) / Decimal(10) + (number(match["fen"] or "零") or 0) / Decimal(100)
    currency = match["after"] if match["after"] not in ("元", "圆") else match["before"] or "元"
    return Money(match.start(), match.end(), CURRENCIES[currency], count, words=True)


def _plain(count: Decimal) -> str:
    text = f"{count.normalize():f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def exact(count: Decimal) -> str:
    """`0.0005`, never `5E-4`."""
    return _plain(count)
