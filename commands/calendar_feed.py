"""An iCal file, sent or fetched from an address, read within limits."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from commands.sandbox import Limits, run_limited
from domain.refusal import invalid

LARGEST = 2 * 1024 * 1024
LIMITS = Limits(wall=15, cpu=10)


async def read_feed(raw: bytes, zone: str, first: int, last: int) -> list[dict[str, Any]]:
    """The days off of some years, as domain.calendar_feed takes them. Raises Refused (422)."""
    if not raw or len(raw) > LARGEST:
        raise invalid("ical_too_large", "file", most=LARGEST // 1024 // 1024)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calendar.ics"
        await asyncio.to_thread(path.write_bytes, raw)
        found: list[dict[str, Any]] = await run_limited(
            "commands.calendar_child:read_days", str(path), zone, first, last, limits=LIMITS
        )
    return found
