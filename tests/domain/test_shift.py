"""Who is on duty: by the wall clock of the shift's zone, to the second, also when that clock jumps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.calendar import Span, Week
from domain.shift import Duty, next_start, on_duty

NIGHT = Week(
    fri=(Span(start="22:00", end="24:00"),),
    sat=(Span(start="00:00", end="06:00"), Span(start="22:00", end="24:00")),
    sun=(Span(start="00:00", end="06:00"),),
)
DAY = Week(mon=(Span(start="09:00", end="17:30"),), tue=(Span(start="09:00", end="17:30"),))
BERLIN = ZoneInfo("Europe/Berlin")


def at(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=BERLIN, fold=fold).astimezone(UTC)  # type: ignore[arg-type,misc]


def test_the_end_of_a_shift_is_no_longer_part_of_it() -> None:
    duty = Duty("Europe/Berlin", DAY)
    assert not duty.on_duty(at(2026, 3, 2, 8, 59, 59))
    assert duty.on_duty(at(2026, 3, 2, 9))
    assert duty.on_duty(at(2026, 3, 2, 17, 29, 59))
    assert not duty.on_duty(at(2026, 3, 2, 17, 30))
    assert duty.next_start(at(2026, 3, 2, 17, 30)) == at(2026, 3, 3, 9)


def test_a_night_over_a_change_of_the_clock_has_as_many_hours_as_it_has() -> None:
    duty = Duty("Europe/Berlin", NIGHT)
    spring = duty.spans(at(2026, 3, 28, 12), at(2026, 3, 29, 12))
    autumn = duty.spans(at(2026, 10, 24, 12), at(2026, 10, 25, 12))
    assert [span.end - span.start for span in spring] == [timedelta(hours=7)]
    assert [span.end - span.start for span in autumn] == [timedelta(hours=9)]


def test_a_shift_has_a_first_and_a_last_day() -> None:
    duty = Duty("Europe/Berlin", DAY, starts_on=date(2026, 3, 3), ends_on=date(2026, 3, 9))
    assert duty.next_start(at(2026, 3, 1)) == at(2026, 3, 3, 9)
    assert duty.on_duty(at(2026, 3, 9, 12))
    assert duty.next_start(at(2026, 3, 9, 18)) is None


def test_days_off_are_no_days_of_a_shift() -> None:
    duty = Duty("Europe/Berlin", DAY, days_off=frozenset({date(2026, 3, 2)}))
    assert duty.next_start(at(2026, 3, 1)) == at(2026, 3, 3, 9)


def test_of_several_shifts_the_first_to_begin_counts() -> None:
    duties = [Duty("Europe/Berlin", DAY), Duty("Asia/Shanghai", DAY)]
    assert next_start(duties, at(2026, 3, 1)) == datetime(2026, 3, 2, 1, tzinfo=UTC)
    assert on_duty(duties, datetime(2026, 3, 2, 2, tzinfo=UTC))
    assert next_start([], at(2026, 3, 1)) is None
