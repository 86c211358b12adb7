"""Shifts: who is on duty when, by the wall clock of a zone, exact over changes of the clock.

A shift is a week of hours that repeats, from a day to a day; its exactness is that of `domain.working_time`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from domain.calendar import Calendar, SpecialDay, Week
from domain.ids import RecordId
from domain.refusal import Refused
from domain.working_time import Interval, WorkingTime

LOOK_AHEAD = timedelta(days=400)
"""How far the next opening is looked for."""


def _as_sent(week: object) -> object:
    """Hours sent as JSON come as lists, which the strict model takes as JSON alone."""
    return Week.model_validate_json(json.dumps(week)) if isinstance(week, dict) else week


class ShiftDetails(BaseModel):
    """What one says about a shift. `starts_on` and `ends_on` are its first and last day; None: always."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    unit_id: RecordId
    zone: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    week: Annotated[Week, BeforeValidator(_as_sent)]
    starts_on: date | None = None
    ends_on: date | None = None
    people: Annotated[list[RecordId], Field(max_length=200)] = []

    @model_validator(mode="after")
    def is_a_calendar(self) -> Self:
        Calendar(zone=self.zone, week=self.week)  # raises for a zone there is not
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise PydanticCustomError("shift_backwards", "A shift ends on the day it begins, or later.")
        return self


class Duty(NamedTuple):
    """One shift's hours. `days_off` are days on which nobody of it works."""

    zone: str
    week: Week
    starts_on: date | None = None
    ends_on: date | None = None
    days_off: frozenset[date] = frozenset()

    def spans(self, start: datetime, end: datetime) -> list[Interval]:
        """When there is somebody of this shift, from start to end, cut at both."""
        clock = self._clock()
        first = max(start, _midnight(clock, self.starts_on)) if self.starts_on else start
        last = min(end, _midnight(clock, self.ends_on + timedelta(days=1))) if self.ends_on else end
        return clock.spans_between(first, last) if first < last else []

    def on_duty(self, at: datetime) -> bool:
        """The end of a span is no longer part of it."""
        return bool(self.spans(at, at + timedelta(microseconds=1)))

    def next_start(self, at: datetime) -> datetime | None:
        """The first instant from `at` on at which somebody is there; None: not within the next 400 days."""
        clock = self._clock()
        after = max(at, _midnight(clock, self.starts_on)) if self.starts_on else at
        try:
            opening = clock.next_opening(after)
        except Refused:
            return None
        ended = self.ends_on and opening >= _midnight(clock, self.ends_on + timedelta(days=1))
        return None if ended or opening > at + LOOK_AHEAD else opening

    def _clock(self) -> WorkingTime:
        days = tuple(SpecialDay(on=day) for day in sorted(self.days_off))
        return WorkingTime(Calendar(zone=self.zone, week=self.week, holidays=days))


def on_duty(duties: Iterable[Duty], at: datetime) -> bool:
    return any(duty.on_duty(at) for duty in duties)


def next_start(duties: Iterable[Duty], at: datetime) -> datetime | None:
    """When the first of these shifts has somebody there."""
    return min((start for duty in duties if (start := duty.next_start(at))), default=None)


def _midnight(clock: WorkingTime, day: date) -> datetime:
    return datetime.combine(day, time(), clock.zone).astimezone(UTC)
