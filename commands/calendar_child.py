"""Reads an iCal file from outside: its events of some years, also those that recur; in the sandbox's child only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from icalendar import Calendar as ICalendar

from domain.refusal import invalid

MOST_EVENTS = 2_000
LONGEST = 400
"""Days of one event."""


def read_days(path: str, zone: str, first: int, last: int) -> list[dict[str, Any]]:
    """What domain.calendar_feed.special_days takes, of the years `first` to `last`, by the wall clock of the zone.

    Raises Refused (422) ical_unreadable, ical_too_many.
    """
    try:
        calendar = ICalendar.from_ical(Path(path).read_bytes())
        events = list(islice(calendar.walk("VEVENT"), MOST_EVENTS + 1))
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise invalid("ical_unreadable", "file") from error
    if len(events) > MOST_EVENTS:
        raise invalid("ical_too_many", "file", most=MOST_EVENTS)
    found: list[dict[str, Any]] = []
    for event in events:
        if str(event.get("STATUS", "")).upper() == "CANCELLED" or str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
            continue
        try:
            found += islice(_days(event, ZoneInfo(zone), first, last), MOST_EVENTS)
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:
            raise invalid("ical_unreadable", "file") from error
        if len(found) > MOST_EVENTS:
            raise invalid("ical_too_many", "file", most=MOST_EVENTS)
    return found


def _days(event: Any, zone: ZoneInfo, first: int, last: int) -> Iterator[dict[str, Any]]:
    start = event.decoded("DTSTART")
    name = str(event.get("SUMMARY", "")).strip()[:120]
    whole = not isinstance(start, datetime)
    length = _length(event, start, whole)
    for begins in _starts(event, start, zone, first, last):
        if whole:
            days = min(max(length.days, 1), LONGEST)
            found = [{"on": str(begins.date() + timedelta(days=n)), "name": name} for n in range(days)]
        else:
            found = list(_parts(begins, begins + length, name))
        yield from (one for one in found if first <= int(one["on"][:4]) <= last)


def _length(event: Any, start: Any, whole: bool) -> timedelta:
    if "DURATION" in event:
        lasts: timedelta = event.decoded("DURATION")
        return lasts
    if "DTEND" in event:
        until: timedelta = event.decoded("DTEND") - start
        return until
    return timedelta(days=1) if whole else timedelta()


def _starts(event: Any, start: Any, zone: ZoneInfo, first: int, last: int) -> Iterator[datetime]:
    """Wall-clock times in the zone at which it begins, within the years and what lies before them."""
    if isinstance(start, datetime):
        begins = start.astimezone(zone).replace(tzinfo=None) if start.tzinfo else start
    else:
        begins = datetime.combine(start, time())
    rule = event.get("RRULE")
    if rule is None:
        yield begins
        return
    text = "\n".join(rule.to_ical().decode() for rule in (rule if isinstance(rule, list) else [rule]))
    text = text.replace("Z", "") if "UNTIL" in text else text
    skipped = {_wall(one.dt, zone) for dates in _lists(event.get("EXDATE")) for one in dates.dts}
    until = datetime.combine(date(last + 1, 1, 1), time())
    recurs = rrulestr(text, dtstart=begins)
    for at in takewhile(lambda at: at < until, islice(recurs, 100_000)):
        if at.year >= first - 1 and at not in skipped:
            yield at


def _lists(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _wall(value: date | datetime, zone: ZoneInfo) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(tzinfo=None) if value.tzinfo else value
    return datetime.combine(value, time())


def _parts(begins: datetime, ends: datetime, name: str) -> Iterator[dict[str, Any]]:
    """An event with hours, day by day."""
    day = begins.date()
    for _ in range(LONGEST):
        midnight = datetime.combine(day, time())
        start, end = max(begins, midnight), min(ends, midnight + timedelta(days=1))
        if start >= end:
            return
        yield {
            "on": str(day), "name": name, "start": int((start - midnight).total_seconds()),
            "end": int((end - midnight).total_seconds()),
        }  # fmt: skip
        day += timedelta(days=1)
