"""Working calendars as documents: a zone, the hours of each weekday, and the days that differ.

The arithmetic over them is in `domain.working_time`.
"""

from datetime import date
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self, get_args
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from domain.document import Key, PolicyDocument, Strict, duplicates, fault, refuse_faults

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)

_CLOCK = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?"


class Span(Strict):
    """Working hours on one day, by the wall clock: `09:00` or `09:00:30`; a span may end at `24:00`."""

    start: Annotated[str, StringConstraints(pattern=f"^{_CLOCK}$")]
    end: Annotated[str, StringConstraints(pattern=f"^({_CLOCK}|24:00(:00)?)$")]

    @cached_property
    def seconds(self) -> tuple[int, int]:
        """Start and end in seconds of the wall clock since midnight."""
        return _seconds(self.start), _seconds(self.end)


def _seconds(clock: str) -> int:
    hours, minutes, *seconds = map(int, clock.split(":"))
    return hours * 3600 + minutes * 60 + sum(seconds)


def _in_order(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    edges = [edge for span in spans for edge in span.seconds]
    if edges != sorted(edges) or any(start == end for start, end in (span.seconds for span in spans)):
        raise PydanticCustomError("spans_order", "Spans of a day follow one another and each ends after it starts.")
    return spans


DaySpans = Annotated[tuple[Span, ...], Field(max_length=24)]


class Week(Strict):
    """The ordinary hours of each weekday; a day without spans is closed."""

    mon: DaySpans = ()
    tue: DaySpans = ()
    wed: DaySpans = ()
    thu: DaySpans = ()
    fri: DaySpans = ()
    sat: DaySpans = ()
    sun: DaySpans = ()

    _spans_in_order = field_validator(*WEEKDAYS)(_in_order)

    @model_validator(mode="after")
    def is_ever_open(self) -> Self:
        if not any(self.hours(day) for day in WEEKDAYS):
            raise PydanticCustomError("week_closed", "A calendar is open on one weekday at least.")
        return self

    def hours(self, day: Weekday) -> tuple[Span, ...]:
        spans: tuple[Span, ...] = getattr(self, day)
        return spans


class SpecialDay(Strict):
    """A day with hours of its own: closed without `spans`, or working as another weekday does (调休)."""

    on: date
    name: Annotated[str, StringConstraints(max_length=120)] = ""
    spans: DaySpans = ()
    like: Weekday | None = None

    _spans_in_order = field_validator("spans")(_in_order)

    @model_validator(mode="after")
    def says_its_hours_once(self) -> Self:
        if self.spans and self.like:
            raise PydanticCustomError("day_doubled", "Give the day hours of its own or those of a weekday, not both.")
        return self


Days = Annotated[tuple[SpecialDay, ...], Field(max_length=2_000)]


class Calendar(Strict):
    """When work is done. `holidays` are filled from a list (`domain.holiday`), `exceptions` by hand; these win."""

    zone: Annotated[str, StringConstraints(max_length=60)]
    week: Week
    holidays: Days = ()
    exceptions: Days = ()

    @field_validator("zone")
    @classmethod
    def zone_exists(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:  # OSError: a folder of zones, such as "Europe"
            raise PydanticCustomError("zone_unknown", "There is no time zone {zone}.", {"zone": zone}) from error
        return zone

    @model_validator(mode="after")
    def names_each_day_once(self) -> Self:
        lists = {"holidays": self.holidays, "exceptions": self.exceptions}
        refuse_faults(
            self,
            [
                fault([name], "day_twice", "{day} is listed twice.", day=day.isoformat())
                for name, days in lists.items()
                for day in duplicates([special.on for special in days])
            ],
        )
        return self

    @cached_property
    def special(self) -> dict[date, SpecialDay]:
        return {day.on: day for day in (*self.holidays, *self.exceptions)}

    def hours(self, day: date) -> tuple[Span, ...]:
        """The spans worked on a day."""
        special = self.special.get(day)
        if special is None:
            return self.week.hours(WEEKDAYS[day.weekday()])
        return self.week.hours(special.like) if special.like else special.spans


_OFFICE_DAY = [{"start": "09:00", "end": "12:00"}, {"start": "13:00", "end": "18:00"}]

DEFAULT: dict[str, Any] = {
    "engine": 1,
    "calendars": {
        "office": {
            "zone": "Asia/Shanghai",
            "week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), _OFFICE_DAY),
        },
    },
}


class CalendarPolicy(PolicyDocument):
    """The working calendars that other policies name by their keys."""

    kind: ClassVar[str] = "calendar"
    default: ClassVar[dict[str, Any]] = DEFAULT

    calendars: Annotated[dict[Key, Calendar], Field(min_length=1, max_length=50)]
