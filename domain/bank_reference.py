"""Numbers of ours in what a payer wrote, however they wrote them: `P-2026-000123`, `p2026000123`, `Re. P 2026/123`."""

from __future__ import annotations

import re
import unicodedata

_NUMBER = re.compile(r"(?<![A-Z0-9])([A-Z]{1,3})[\s\-_/.:#]{0,2}(20\d\d)[\s\-_/.:]{0,2}(\d{1,9})(?!\d)", re.ASCII)
MOST = 20
"""Numbers of one text that are looked at."""


def number_key(number: str) -> str:
    """`P-2026-000123` as it is compared: `P-2026-123`. Numbers of another form stay as they are, without blanks."""
    found = numbers_in(number)
    return found[0] if len(found) == 1 else re.sub(r"\s", "", number).upper()


def numbers_in(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).upper()
    found = [f"{kind}-{year}-{int(no)}" for kind, year, no in _NUMBER.findall(plain)]
    return list(dict.fromkeys(found))[:MOST]
