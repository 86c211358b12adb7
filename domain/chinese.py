"""Chinese as it is compared: traditional characters as simplified ones, and what characters sound like."""

from __future__ import annotations

import re
from functools import cache

FIRST, LAST = 0x3400, 0x9FFF
"""The characters in everyday use; rarer ones are left as they are."""


def simplified(text: str) -> str:
    """`臺灣藍港` gives `台湾蓝港`. Character by character: one text, whatever words stand beside it."""
    return text if text.isascii() else _traditional().sub(_as_simple, text)


def sounds(text: str) -> str:
    """Pinyin without tones, each character in its usual reading; Latin letters stay: `蓝港A` gives `langangA`."""
    return text if text.isascii() else text.translate(_sounding())


def _as_simple(found: re.Match[str]) -> str:
    return found[0].translate(_simple())


@cache
def _traditional() -> re.Pattern[str]:
    """Finds the few that are not simple yet: to look each character up takes five times as long."""
    return re.compile(f"[{''.join(map(chr, _simple()))}]+")


@cache
def _simple() -> dict[int, str]:
    from opencc import OpenCC  # only now: its dictionaries take a part of every start

    given = [chr(code) for code in range(FIRST, LAST + 1)]
    meant = OpenCC("t2s").convert("\n".join(given)).split("\n")
    return {ord(one): other for one, other in zip(given, meant, strict=True) if one != other}


@cache
def _sounding() -> dict[int, str]:
    from pypinyin.constants import PINYIN_DICT
    from pypinyin.contrib.tone_convert import to_normal

    readings = ((code, PINYIN_DICT[code].partition(",")[0]) for code in range(FIRST, LAST + 1) if code in PINYIN_DICT)
    known: dict[str, str] = {}
    return {code: known.setdefault(reading, to_normal(reading)) for code, reading in readings}
