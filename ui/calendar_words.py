"""Working calendars in words: the hours of each weekday, and the days that differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date, get_day_names

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


def special_days(calendar: Calendar, language: str) -> list[DayWords]:
    return [_day(on, day, language) for on, day in sorted(calendar.special.items())]


def _day(on: date, day: SpecialDay, language: str) -> DayWords:
    said = str(format_date(on, "full", locale=language))
    if day.like:
        like = translate(language).gettext(N_("works as on %(weekday)s"))
        return DayWords(said, day.name, like % {"weekday": weekday_name(day.like, language)})
    return DayWords(said, day.name, hours_text(day.spans, language))
