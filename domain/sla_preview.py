"""Cases to reckon with a calendar: when a target is due, how long was worked, when work begins again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import ValidationError

from domain.calendar import DEFAULT, WEEKDAYS, Calendar, CalendarPolicy
from domain.document import length_text
from domain.holiday import with_public_holidays
from domain.instant import read_duration, read_instant, say_instant, say_utc, zone_of
from domain.policy import canonical, problems_of
from domain.refusal import invalid
from domain.working_time import HORIZON, Interval, WorkingTime

FIELDS = ("id", "note", "calendar", "calendars", "public_holidays", "zone", "start", "target", "pauses", "end", "at")
MOST_PAUSES = 1_000
MOST_SPANS = 1_000
ROUND_THE_CLOCK = ("always", "24x7")

Named = Callable[[str, int], WorkingTime | None]
"""A calendar by its name, as it is around a year; None where there is none."""


class Preview(NamedTuple):
    """What was reckoned; None for what was not asked. `spans` go up to `due`, or else to the end of the interval, the
    first thousand of them; `open_pause`: a pause without an end leaves nothing due."""

    hours: WorkingTime
    due: datetime | None
    elapsed: timedelta | None
    next_opening: datetime | None
    spans: list[Interval]
    open_pause: bool = False


def preview(case: Mapping[str, Any], named: Named) -> Preview:
    """The case's answers. Raises Refused (422), naming the field, for what cannot be used."""
    unknown = next((str(key)[:60] for key in case if key not in FIELDS), None)
    if unknown is not None:
        raise invalid("field_unknown", unknown, name=unknown, known=list(FIELDS))
    hours = _hours(case, named)
    zone = hours.zone if case.get("zone") is None else zone_of(case["zone"])
    start, end, at = (
        None if case.get(field) is None else read_instant(case[field], field, zone) for field in ("start", "end", "at")
    )
    target = None if case.get("target") is None else read_duration(case["target"], "target")
    if start is None and (target is not None or end is not None):
        raise invalid("field_missing", "start")
    asked = at or start
    if asked is None:
        raise invalid("field_missing", "start")
    if start is not None and end is not None and end < start:
        raise invalid("interval_backwards", "end", start=say_utc(start), end=say_utc(end))
    if start is not None and end is not None and end - start > timedelta(days=HORIZON):
        raise invalid("interval_too_long", "end")
    pauses, open_from = _pauses(case.get("pauses"), zone)
    due = None
    if start is not None and target is not None:
        due = hours.due(start, target, pauses)
        if open_from is not None and (open_from < due or open_from <= start):
            due = None
    until = [*pauses, Interval(open_from, max(end, open_from))] if open_from and end else pauses
    elapsed = hours.worked(start, end, until) if start is not None and end is not None else None
    spans = _spans(hours, start, due or end, pauses if due else until)
    return Preview(hours, due, elapsed, hours.next_opening(asked), spans, due is None and target is not None)


def as_json(found: Preview) -> dict[str, Any]:
    """Instants in UTC, those people look at also in the calendar's zone; durations as ISO 8601 and in seconds."""
    said: dict[str, Any] = {}
    zone = found.hours.zone
    if found.due is not None or found.open_pause:
        said["due"] = say_utc(found.due) if found.due else None
        said["due_local"] = say_instant(found.due, zone) if found.due else None
    if found.elapsed is not None:
        said["elapsed"] = length_text(found.elapsed)
        said["elapsed_seconds"] = _number(found.elapsed.total_seconds())
    if found.next_opening is not None:
        said["next_opening"] = say_utc(found.next_opening)
        said["next_opening_local"] = say_instant(found.next_opening, zone)
    if found.due is not None or found.elapsed is not None:
        said["spans"] = [{"start": say_utc(start), "end": say_utc(end)} for start, end in found.spans]
    return said


def built_in(name: str, year: int) -> WorkingTime | None:
    """`office`: Mondays to Fridays 9 to 12 and 13 to 18 in Shanghai, with China's holidays and make-up days of the
    years around this one; `always` or `24x7`."""
    if name in ROUND_THE_CLOCK:
        return _always()
    return _built_in(name, year) if name in DEFAULT["calendars"] else None


@lru_cache(maxsize=1)
def _always() -> WorkingTime:
    week = {day: [{"start": "00:00", "end": "24:00"}] for day in WEEKDAYS}
    return WorkingTime(Calendar.model_validate_json(canonical({"zone": "UTC", "week": week})))


@lru_cache(maxsize=64)
def _built_in(name: str, year: int) -> WorkingTime:
    plain = Calendar.model_validate_json(canonical(DEFAULT["calendars"][name]))
    return WorkingTime(with_public_holidays(plain, "CN", range(year - 1, year + 4), language="zh_CN"))


@lru_cache(maxsize=64)
def _inline(text: str, country: str | None, subdivision: str | None, year: int) -> WorkingTime:
    calendar = Calendar.model_validate_json(text)
    if country is not None:
        calendar = with_public_holidays(calendar, country, range(year - 1, year + 4), subdivision=subdivision)
    return WorkingTime(calendar)


@lru_cache(maxsize=16)
def _policy(text: str) -> dict[str, WorkingTime]:
    calendars = CalendarPolicy.model_validate_json(text).calendars
    return {key: WorkingTime(calendar) for key, calendar in calendars.items()}


def _hours(case: Mapping[str, Any], named: Named) -> WorkingTime:
    """The calendar itself, one of a policy's document, or one known by its name."""
    asked, several = case.get("calendar"), case.get("calendars")
    if several is None and isinstance(asked, Mapping) and "calendars" in asked:
        several, asked = asked["calendars"], None
    try:
        if several is not None:
            known = _policy(canonical({"engine": 1, "calendars": several}))
            key = next(iter(known)) if asked is None and len(known) == 1 else asked or "office"
            return known[key] if isinstance(key, str) and key in known else _unknown(key, sorted(known))
        if isinstance(asked, Mapping):
            return _inline(canonical(asked), *_country(case.get("public_holidays")), _year(case))
    except ValidationError as error:
        place = "calendar" if several is None else "calendars"
        problems = problems_of(error)
        raise invalid(
            "calendar_invalid", f"{place}.{problems[0].where}".rstrip("."), what=problems[0].what,
            problems=[one.model_dump(mode="json") for one in problems],
        ) from error  # fmt: skip
    except (TypeError, ValueError, RecursionError) as error:
        raise invalid("calendar_invalid", "calendar", what=str(error)[:200], problems=[]) from error
    if asked is None:
        raise invalid("field_missing", "calendar")
    hours = named(asked, _year(case)) if isinstance(asked, str) else None
    return hours or _unknown(asked, [])


def _country(asked: Any) -> tuple[str | None, str | None]:
    """`CN`, or a part of a country as ISO 3166-2 has it: `DE-BY`."""
    if asked is None:
        return None, None
    if not isinstance(asked, str) or len(asked) > 10:
        raise invalid("country_unknown", "public_holidays", country=str(asked)[:60], subdivision=None)
    country, _, subdivision = asked.upper().partition("-")
    return country, subdivision or None


def _unknown(key: Any, known: list[str]) -> WorkingTime:
    raise invalid("calendar_unknown", "calendar", key=str(key)[:60], known=known)


def _year(case: Mapping[str, Any]) -> int:
    """The year a case is about, as far as its text says before any zone is known."""
    text = str(case.get("start") or case.get("at") or "")[:4]
    return int(text) if text.isascii() and text.isdigit() and 1950 <= int(text) <= 2190 else 2000


def _pauses(asked: Any, zone: Any) -> tuple[list[Interval], datetime | None]:
    """Pauses with an end, and since when there is one without."""
    if asked is None:
        return [], None
    if not isinstance(asked, list | tuple) or len(asked) > MOST_PAUSES:
        raise invalid("pauses_unreadable", "pauses", most=MOST_PAUSES)
    found: list[Interval] = []
    open_from: datetime | None = None
    for no, one in enumerate(asked):
        if isinstance(one, Mapping) and one.keys() <= {"start", "end"} and one.get("start") is not None:
            edges = (one["start"], one.get("end"))
        elif isinstance(one, list | tuple) and len(one) == 2:
            edges = (one[0], one[1])
        else:
            raise invalid("pauses_unreadable", f"pauses.{no}", most=MOST_PAUSES)
        start = read_instant(edges[0], f"pauses.{no}.start", zone)
        if edges[1] is None:
            open_from = min(start, open_from or start)
            continue
        end = read_instant(edges[1], f"pauses.{no}.end", zone)
        if end < start:
            raise invalid("interval_backwards", f"pauses.{no}.end", start=say_utc(start), end=say_utc(end))
        found.append(Interval(start, end))
    return found, open_from


def _spans(hours: WorkingTime, start: datetime | None, end: datetime | None, pauses: list[Interval]) -> list[Interval]:
    return [] if start is None or end is None else hours.spans_between(start, end, pauses)[:MOST_SPANS]


def _number(seconds: float) -> int | float:
    return int(seconds) if seconds == int(seconds) else seconds
