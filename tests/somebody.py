"""People who turn to us in the stories: each with a number of their own, or they would be recognised as one."""

from __future__ import annotations

from zlib import crc32


def phone_of(who: str) -> str:
    """A mobile number in China that is always the same for the same words."""
    return f"+86138{crc32(who.encode()) % 10**8:08d}"
