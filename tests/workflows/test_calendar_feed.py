"""Days off are fetched every night: a change waits in the draft, a failure is told once, and what was there stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import delete, select
from temporalio.testing import ActivityEnvironment

from activities.calendar_feed import CalendarFeedActivities
from commands.calendar_feed import CalendarFeeds
from commands.policy import publish_defaults
from commands.policy_draft import PolicyDrafts
from db.actor import actor_of
from db.calendar_feed import CalendarFeed
from db.engine import Database
from db.policy import current_policy
from db.policy_draft import PolicyDraft
from db.process import Notification
from domain.access import Actor
from domain.refusal import Refused
from settings import Settings
from worker.feed import feed_reader, fetch_feed

KIND = "calendar"
YEAR = datetime.now(UTC).year + 1
EVENT = "BEGIN:VEVENT\r\nUID:{day}\r\nSUMMARY:厂庆\r\nDTSTART;VALUE=DATE:{day}\r\nEND:VEVENT\r\n"


@dataclass
class Partner:
    """Another system's calendar behind a real HTTP server."""

    address: str = ""
    status: str = "200 OK"
    days: tuple[str, ...] = ()
    asked: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        events = "".join(EVENT.format(day=day) for day in self.days)
        body = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:t\r\n{events}END:VCALENDAR\r\n".encode()
        head = f"HTTP/1.1 {self.status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def listening() -> AsyncIterator[Partner]:
    partner = Partner()
    server = await asyncio.start_server(partner.answer, "127.0.0.1", 0)
    async with server:
        yield at_port(partner, server.sockets[0].getsockname()[1])


def at_port(partner: Partner, port: int) -> Partner:
    partner.address = f"http://127.0.0.1:{port}/{uuid4().hex}.ics"
    return partner


@pytest.fixture
async def gu(db: Database, people: dict[str, str]) -> Actor:
    await publish_defaults(db)
    async with db.session() as session:
        await session.execute(delete(CalendarFeed))
        await session.execute(delete(PolicyDraft).where(PolicyDraft.kind == KIND))
        return await actor_of(session, people["gu.ming"])


@pytest.fixture
def nightly(db: Database, settings: Settings) -> CalendarFeedActivities:
    reader = feed_reader(settings.model_copy(update={"webhook_private": True}))
    return CalendarFeedActivities(db, settings.zone, reader)


async def run(nightly: CalendarFeedActivities) -> int:
    return int(await ActivityEnvironment().run(nightly.refresh_calendar_feeds))


async def drafted(db: Database) -> dict[str, str] | None:
    """Next year's days off in the draft of the office; None where there is no draft."""
    async with db.session() as session:
        draft = await session.get(PolicyDraft, KIND)
    if draft is None:
        return None
    days = draft.document["calendars"]["office"].get("holidays", [])
    return {day["on"]: day["name"] for day in days if day["on"].startswith(str(YEAR)) and day["name"] == "厂庆"}


async def told(db: Database, kind: str, person: str) -> int:
    query = select(Notification.id).where(Notification.kind == kind, Notification.person_id == person)
    async with db.session() as session:
        return len((await session.scalars(query)).all())


def workday(month: int) -> str:
    """A Monday to Friday in the first days of a month, as iCal writes it."""
    day = next(d for d in range(10, 17) if datetime(YEAR, month, d, tzinfo=UTC).weekday() == 2)
    return f"{YEAR}{month:02}{day}"


def iso(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"


async def test_a_change_waits_in_the_draft_and_a_failure_is_told_once(
    db: Database, gu: Actor, nightly: CalendarFeedActivities
) -> None:
    june, july = workday(6), workday(7)
    changed, failed = await told(db, "calendar.feed_changed", gu.id), await told(db, "calendar.feed_failed", gu.id)
    async with listening() as partner, db.session() as session:
        in_force = await current_policy(session, KIND)
        await CalendarFeeds(db).keep(gu, "office", partner.address, [])
        partner.days = (june,)
        assert await run(nightly) == 1
        assert await drafted(db) == {iso(june): "厂庆"}
        assert await run(nightly) == 0  # the same again is no news
        assert await told(db, "calendar.feed_changed", gu.id) == changed + 1

        partner.status = "503 Service Unavailable"
        for _ in range(3):
            assert await run(nightly) == 0
        assert await told(db, "calendar.feed_failed", gu.id) == failed + 1
        kept = await CalendarFeeds(db).kept(gu, "office")
        assert kept is not None
        assert [day["on"] for day in kept.days] == [iso(june)]
        assert kept.failed == {"code": "feed_unreachable", "params": {"why": "503"}}

        partner.status, partner.days = "200 OK", (july,)  # moved, while it could not be reached
        assert await run(nightly) == 1
        assert await drafted(db) == {iso(july): "厂庆"}
        partner.status = "500 Oops"
        await run(nightly)
        assert await told(db, "calendar.feed_failed", gu.id) == failed + 2  # it had worked in between
    async with db.session() as session:
        assert await current_policy(session, KIND) == in_force  # nothing was published, so no ticket moves


async def test_what_was_thrown_away_is_not_proposed_again_and_a_stopped_feed_is_not_asked(
    db: Database, gu: Actor, nightly: CalendarFeedActivities
) -> None:
    async with listening() as partner:
        partner.days = (workday(6),)
        await CalendarFeeds(db).keep(gu, "office", partner.address, [])
        await run(nightly)
        async with db.session() as session:
            draft = await session.get_one(PolicyDraft, KIND)
        await PolicyDrafts(db).discard(gu, KIND, revision=draft.revision)
        assert await run(nightly) == 0
        assert await drafted(db) is None
        await CalendarFeeds(db).keep(gu, "no_such_hours", partner.address, [])
        assert await run(nightly) == 0
        asked = partner.asked
        await CalendarFeeds(db).stop(gu, "office")
        assert await run(nightly) == 0
        assert partner.asked == asked


async def test_no_address_inside_our_network_is_fetched_unless_that_is_allowed() -> None:
    async with listening() as partner:
        with pytest.raises(Refused, match="feed_unreachable"):
            await fetch_feed(partner.address, private=False)
        assert partner.asked == 0
        assert b"VCALENDAR" in await fetch_feed(partner.address, private=True)
