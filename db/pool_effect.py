"""What other rules of the pool would do: how many customers would go back, and when, before anything is published."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.book import due
from domain.customer_pool import Course, PoolPolicy
from domain.working_time import WorkingTime

SPANS = (timedelta(), timedelta(days=1), timedelta(days=7), timedelta(days=30))
"""At once, within a day, a week, thirty days."""


class Effect(NamedTuple):
    """How many go back within each of `SPANS`, each counted once, in the first that it is in; then later, and never."""

    counts: tuple[int, ...]
    later: int
    never: int

    @property
    def all(self) -> int:
        return sum(self.counts) + self.later + self.never


# Alike to the hour is alike enough for a count, and a million customers are some thousand courses.
_COURSES = text("""
    select tier, protected is not null, date_trunc('hour', greatest(since, followed_at, dealt_at)),
        date_trunc('day', greatest(since, dealt_at)), date_trunc('hour', greatest(locked_until, extended_until)),
        count(*)
    from assignment where owner_id is not null group by 1, 2, 3, 4, 5
""")


async def effect(
    session: AsyncSession, now: datetime, *rules: tuple[PoolPolicy, WorkingTime | None]
) -> list[Effect]:  # fmt: skip
    """Of each of these rules, on what is owned now."""
    await session.execute(text("select set_config('statement_timeout', '30s', true)"))
    courses = (await session.execute(_COURSES)).all()
    return [_counted(policy, clock, courses, now) for policy, clock in rules]


def _counted(policy: PoolPolicy, clock: WorkingTime | None, courses: object, now: datetime) -> Effect:
    within: Counter[int] = Counter()
    later = never = 0
    for tier, guarded, tended, dealt, kept, many in courses:  # type: ignore[attr-defined]
        found = None if guarded else due(policy, clock, Course(tier, dealt, tended, None, kept))
        if found is None:
            never += many
            continue
        place = next((no for no, span in enumerate(SPANS) if found.at <= now + span), None)
        if place is None:
            later += many
        else:
            within[place] += many
    return Effect(tuple(within[no] for no in range(len(SPANS))), later, never)
