"""Numerals as contracts write them: digits, Chinese numerals plain and financial, English words."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

_DIGITS = {
    c: n
    for n, group in enumerate(
        ["零〇○", "一壹弌", "二贰贰两貳", "三叁參", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖"]
    )
    for c in group
}
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
CHINESE = "零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟萬億貳參陸"

_ONES = {
    word: count
    for count, word in enumerate([
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen",
        "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    ])
}  # fmt: skip
_DECADES = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_WORD = "|".join(sorted([*_ONES, *_DECADES, *_SCALES], key=len, reverse=True))
ENGLISH = rf"(?:(?:{_WORD})(?:(?:[\s-]+|\s+and\s+)(?:{_WORD}))*)"


def number(text: str) -> Decimal | None:
    """`"1,260"`, `"二十四"`, `"叁佰贰拾万零伍仟"`, `"1.2万"`, `"forty-five"`; None for what is no number."""
    bare = text.strip().replace(",", "").replace("'", "").lower()
    try:
        return Decimal(bare)
    except InvalidOperation:
        pass
    whole, point, fraction = bare.partition("点")
    if point:
        parts = number(whole), "".join(str(_DIGITS.get(each, "")) for each in fraction)
        return None if parts[0] is None or not parts[1] else parts[0] + Decimal(f"0.{parts[1]}")
    mixed = re.fullmatch(r"(\d+(?:\.\d+)?)(百|千|万|百万|千万|亿)", bare)
    if mixed:
        scale = _chinese("一" + mixed[2] if mixed[2] in "百千" else mixed[2])
        return None if scale is None else Decimal(mixed[1]) * scale
    return _chinese(bare) if bare and bare[0] in CHINESE else _english(bare)


def _chinese(text: str) -> Decimal | None:
    total = section = 0
    digit: int | None = None
    if all(character in _DIGITS for character in text) and len(text) > 1:
        return Decimal("".join(str(_DIGITS[character]) for character in text))
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _TENS:
            section += (1 if digit is None else digit or 1) * _TENS[character]
            digit = None
        elif character in _MYRIADS:
            scale = _MYRIADS[character]
            section += digit or 0
            if scale == 100_000_000:
                total, section = (total + (section or 1)) * scale, 0
            else:
                total, section = total + (section or 1) * scale, 0
            digit = None
        else:
            return None
    return Decimal(total + section + (digit or 0))


def _english(text: str) -> Decimal | None:
    total = current = 0
    words = [word for word in re.split(r"[\s-]+", text) if word and word != "and"]
    if not words:
        return None
    for word in words:
        if word in _ONES:
            current += _ONES[word]
        elif word in _DECADES:
            current += _DECADES[word]
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in _SCALES:
            total, current = total + (current or 1) * _SCALES[word], 0
        else:
            return None
    return Decimal(total + current)
