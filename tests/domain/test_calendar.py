"""A calendar document that cannot be meant is refused; holidays come from a maintained list."""

import json
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from domain.calendar import Calendar, CalendarPolicy, SpecialDay
from domain.holiday import public_holidays, with_public_holidays
from domain.policy import load
from domain.refusal import Refused

DOCUMENT: dict[str, Any] = {"zone": "Asia/Shanghai", "week": {"mon": [{"start": "09:00", "end": "12:00"}]}}


def faults(**change: Any) -> set[str]:
    with pytest.raises(ValidationError) as error:
        Calendar.model_validate_json(json.dumps(DOCUMENT | change))
    return {fault["type"] for fault in error.value.errors()}


def test_a_calendar_reads_the_same_again() -> None:
    days = [{"on": "2026-11-20", "name": "年会", "spans": [{"start": "09:00:30", "end": "24:00"}]}]
    calendar = Calendar.model_validate_json(json.dumps(DOCUMENT | {"exceptions": days}))
    assert Calendar.model_validate_json(calendar.model_dump_json()) == calendar


@pytest.mark.parametrize("zone", ["Asia/Peking2", "", "Europe", "../etc/passwd", "/etc/passwd", "x\0y"])
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    assert faults(zone=zone) == {"zone_unknown"}


@pytest.mark.parametrize(
    ("spans", "code"),
    [
        ([{"start": "9:00", "end": "12:00"}], "string_pattern_mismatch"),
        ([{"start": "24:00", "end": "24:00"}], "string_pattern_mismatch"),
        ([{"start": "09:00", "end": "24:30"}], "string_pattern_mismatch"),
        ([{"start": "12:00", "end": "09:00"}], "spans_order"),
        ([{"start": "09:00", "end": "09:00"}], "spans_order"),
        ([{"start": "13:00", "end": "18:00"}, {"start": "09:00", "end": "12:00"}], "spans_order"),
        ([{"start": "09:00", "end": "13:00"}, {"start": "12:00", "end": "18:00"}], "spans_order"),
        ([], "week_closed"),
    ],
)
def test_hours_that_make_no_day_are_refused(spans: list[dict[str, str]], code: str) -> None:
    assert faults(week={"mon": spans}) == {code}


def test_a_day_is_listed_once_and_has_one_kind_of_hours() -> None:
    day = {"on": "2026-11-20"}
    assert faults(exceptions=[day, day]) == {"day_twice"}
    assert faults(exceptions=[day | {"like": "mon", "spans": DOCUMENT["week"]["mon"]}]) == {"day_doubled"}
    assert faults(exceptions=[{"on": "2026-02-30"}]) == {"date_parsing"}


def test_the_make_up_days_of_spring_festival_2026_work_and_its_bridge_days_do_not() -> None:
    days = {day.on: day for day in public_holidays("CN", [2026], language="zh_CN", workday_name="调休上班")}
    assert days[date(2026, 2, 17)].name == "春节"
    assert days[date(2026, 2, 20)].like is None
    made_up = {on for on, day in days.items() if day.like == "mon"}
    assert made_up == {
        date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9), date(2026, 9, 20), date(2026, 10, 10),
    }  # fmt: skip
    assert {days[on].name for on in made_up} == {"调休上班"}


def test_parts_of_a_country_have_holidays_of_their_own_and_unknown_ones_are_refused() -> None:
    corpus_christi = date(2026, 6, 4)
    assert corpus_christi in {day.on for day in public_holidays("DE", [2026], subdivision="BY")}
    assert corpus_christi not in {day.on for day in public_holidays("DE", [2026], subdivision="BE")}
    for country, subdivision in [("XX", None), ("DE", "XX")]:
        with pytest.raises(Refused, match="country_unknown"):
            public_holidays(country, [2026], subdivision=subdivision)


def test_public_holidays_of_a_year_take_the_place_of_those_it_had_and_leave_other_years_alone() -> None:
    office = load(CalendarPolicy, CalendarPolicy.default).calendars["office"]
    party = SpecialDay(on=date(2025, 12, 31), name="年会")
    wrong = SpecialDay(on=date(2026, 3, 3), name="wrong")
    filled = with_public_holidays(
        office.model_copy(update={"holidays": (party, wrong)}), "CN", (2026,), language="zh_CN", workday_name="调休上班"
    )
    assert filled.holidays[0] == party
    assert wrong not in filled.holidays
    assert filled.hours(date(2026, 10, 1)) == ()
    assert filled.hours(date(2026, 10, 10)) == office.week.mon  # a Saturday worked for National Day
    assert filled.special[date(2026, 10, 10)].name == "调休上班"
