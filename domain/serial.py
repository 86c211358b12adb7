"""Serial numbers by a pattern: fixed text, the year and month, and a count that begins anew with them."""

from __future__ import annotations

import re
from datetime import date

_GAP = re.compile(r"\{(year|month|no:[1-9])\}")
DIGITS = re.compile(r"\{no:([1-9])\}")


class BadSerial(ValueError):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_serial(pattern: str) -> None:
    """Raises BadSerial: `serial_number_needed` without exactly one count, `serial_pattern_wrong` for other braces."""
    if len(DIGITS.findall(pattern)) != 1:
        raise BadSerial("serial_number_needed")
    if set("{}") & set(_GAP.sub("", pattern)):
        raise BadSerial("serial_pattern_wrong")


def period(pattern: str, on: date) -> str:
    """Within what the count goes on: `2026-11`, `2026`, or for ever."""
    month = "{month}" in pattern
    return f"{on:%Y-%m}" if month else f"{on:%Y}" if "{year}" in pattern else ""


def serial(pattern: str, number: int, on: date) -> str:
    """`KH-{year}-{no:5}` -> `KH-2026-00042`; a count that has outgrown its digits is written in full."""
    parts = {"year": f"{on:%Y}", "month": f"{on:%m}"}
    return _GAP.sub(lambda gap: parts.get(gap[1]) or str(number).zfill(int(gap[1].removeprefix("no:"))), pattern)
