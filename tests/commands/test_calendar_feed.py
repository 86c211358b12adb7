"""Days off from an iCal file: whole days, days that recur, parts of a day; what is no calendar is refused."""

from __future__ import annotations

import pytest

from commands.calendar_feed import read_feed
from domain.calendar import Calendar
from domain.calendar_feed import with_feed
from domain.policy import canonical
from domain.refusal import Refused

WEEK = {day: [{"start": "09:00", "end": "12:00"}, {"start": "13:00", "end": "18:00"}] for day in ("mon", "thu", "fri")}
OFFICE = Calendar.model_validate_json(canonical({"zone": "Asia/Shanghai", "week": WEEK}))
FEED = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//t//t//
BEGIN:VEVENT
UID:1
SUMMARY:Founding day
DTSTART;VALUE=DATE:20200101
RRULE:FREQ=YEARLY
EXDATE;VALUE=DATE:20270101
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:全员大会
DTSTART:20261127T080000Z
DTEND:20261127T093000Z
END:VEVENT
BEGIN:VEVENT
UID:3
SUMMARY:Not ours
STATUS:CANCELLED
DTSTART;VALUE=DATE:20261130
END:VEVENT
END:VCALENDAR
"""


async def test_whole_days_close_and_parts_of_days_cut_hours_out() -> None:
    calendar = with_feed(OFFICE, await read_feed(FEED.replace("\n", "\r\n").encode(), "Asia/Shanghai", 2026, 2027))
    told = {str(day.on): (day.name, [f"{span.start}-{span.end}" for span in day.spans]) for day in calendar.holidays}
    assert told == {
        "2026-01-01": ("Founding day", []),
        "2026-11-27": ("全员大会", ["09:00-12:00", "13:00-16:00", "17:30-18:00"]),
    }


@pytest.mark.parametrize(
    ("raw", "code"), [(b"", "ical_too_large"), (b"hello", "ical_unreadable"), (b"x" * 3_000_000, "ical_too_large")]
)
async def test_what_is_no_calendar_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(Refused, match=code):
        await read_feed(raw, "Asia/Shanghai", 2026, 2027)
