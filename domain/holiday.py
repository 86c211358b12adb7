"""Public holidays as days of a calendar document, from the `holidays` library; asked for when a calendar is edited."""

from collections.abc import Collection
from datetime import date
from typing import Any

import holidays

from domain.calendar import Calendar, SpecialDay, Weekday
from domain.refusal import invalid


def public_holidays(
    country: str,
    years: Collection[int],
    *,
    subdivision: str | None = None,
    language: str | None = None,
    working_like: Weekday = "mon",
    workday_name: str = "",
) -> tuple[SpecialDay, ...]:
    """The closed days of a country (ISO 3166-1 code) or of a part of it, and its make-up working days (调休).

    A make-up day works as `working_like` does and is called `workday_name`. China's are known once the State Council
    has announced them, in November for the next year, and the library was brought up to date: ask again then.
    Raises Refused `country_unknown`.
    """
    try:
        found = holidays.country_holidays(country, subdiv=subdivision, years=years, language=language)
    except NotImplementedError as error:
        raise invalid("country_unknown", "country", country=country, subdivision=subdivision) from error
    closed = {day: SpecialDay(on=day, name=name[:120]) for day, name in found.items()}
    workdays: set[date] = {day for day in found.weekend_workdays if day.year in years}
    made_up = {day: SpecialDay(on=day, name=workday_name, like=working_like) for day in workdays}
    days = closed | made_up
    return tuple(days[day] for day in sorted(days))


def with_public_holidays(calendar: Calendar, country: str, years: Collection[int], **options: Any) -> Calendar:
    """The calendar with these years' days from the list in place of those it had; other years stay as they are.

    `options` and what is raised are those of `public_holidays`.
    """
    kept = [day for day in calendar.holidays if day.on.year not in years]
    found = public_holidays(country, years, **options)
    return calendar.model_copy(update={"holidays": tuple(sorted((*kept, *found), key=lambda day: day.on))})
