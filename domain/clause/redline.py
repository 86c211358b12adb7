"""The words in which two texts differ: Chinese by characters with numbers kept whole, other scripts by words."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Literal

Op = Literal["same", "out", "in"]
Redline = tuple[tuple[Op, str], ...]
"""In order of reading: `out` stood in the old text only, `in` stands in the new one only."""

_LETTER = r"[^\W\d_⺀-鿿豈-﫿]"
_TOKEN = re.compile(
    r"\d+(?:[.,:/-]\d+)*(?: ?[%‰])?|[零〇一二三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟]{2,}"
    rf"|{_LETTER}+(?:['-]{_LETTER}+)*|\s+|.",
    re.S,
)
LONGEST = 4_000
"""Tokens of one text beyond which only what both begin and end with counts as the same."""


def redline(old: str, new: str) -> Redline:
    a, b = _TOKEN.findall(old), _TOKEN.findall(new)
    x, y = [_said(one) for one in a], [_said(one) for one in b]
    start = 0
    while start < min(len(x), len(y)) and x[start] == y[start]:
        start += 1
    end = 0
    while end < min(len(x), len(y)) - start and x[-1 - end] == y[-1 - end]:
        end += 1
    parts: list[tuple[Op, str]] = [("same", "".join(b[:start]))]
    middle_a, middle_b = slice(start, len(a) - end), slice(start, len(b) - end)
    if max(len(a), len(b)) - start - end > LONGEST:
        parts += [("out", "".join(a[middle_a])), ("in", "".join(b[middle_b]))]
    else:
        parts += _compared(a[middle_a], b[middle_b], x[middle_a], y[middle_b])
    parts.append(("same", "".join(b[len(b) - end :])))
    return _tidy(parts)


def _said(token: str) -> str:
    return " " if token.isspace() else token


def _compared(a: list[str], b: list[str], x: list[str], y: list[str]) -> list[tuple[Op, str]]:
    parts: list[tuple[Op, str]] = []
    for op, i1, i2, j1, j2 in SequenceMatcher(None, x, y, autojunk=False).get_opcodes():
        if op == "equal":
            parts.append(("same", "".join(b[j1:j2])))
        else:
            parts += [("out", "".join(a[i1:i2])), ("in", "".join(b[j1:j2]))]
    return parts


def _tidy(parts: list[tuple[Op, str]]) -> Redline:
    """A single character left standing between two changes only makes them hard to read."""
    out: list[tuple[Op, str]] = []
    kept = [part for part in parts if part[1]]
    old = new = ""
    for at, (op, text) in enumerate(kept):
        island = op == "same" and (old or new) and len(text.strip()) < 2 and at + 1 < len(kept)
        if op == "same" and not island:
            out += _pair(old, new)
            out.append((op, text))
            old = new = ""
        else:
            old += text if op != "in" else ""
            new += text if op != "out" else ""
    out += _pair(old, new)
    return tuple(out)


def _pair(old: str, new: str) -> list[tuple[Op, str]]:
    if "".join(old.split()) == "".join(new.split()):
        return [("same", new)] if new else []
    return [part for part in (("out", old), ("in", new)) if part[1]]
