"""When a customer goes back to its pool, and since when that is warned of: the arithmetic, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.customer_pool import Back, Course, Due, PoolPolicy
from domain.working_time import WorkingTime


def due(policy: PoolPolicy, clock: WorkingTime | None, course: Course) -> Due | None:
    """None: it never goes back by itself. A follow-up counts from its instant on, and so does the end of a deal."""
    limits = policy.tiers[course.tier]
    tended = _latest(course.since, course.followed_at, course.ended_at)
    dealt = _latest(course.since, course.ended_at)
    ends: list[tuple[datetime, Back]] = []
    if limits.no_follow_up is not None:
        ends.append((after(clock, tended, limits.no_follow_up), "no_follow_up"))
    if limits.no_deal is not None:
        ends.append((after(clock, dealt, limits.no_deal), "no_deal"))
    if not ends:
        return None
    at, why = min(ends, key=lambda end: end[0])
    at = _latest(at, course.kept_until)
    return Due(at, max(before(clock, at, limits.warn), course.since), why)


def after(clock: WorkingTime | None, start: datetime, limit: timedelta) -> datetime:
    """Whole days are working days where there is a calendar: the same time of day, so many working days later."""
    if clock is None or limit.days == 0:
        return start + limit
    return _working_days(clock, start, limit.days) + (limit - timedelta(days=limit.days))


def before(clock: WorkingTime | None, end: datetime, limit: timedelta) -> datetime:
    if clock is None or limit.days == 0:
        return end - limit
    return _working_days(clock, end - (limit - timedelta(days=limit.days)), -limit.days)


def _working_days(clock: WorkingTime, start: datetime, days: int) -> datetime:
    """The same time by the wall clock, on the working day so many further (or back)."""
    wall = start.astimezone(clock.zone)
    step = timedelta(days=1 if days > 0 else -1)
    day = wall.date()
    left = abs(days)
    while left:
        day += step
        if clock.calendar.hours(day):
            left -= 1
    return datetime.combine(day, wall.time(), clock.zone).astimezone(UTC)


def _latest(first: datetime, *others: datetime | None) -> datetime:
    return max([first, *(one for one in others if one is not None)])
