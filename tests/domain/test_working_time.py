"""Clocks that run in working time only, to the second."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.calendar import Calendar
from domain.refusal import Refused
from domain.working_time import Interval, WorkingTime

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NINE_TO_FIVE = [{"start": "09:00", "end": "17:00"}]
WITH_LUNCH = [{"start": "09:00", "end": "12:00"}, {"start": "13:30", "end": "18:00"}]
ALL_DAY = [{"start": "00:00", "end": "24:00"}]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
EVERY_DAY = (*WEEKDAYS, "sat", "sun")


def office(
    spans: list[dict[str, str]], days: tuple[str, ...] = WEEKDAYS, zone: str = "Asia/Shanghai", **more: Any
) -> WorkingTime:
    document = {"zone": zone, "week": dict.fromkeys(days, spans), **more}
    return WorkingTime(Calendar.model_validate(document, strict=False))


def local(text: str, zone: str = "Asia/Shanghai", fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


# 2026-11-20 is a Friday.


@pytest.mark.parametrize(
    ("asked", "target", "due"),
    [
        ("2026-11-21T15:00", HOUR, "2026-11-23T10:00"),
        ("2026-11-21T18:00", HOUR, "2026-11-23T10:00"),
        ("2026-11-20T16:55", HOUR, "2026-11-23T09:55"),
        ("2026-11-20T08:00", HOUR, "2026-11-20T10:00"),
        ("2026-11-19T23:30", 24 * HOUR, "2026-11-24T17:00"),
    ],
)
def test_a_weekend_or_a_night_costs_nobody_working_time(asked: str, target: timedelta, due: str) -> None:
    assert office(NINE_TO_FIVE).due(local(asked), target) == local(due)


def test_lunch_stops_the_clock() -> None:
    assert office(WITH_LUNCH).due(local("2026-11-20T11:30"), HOUR) == local("2026-11-20T14:00")


def test_a_target_that_runs_out_exactly_at_closing_is_due_at_closing() -> None:
    assert office(NINE_TO_FIVE).due(local("2026-11-20T16:00"), HOUR) == local("2026-11-20T17:00")
    assert office(NINE_TO_FIVE).due(local("2026-11-20T16:00"), HOUR + timedelta(seconds=1)) == local(
        "2026-11-23T09:00:01"
    )


def test_closing_time_is_not_open_and_opening_time_is() -> None:
    hours = office(WITH_LUNCH)
    assert hours.next_opening(local("2026-11-20T12:00")) == local("2026-11-20T13:30")
    assert hours.next_opening(local("2026-11-20T13:30")) == local("2026-11-20T13:30")
    assert hours.next_opening(local("2026-11-20T18:00")) == local("2026-11-23T09:00")


def test_a_pause_moves_the_due_time_by_the_working_time_in_it_to_the_second() -> None:
    overnight = Interval(local("2026-11-20T16:59:30"), local("2026-11-23T09:00:15"))
    assert office(NINE_TO_FIVE).due(local("2026-11-20T16:00"), HOUR, [overnight]) == local("2026-11-23T09:00:45")


def test_pauses_that_overlap_each_other_count_once() -> None:
    pauses = [
        Interval(local("2026-11-20T10:00"), local("2026-11-20T11:00")),
        Interval(local("2026-11-20T09:30"), local("2026-11-20T10:30")),
        Interval(local("2026-11-20T10:15"), local("2026-11-20T10:20")),
    ]
    assert office(NINE_TO_FIVE).due(local("2026-11-20T09:00"), HOUR, pauses) == local("2026-11-20T11:30")


def test_around_the_clock_no_minute_is_lost_at_midnight() -> None:
    always = office(ALL_DAY, EVERY_DAY)
    start = local("2026-11-20T12:34:56")
    assert always.due(start, 48 * HOUR) == start + 48 * HOUR
    assert always.spans_between(start, start + 48 * HOUR) == [Interval(start, start + 48 * HOUR)]


def test_a_night_shift_ends_its_day_at_midnight_and_goes_on() -> None:
    night = office([{"start": "00:00", "end": "06:00"}, {"start": "22:00", "end": "24:00"}], EVERY_DAY)
    assert night.spans_between(local("2026-11-20T12:00"), local("2026-11-21T12:00")) == [
        Interval(local("2026-11-20T22:00"), local("2026-11-21T06:00"))
    ]


def test_holidays_are_closed_make_up_days_work_and_an_exception_wins() -> None:
    calendar = office(
        NINE_TO_FIVE,
        holidays=[
            {"on": "2026-02-20", "name": "休息日"},
            {"on": "2026-02-28", "name": "上班", "like": "mon"},
            {"on": "2026-02-23", "name": "休息日"},
        ],
        exceptions=[{"on": "2026-02-23", "name": "盘点", "spans": [{"start": "10:00", "end": "12:00:30"}]}],
    )
    spans = calendar.spans_between(local("2026-02-20T00:00"), local("2026-02-24T00:00"))
    assert spans == [Interval(local("2026-02-23T10:00"), local("2026-02-23T12:00:30"))]
    assert calendar.next_opening(local("2026-02-27T17:00")) == local("2026-02-28T09:00")


# Berlin: 2026-03-29 02:00 -> 03:00, 2026-10-25 03:00 -> 02:00. Both are Sundays.


def test_a_day_of_the_clock_change_has_its_true_length() -> None:
    always = office(ALL_DAY, EVERY_DAY, "Europe/Berlin")
    for day, after, hours in [("2026-03-29", "2026-03-30", 23), ("2026-10-25", "2026-10-26", 25)]:
        assert always.worked(local(day, "Europe/Berlin"), local(after, "Europe/Berlin")) == hours * HOUR


def test_a_span_inside_the_missing_hour_is_cut_at_the_jump() -> None:
    def opened(start: str, end: str) -> list[Interval]:
        shift = office([{"start": start, "end": end}], ("sun",), "Europe/Berlin")
        return shift.spans_between(local("2026-03-29", "Europe/Berlin"), local("2026-03-30", "Europe/Berlin"))

    jump = datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert opened("02:30", "04:00") == [Interval(jump, jump + HOUR)]
    assert opened("01:00", "02:30") == [Interval(jump - HOUR, jump)]
    assert opened("02:10", "02:50") == []


def test_the_repeated_hour_belongs_to_the_span_it_was_in_the_first_time() -> None:
    shifts = office([{"start": "00:00", "end": "02:30"}, {"start": "02:30", "end": "06:00"}], ("sun",), "Europe/Berlin")
    start = local("2026-10-25T02:00", "Europe/Berlin")
    assert shifts.due(start, 30 * MINUTE) == local("2026-10-25T02:30", "Europe/Berlin")
    assert shifts.due(start, 90 * MINUTE) == local("2026-10-25T02:30", "Europe/Berlin", fold=1)


def test_instants_come_in_any_zone_and_leave_in_utc() -> None:
    due = office(NINE_TO_FIVE).due(datetime(2026, 11, 20, 10, tzinfo=ZoneInfo("Europe/Berlin")), HOUR)
    assert (due, due.tzinfo) == (local("2026-11-23T10:00"), UTC)


@pytest.mark.parametrize("at", ["2026-11-20T09:00:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_an_instant_without_a_zone_or_out_of_reason_is_refused(at: str) -> None:
    hours, instant = office(NINE_TO_FIVE), datetime.fromisoformat(at)
    with pytest.raises(Refused, match="instant_unusable"):
        hours.next_opening(instant)
    with pytest.raises(Refused, match="instant_unusable"):
        hours.due(instant, HOUR)
    with pytest.raises(Refused, match="instant_unusable"):
        hours.worked(instant, instant)


def test_an_interval_backwards_and_a_target_never_reached_are_refused() -> None:
    hours, at = office([{"start": "09:00", "end": "09:00:01"}], ("mon",)), local("2026-11-20T09:00")
    with pytest.raises(Refused, match="interval_backwards"):
        hours.worked(at, at - MINUTE)
    with pytest.raises(Refused, match="interval_backwards"):
        hours.due(at, HOUR, [Interval(at, at - MINUTE)])
    with pytest.raises(Refused, match="due_too_far"):
        hours.due(at, 24 * HOUR)
