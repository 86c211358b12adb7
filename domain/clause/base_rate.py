"""Interest that follows a published rate: so many times the rate, or so much a year above it."""

from __future__ import annotations

import re
from decimal import Decimal

from domain.clause.number import CHINESE, ENGLISH, number
from domain.clause.quantity import exact, shares

STEMS = (
    "lpr", "基准", "报价利率", "贷款利率", "拆借利率", "存款利率", "base rate", "prime", "lending rate", "libor",
    "euribor", "sofr", "bank rate",
    "dealing rate", "central bank", "refinancing", "reference rate", "cash rate", "bank of england",
)  # fmt: skip

_BASE = re.compile(
    r"(?:\(LPR\)|LPR|市场报价利率|(?:贷款|存款)?基准利率|贷款利率|拆借利率|存款利率|"
    r"(?:base|prime|lending|repo|refinancing|bank|dealing|discount|reference|cash) rate|"
    r"refinancing (?:facility|operations?)|rate of (?:the )?(?:European )?(?:Central )?Bank|\bprime\b|LIBOR|EURIBOR|"
    r"SOFR)",
    re.I,
)
_TIMES_ZH = re.compile(rf"^[^,。;]{{0,14}}?(?P<n>\d+(?:\.\d+)?|[{CHINESE}]+(?:点[{CHINESE}]+)?)\s*倍")
_UP_ZH = re.compile(r"^[^,。;]{0,16}?(?:上浮|上调|加计|加收)[^,。;]{0,6}?$")
_PLUS_ZH = re.compile(r"^[^,。;]{0,16}?(?:加|另加|外加)[^,。;]{0,4}?$")
_TIMES_EN = re.compile(rf"(?P<n>\d+(?:\.\d+)?|{ENGLISH})\s*(?:times|x)\s*(?:the\s*)?[^.;,]{{0,50}}$", re.I)
_PLUS_EN = re.compile(r"\b(?:plus|increased by|and a margin of)\b[^.;,]{0,14}$", re.I)
_ABOVE_EN = re.compile(
    r"^[^.;,]{0,30}?\b(?:above|over|in excess of|plus|higher than)\b[^.;]{0,60}$|^\s*(?:points?\s*)?(?:above|over)\b",
    re.I,
)
_POINTS = re.compile(rf"(?P<n>\d+(?:\.\d+)?|{ENGLISH})\s*(?:个)?(?:basis points|bps?\b|基点)", re.I)


def above_base(text: str) -> tuple[str, int, int] | None:
    """`1.50x base` or `base+0.04/year`, and where it is said; none where no published rate is named."""
    base = _BASE.search(text)
    if base is None:
        return None
    for match in _BASE.finditer(text):
        base = match  # `贷款市场报价利率(LPR)的1.5倍`: the last name of the rate
        if not re.match(r"\s*\(", text[match.end() :]):
            break
    before, after = text[: base.start()], text[base.end() :]
    times = _TIMES_ZH.match(after) or _TIMES_EN.search(before)
    factor = number(times["n"]) if times else None
    if times and factor:
        end = base.end() + times.end() if times.re is _TIMES_ZH else base.end()
        return f"{factor:.2f}x base", base.start() if times.re is _TIMES_ZH else times.start(), end
    points = _POINTS.search(text)
    if points and (count := number(points["n"])):
        return _margin(count / 10_000), min(points.start(), base.start()), max(points.end(), base.end())
    for share in shares(text):
        between = text[base.end() : share.start]
        if share.start >= base.end() and _UP_ZH.match(between):
            return f"{1 + share.share:.2f}x base", base.start(), share.end
        if share.start >= base.end() and (_PLUS_ZH.match(between) or _PLUS_EN.search(between)):
            return _margin(share.share), base.start(), share.end
        if share.end <= base.start() and _ABOVE_EN.search(text[share.end : base.start()]):
            return _margin(share.share), share.start, base.end()
    return None


def _margin(share: Decimal) -> str:
    return f"base+{exact(share)}/year"
