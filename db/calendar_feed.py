"""The addresses of calendars' days off that are fetched every night, each with the last copy that could be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Instant, Ref


class CalendarFeed(Base):
    """`days` is what domain.calendar_feed takes, as fetched last; `failed` is the refusal {code, params} of the newest
    try, `failing_since` when the first of those that have failed without a break was made."""

    __tablename__ = "calendar_feed"

    calendar: Mapped[str] = mapped_column(primary_key=True)  # its key in the calendar policy
    address: Mapped[str]
    days: Mapped[list[dict[str, Any]]]
    fetched_at: Mapped[Instant] = mapped_column(server_default=func.now())
    failing_since: Mapped[Instant | None]
    failed: Mapped[dict[str, Any] | None]
    kept_by: Mapped[Ref]


async def feeds(session: AsyncSession) -> Sequence[CalendarFeed]:
    return (await session.scalars(select(CalendarFeed).order_by(CalendarFeed.calendar))).all()


async def feed_to_change(session: AsyncSession, feed: CalendarFeed) -> CalendarFeed | None:
    """As it is now, and nobody else's until the transaction ends; None where it was given up or another one named."""
    query = select(CalendarFeed).where(
        CalendarFeed.calendar == feed.calendar, CalendarFeed.address == feed.address
    )  # fmt: skip
    found: CalendarFeed | None = await session.scalar(query.with_for_update())
    return found
