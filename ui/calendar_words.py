"""Working calendars in words: the hours of each weekday, and the days that differ."""

from __future__ import annotations

import calendar as monthcalendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date, format_skeleton, get_day_names

from domain.calendar import WEEKDAYS, Calendar, Span, SpecialDay
from locales import N_, translate


@dataclass(frozen=True)
class DayWords:
    on: str
    name: str
    hours: str


def weekday_name(day: str, language: str) -> str:
    return str(get_day_names("wide", locale=language)[WEEKDAYS.index(day)])


def hours_text(spans: Sequence[Span], language: str) -> str:
    """ "09:00–12:00, 13:00–18:00", or closed."""
    if not spans:
        return translate(language).gettext(N_("closed"))
    return translate(language).gettext(N_(", ")).join(f"{span.start}–{span.end}" for span in spans)


def week(calendar: Calendar, language: str) -> list[tuple[str, str]]:
    return [(weekday_name(day, language), hours_text(calendar.week.hours(day), language)) for day in WEEKDAYS]


@dataclass(frozen=True)
class MonthDay:
    """One day of a month's sheet; `state`: open, closed, or differs from its weekday (more, less)."""

    no: int
    hours: str
    name: str
    state: str


@dataclass(frozen=True)
class Month:
    title: str
    heads: list[str]
    weeks: list[list[MonthDay | None]]
    before: str
    after: str


def month(calendar: Calendar, first: date, language: str) -> Month:
    """A month as a sheet of weeks that begin on Monday; None: a day of another month."""
    weeks = [
        [_month_day(calendar, day, language) if day.month == first.month else None for day in week]
        for week in monthcalendar.Calendar().monthdatescalendar(first.year, first.month)
    ]
    heads = [str(name) for _, name in sorted(get_day_names("abbreviated", locale=language).items())]
    title = str(format_skeleton("yMMMM", first, locale=language))
    before, after = first - timedelta(days=1), first + timedelta(days=32)
    return Month(title, heads, weeks, f"{before:%Y-%m}", f"{after:%Y-%m}")


def _month_day(calendar: Calendar, day: date, language: str) -> MonthDay:
    hours, ordinary = calendar.hours(day), calendar.week.hours(WEEKDAYS[day.weekday()])
    special = calendar.special.get(day)
    state = "open" if hours else "closed"
    if hours != ordinary:
        state = "more" if _worked(hours) > _worked(ordinary) else "less"
    return MonthDay(day.day, hours_text(hours, language) if hours else "", special.name if special else "", state)


def _worked(spans: Sequence[Span]) -> int:
    return sum(end - start for start, end in (span.seconds for span in spans))


def special_days(calendar: Calendar, language: str) -> list[DayWords]:
    return [_day(on, day, language) for on, day in sorted(calendar.special.items())]


def _day(on: date, day: SpecialDay, language: str) -> DayWords:
    said = str(format_date(on, "full", locale=language))
    if day.like:
        like = translate(language).gettext(N_("works as on %(weekday)s"))
        return DayWords(said, day.name, like % {"weekday": weekday_name(day.like, language)})
    return DayWords(said, day.name, hours_text(day.spans, language))
