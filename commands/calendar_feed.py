"""An iCal file, sent or fetched from an address, read within limits; and the addresses that are fetched every night."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from commands.sandbox import Limits, run_limited
from db.audit import record
from db.calendar_feed import CalendarFeed
from db.engine import Database
from domain.access import Action, Actor
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


class CalendarFeeds:
    """Which calendars have their days off fetched every night (activities.calendar_feed)."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def kept(self, actor: Actor, calendar: str) -> CalendarFeed | None:
        actor.require(Action.POLICY_MANAGE)
        async with self.db.session(actor.id) as session:
            return await session.get(CalendarFeed, calendar)

    async def keep(self, actor: Actor, calendar: str, address: str, days: list[dict[str, Any]]) -> None:
        """From now on from this address; `days` is what was just fetched there. Raises Refused (403)."""
        actor.require(Action.POLICY_MANAGE)
        async with self.db.session(actor.id) as session:
            row = CalendarFeed(
                calendar=calendar, address=address, days=days, kept_by=actor.id, fetched_at=datetime.now(UTC),
                failing_since=None, failed=None,
            )  # fmt: skip
            await session.merge(row)
            await record(session, actor.id, "KeepCalendarFeed", f"policy/calendar/{calendar}")

    async def stop(self, actor: Actor, calendar: str) -> None:
        """Its days off stay as they are. Stopped twice is stopped. Raises Refused (403)."""
        actor.require(Action.POLICY_MANAGE)
        async with self.db.session(actor.id) as session:
            row = await session.get(CalendarFeed, calendar)
            if row is not None:
                await session.delete(row)
                await record(session, actor.id, "StopCalendarFeed", f"policy/calendar/{calendar}")
