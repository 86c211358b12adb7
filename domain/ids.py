"""Ids: UUIDv7 from an instant and random bits, so that workflow code makes them from its own clock and randomness."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

PATTERN = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"

RecordId = Annotated[
    str, StringConstraints(to_lower=True, pattern=PATTERN), Field(json_schema_extra={"format": "uuid"})
]
"""An id as it comes from outside: what is not a UUID is refused before a query sees it."""


def is_id(text: str) -> bool:
    return re.match(PATTERN, text) is not None


def ids_in(text: str) -> list[str]:
    """Those that stand anywhere in a text, in small letters."""
    return [found[0].lower() for found in re.finditer(PATTERN.strip("^$"), text)]


def uuid7(at: datetime, random_bits: int) -> str:
    """UUIDv7 (RFC 9562) of an aware instant and at least 74 random bits, as text."""
    millis = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    rand_a, rand_b = (random_bits >> 62) & 0xFFF, random_bits & ((1 << 62) - 1)
    return str(UUID(int=millis << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b))
