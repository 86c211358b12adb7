"""Days off from another system's calendar: whole days close a calendar's day, part days cut hours out of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from domain.calendar import WEEKDAYS, Calendar, Span, SpecialDay

MIDNIGHT = 86_400


def special_days(events: Iterable[Mapping[str, Any]], calendar: Calendar) -> tuple[SpecialDay, ...]:
    """`events` are {on, name} for whole days and {on, name, start, end} (seconds of the wall clock) for parts of them.

    A day that is closed anyway stays as it is; of several events of a day all that they cut out is out.
    """
    found: dict[date, SpecialDay] = {}
    for event in sorted(events, key=lambda one: (one["on"], "start" not in one, one.get("start", 0))):
        day, name = date.fromisoformat(event["on"]), str(event.get("name", ""))[:120]
        before = found.get(day)
        left = before.spans if before is not None else calendar.week.hours(WEEKDAYS[day.weekday()])
        if not left:
            continue
        start, end = int(event.get("start", 0)), int(event.get("end", MIDNIGHT))
        spans = tuple(part for span in left for part in _cut(span, start, end))
        if spans != left:
            both = dict.fromkeys(filter(None, (before.name if before else "", name)))
            found[day] = SpecialDay(on=day, name=" · ".join(both)[:120], spans=spans)
    return tuple(found[day] for day in sorted(found))


def with_feed(calendar: Calendar, events: Iterable[Mapping[str, Any]]) -> Calendar:
    """The calendar with these days off in place of what its holidays said of the same days; exceptions stay."""
    days = {day.on: day for day in (*calendar.holidays, *special_days(events, calendar))}
    return calendar.model_copy(update={"holidays": tuple(days[day] for day in sorted(days))})


def refreshed(calendar: Calendar, before: Iterable[Mapping[str, Any]], events: Iterable[Mapping[str, Any]]) -> Calendar:
    """With these days off in place of those that the feed had `before`: a day it no longer has is worked again, unless
    somebody has made something else of it since."""
    gone = {day.on: day for day in special_days(before, calendar)}
    left = tuple(day for day in calendar.holidays if gone.get(day.on) != day)
    return with_feed(calendar.model_copy(update={"holidays": left}), events)


def _cut(span: Span, start: int, end: int) -> list[Span]:
    """What of a span lies outside."""
    opens, closes = span.seconds
    pieces = [(opens, min(closes, start)), (max(opens, end), closes)]
    return [Span(start=_clock(a), end=_clock(b)) for a, b in pieces if a < b]


def _clock(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours:02}:{minutes:02}" + (f":{left:02}" if left else "")
