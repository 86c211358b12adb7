"""Calendars' days off fetched anew: what has changed goes into the policy's draft, as when a person loads it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.process import ProcessActivities
from db.base import new_id
from db.calendar_feed import CalendarFeed, feed_to_change, feeds
from db.engine import Database
from db.live import announce
from db.notification import tell
from db.policy import current_policy, lock_versions
from db.policy_draft import find_draft, newest_version, write_draft
from domain.access import Role, person_key, role_key
from domain.calendar import Calendar, CalendarPolicy
from domain.calendar_feed import refreshed
from domain.policy import canonical
from domain.process import Notice
from domain.refusal import Refused

KIND = CalendarPolicy.kind
AHEAD = 2
"""Years after this one whose days are taken."""

Read = Callable[[str, str, int, int], Awaitable[list[dict[str, Any]]]]
"""The days off that lie at an address, by a zone's wall clock, from one year to another; raises Refused."""


class CalendarFeedActivities(ProcessActivities):
    def __init__(self, db: Database, zone: str, read: Read) -> None:
        super().__init__(db, zone)
        self.read = read

    @activity.defn
    async def refresh_calendar_feeds(self) -> int:
        """How many calendars have other days off in the draft now. One that fails keeps nobody waiting, and what it
        brought last stays."""
        async with self.db.session("calendar-feed") as session:
            every = await feeds(session)
        changed = 0
        for feed in every:
            changed += await self._refresh(feed)
            activity.heartbeat()
        return changed

    async def _refresh(self, feed: CalendarFeed) -> bool:
        async with self.db.session("calendar-feed") as session:
            calendar = _calendar(await _document(session), feed.calendar)
        if calendar is None:
            return False  # nobody keeps such hours any more
        year = datetime.now(UTC).year
        try:
            days = await self.read(feed.address, calendar.zone, year, year + AHEAD)
        except Refused as refused:
            await self._failed(feed, refused)
            return False
        return await self._came(feed, days, year)

    async def _failed(self, feed: CalendarFeed, refused: Refused) -> None:
        """Told when it begins to fail, and not again until it has worked in between."""
        async with self.db.session("calendar-feed") as session:
            kept = await feed_to_change(session, feed)
            if kept is None:
                return
            begins = kept.failing_since is None
            kept.failing_since = kept.failing_since or datetime.now(UTC)
            kept.failed = {"code": refused.code, "params": refused.params}
            if begins:
                await _tell(session, kept, "calendar.feed_failed")

    async def _came(self, feed: CalendarFeed, days: list[dict[str, Any]], year: int) -> bool:
        """What was in the feed before and was not wanted in the draft is not put there again."""
        async with self.db.session("calendar-feed") as session:
            await lock_versions(session, KIND)
            kept = await feed_to_change(session, feed)
            if kept is None:
                return False
            before = [day for day in kept.days if int(day["on"][:4]) >= year]
            kept.days, kept.fetched_at, kept.failing_since, kept.failed = days, datetime.now(UTC), None, None
            if before == days or not await _drafted(session, kept, before, days):
                return False
            await _tell(session, kept, "calendar.feed_changed")
        return True


async def _drafted(
    session: AsyncSession, kept: CalendarFeed, before: list[dict[str, Any]], days: list[dict[str, Any]]
) -> bool:  # fmt: skip
    """Whether the draft had to be changed, or begun."""
    document = await _document(session)
    calendar = _calendar(document, kept.calendar)
    if calendar is None:
        return False
    now = refreshed(calendar, before, days)
    if now == calendar:
        return False
    written = now.model_dump(mode="json", exclude_defaults=True)
    document = {**document, "calendars": {**document["calendars"], kept.calendar: written}}
    draft = await find_draft(session, KIND)
    follows, note = (draft.based_on, draft.note) if draft else (await newest_version(session, KIND), "")
    draft = await write_draft(session, KIND, document, based_on=follows, note=note, by=kept.kept_by)
    await announce(session, "policy_draft", KIND, draft.revision)
    return True


async def _document(session: AsyncSession) -> dict[str, Any]:
    """What a person who opens the calendars to change them has before them."""
    draft = await find_draft(session, KIND)
    return draft.document if draft else (await current_policy(session, KIND))[1]


def _calendar(document: dict[str, Any], key: str) -> Calendar | None:
    """None also for one that is being written and is not right yet."""
    every = document.get("calendars")
    known = every.get(key) if isinstance(every, dict) else None
    try:
        return Calendar.model_validate_json(canonical(known)) if known else None
    except ValidationError:
        return None


async def _tell(session: AsyncSession, feed: CalendarFeed, kind: str) -> None:
    holders = [role_key(Role.ADMINISTRATOR), person_key(feed.kept_by)]
    notice = Notice(id=new_id(), kind=kind, holders=holders, params={"title": feed.calendar}, revision=0)
    await tell(session, notice, kind="policy", record_id=KIND, link=f"/policies/{KIND}/edit")
