"""Cases are reckoned exactly in whatever way they are reasonably written, and refused naming what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from domain.refusal import Refused
from domain.sla_preview import as_json, built_in, preview

BERLIN = {
    "zone": "Europe/Berlin",
    "week": {day: [{"start": "09:00", "end": "17:00"}] for day in ("mon", "tue", "wed", "thu", "fri")},
}
NIGHT = {"zone": "Europe/Berlin", "week": {"sun": [{"start": "00:00", "end": "24:00"}]}}


def reckoned(**case: Any) -> dict[str, Any]:
    return as_json(preview(case, built_in))


@pytest.mark.parametrize(
    ("case", "due"),
    [
        ({"calendar": BERLIN, "start": "2026-11-21T15:00", "target": "PT1H"}, "2026-11-23T10:00:00+01:00"),
        ({"calendar": BERLIN, "start": "2026-11-20T16:00", "target": "PT1H"}, "2026-11-20T17:00:00+01:00"),
        ({"calendar": BERLIN, "start": "2026-11-20T16:00", "target": 3601}, "2026-11-23T09:00:01+01:00"),
        ({"calendar": "office", "start": "2026-11-27 17:55", "target": "PT1H"}, "2026-11-30T09:55:00+08:00"),
        ({"calendar": "office", "start": "2026-11-27T11:30:00+08:00", "target": "pt1h"}, "2026-11-27T13:30:00+08:00"),
        # A working Saturday after the Spring Festival, and the long holiday before it.
        ({"calendar": "office", "start": "2026-02-13T17:00", "target": "PT2H"}, "2026-02-14T10:00:00+08:00"),
        ({"calendar": "office", "start": "2026-02-14T17:00", "target": "PT2H"}, "2026-02-24T10:00:00+08:00"),
        # Spring and autumn: the day has 23 and 25 hours.
        ({"calendar": NIGHT, "start": "2026-03-29T00:00", "target": "PT23H"}, "2026-03-30T00:00:00+02:00"),
        ({"calendar": NIGHT, "start": "2026-10-25T00:00", "target": "PT25H"}, "2026-10-26T00:00:00+01:00"),
        ({"calendar": NIGHT, "start": "2026-03-29T02:30", "target": "PT1S"}, "2026-03-29T03:00:01+02:00"),
        ({"calendar": "24x7", "start": "2026-10-25T02:30[Europe/Berlin]", "target": 0}, "2026-10-25T00:30:00+00:00"),
        ({"calendar": "24x7", "start": "2026-10-25T02:30+01:00[Europe/Berlin]", "target": 0},
         "2026-10-25T01:30:00+00:00"),
        ({"calendar": BERLIN, "start": "2026-12-24T16:30", "target": "PT1H", "public_holidays": "DE"},
         "2026-12-28T09:30:00+01:00"),
        ({"calendars": {"eu": BERLIN}, "start": "2026-11-20T09:00Z", "zone": "Asia/Tokyo", "target": "PT0.5H"},
         "2026-11-20T10:30:00+01:00"),
    ],
)  # fmt: skip
def test_a_target_is_due_to_the_second(case: dict[str, Any], due: str) -> None:
    assert reckoned(**case)["due_local"] == due


def test_pauses_may_be_written_as_pairs_overlap_and_still_go_on() -> None:
    case = {"calendar": BERLIN, "start": "2026-11-20T09:00", "target": "PT2H"}
    pauses = [["2026-11-20T09:30", "2026-11-20T10:30"], {"start": "2026-11-20T10:00", "end": "2026-11-20T11:00"}]
    paused = reckoned(**case, pauses=pauses, end="2026-11-20T12:00")
    assert (paused["due_local"], paused["elapsed"]) == ("2026-11-20T12:30:00+01:00", "PT1H30M")
    assert paused["spans"] == [
        {"start": "2026-11-20T08:00:00Z", "end": "2026-11-20T08:30:00Z"},
        {"start": "2026-11-20T10:00:00Z", "end": "2026-11-20T11:30:00Z"},
    ]
    going_on = reckoned(**case, pauses=[{"start": "2026-11-20T10:00"}], end="2026-11-23T12:00")
    assert (going_on["due"], going_on["elapsed_seconds"]) == (None, 3600)
    after = reckoned(**case, pauses=[{"start": "2026-11-20T11:00"}])
    assert after["due_local"] == "2026-11-20T11:00:00+01:00"


def test_closing_time_is_not_open_and_nothing_elapses_in_closed_hours() -> None:
    assert reckoned(calendar=BERLIN, at="2026-11-20T17:00")["next_opening_local"] == "2026-11-23T09:00:00+01:00"
    assert reckoned(calendar=BERLIN, start="2026-11-20T17:00", end="2026-11-23T09:00")["elapsed"] == "PT0S"


@pytest.mark.parametrize(
    ("case", "code", "field"),
    [
        ({"start": "2026-11-20T09:00"}, "field_missing", "calendar"),
        ({"calendar": "moon", "at": "2026-11-20T09:00"}, "calendar_unknown", "calendar"),
        ({"calendar": {"zone": "Europe/Berlin"}, "at": "2026-11-20"}, "calendar_invalid", "calendar.week"),
        ({"calendar": {"zone": "Europe", "week": BERLIN["week"]}, "at": "x"}, "calendar_invalid", "calendar.zone"),
        ({"calendar": "24x7", "target": "PT1H"}, "field_missing", "start"),
        ({"calendar": "24x7", "start": "yesterday"}, "instant_unreadable", "start"),
        ({"calendar": "24x7", "start": 5}, "instant_unreadable", "start"),
        ({"calendar": "24x7", "start": "1500-01-01"}, "instant_unusable", "at"),
        ({"calendar": "24x7", "start": "2026-11-20T09:00[Mars/Base]"}, "zone_unknown", "start"),
        ({"calendar": "24x7", "start": "2026-11-20", "target": "P1M"}, "duration_unreadable", "target"),
        ({"calendar": "24x7", "start": "2026-11-20", "target": "-PT1H"}, "duration_negative", "target"),
        ({"calendar": "24x7", "start": "2026-11-20", "target": True}, "duration_unreadable", "target"),
        ({"calendar": "24x7", "start": "2026-11-20", "target": "P9999999W"}, "due_too_far", "target"),
        ({"calendar": "24x7", "start": "2026-11-20", "end": "2026-11-19"}, "interval_backwards", "end"),
        ({"calendar": "24x7", "start": "1926-11-20", "end": "2026-11-19"}, "interval_too_long", "end"),
        ({"calendar": "24x7", "start": "2026-11-20", "pauses": [["2026-11-21", "2026-11-20"]]},
         "interval_backwards", "pauses.0.end"),
        ({"calendar": "24x7", "start": "2026-11-20", "pauses": {"start": "2026-11-20"}}, "pauses_unreadable", "pauses"),
        ({"calendar": "24x7", "start": "2026-11-20", "pause": []}, "field_unknown", "pause"),
        ({"calendar": "24x7", "start": "2026-11-20", "zone": 7}, "zone_unknown", "zone"),
        ({"calendar": BERLIN, "at": "2026-11-20", "public_holidays": "XX"}, "country_unknown", "country"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_with_its_place(case: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        reckoned(**case)
    assert (refused.value.code, refused.value.field, refused.value.status) == (code, field, 422)
