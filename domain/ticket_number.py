"""Tickets' numbers as people write them in subjects."""

import re

_WRITTEN = re.compile(r"\bT[-‐–]?(\d{4})[-‐–]?(\d{6})(?!\d)", re.IGNORECASE)
_PREFIXES = re.compile(r"^(\s*(re|aw|fw|fwd|wg|回复|答复|转发|回覆|轉寄)\s*[:：]\s*)+", re.IGNORECASE)


def numbers_in(text: str) -> list[str]:
    """`T-2026-000123`, each once, as they come."""
    return list(dict.fromkeys(f"T-{year}-{no}" for year, no in _WRITTEN.findall(text)))


def without_numbers(subject: str) -> str:
    """The subject of a ticket without what mail programs and we put before and behind it."""
    bare = re.sub(r"\s*\[T-\d{4}-\d{6}\]\s*", " ", subject)
    return re.sub(
        r"^(\s*(re|aw|fw|fwd|wg|回复|答复|转发|回覆|轉寄)\s*[:：]\s*)+", "", bare, flags=re.IGNORECASE
    ).strip()
