"""The laws of working time, where clocks jump by an hour, by half an hour, at midnight, and over a whole day."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.calendar import WEEKDAYS, Calendar
from domain.working_time import Interval, WorkingTime

JUMPS = {
    "Asia/Shanghai": "2026-11-20",
    "Europe/Berlin": "2026-03-29",
    "America/New_York": "2026-11-01",
    "Australia/Lord_Howe": "2026-04-05",
    "America/St_Johns": "2010-11-07",
    "America/Sao_Paulo": "2018-11-04",
    "Africa/Casablanca": "2026-02-15",
    "Pacific/Apia": "2011-12-30",
}
CLOCKS = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 10, 30)] + ["24:00"]


@st.composite
def day_hours(draw: st.DrawFn) -> list[dict[str, str]]:
    edges = sorted(draw(st.sets(st.sampled_from(CLOCKS), max_size=6)))
    return [{"start": a, "end": b} for a, b in zip(edges[::2], edges[1::2], strict=False)]


@st.composite
def offices(draw: st.DrawFn) -> WorkingTime:
    zone = draw(st.sampled_from(sorted(JUMPS)))
    week = {day: draw(day_hours()) for day in WEEKDAYS}
    week["wed"] = week["wed"] or [{"start": "09:00", "end": "17:00"}]
    special = [
        {"on": str(date.fromisoformat(JUMPS[zone]) + timedelta(days=n)), "spans": draw(day_hours())} for n in (-1, 2)
    ]
    document = {"zone": zone, "week": week, "exceptions": special}
    return WorkingTime(Calendar.model_validate(document, strict=False))


def jump(hours: WorkingTime) -> datetime:
    return datetime.fromisoformat(JUMPS[hours.calendar.zone]).replace(tzinfo=UTC)


def near(hours: WorkingTime) -> st.SearchStrategy[datetime]:
    """Instants within some days of the zone's jump."""
    return st.integers(-300_000, 300_000).map(lambda seconds: jump(hours) + timedelta(seconds=seconds))


def intervals(hours: WorkingTime) -> st.SearchStrategy[Interval]:
    return st.tuples(near(hours), near(hours)).map(lambda ends: Interval(*sorted(ends)))


targets = st.integers(1, 400_000).map(lambda seconds: timedelta(seconds=seconds))


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_due_time_and_working_time_are_inverse_whatever_the_pauses(data: st.DataObject) -> None:
    hours = data.draw(offices())
    start, target = data.draw(near(hours)), data.draw(targets)
    pauses = data.draw(st.lists(intervals(hours), max_size=4))
    due = hours.due(start, target, pauses)
    assert hours.worked(start, due, pauses) == target
    assert hours.worked(start, due - timedelta(seconds=1), pauses) == target - timedelta(seconds=1)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_splitting_an_interval_changes_nothing(data: st.DataObject) -> None:
    hours = data.draw(offices())
    a, b, c = sorted(data.draw(near(hours)) for _ in range(3))
    assert hours.worked(a, b) + hours.worked(b, c) == hours.worked(a, c)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_more_pause_is_never_earlier_and_by_its_working_time_at_most_later(data: st.DataObject) -> None:
    hours = data.draw(offices())
    start, target = data.draw(near(hours)), data.draw(targets)
    pauses, more = data.draw(st.lists(intervals(hours), max_size=3)), data.draw(intervals(hours))
    before, after = hours.due(start, target, pauses), hours.due(start, target, [*pauses, more])
    assert after >= before
    assert hours.worked(before, after, pauses) <= hours.worked(more.start, more.end)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_the_next_opening_is_the_first_open_instant(data: st.DataObject) -> None:
    hours = data.draw(offices())
    at = data.draw(near(hours))
    opening = hours.next_opening(at)
    assert hours.worked(at, opening) == timedelta(0)
    assert hours.worked(opening, opening + timedelta(seconds=1)) == timedelta(seconds=1)


def watched(hours: WorkingTime, start: datetime, end: datetime) -> timedelta:
    """Working time found by looking, every ten minutes, at a clock that waits where the wall clock is set back."""
    step, worked = timedelta(minutes=10), timedelta(0)
    at, shown = start - timedelta(days=2), None
    while at < end:
        wall = at.astimezone(hours.zone).replace(tzinfo=None)
        shown = max(shown or wall, wall)
        second = shown.hour * 3600 + shown.minute * 60
        spans = (span.seconds for span in hours.calendar.hours(shown.date()))
        if at >= start and any(opens <= second < closes for opens, closes in spans):
            worked += step
        at += step
    return worked


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_working_time_is_what_watching_the_clock_gives(data: st.DataObject) -> None:
    hours = data.draw(offices())
    assume(hours.calendar.zone != "America/St_Johns")  # jumps at a minute past midnight: ten-minute steps miss it
    start = jump(hours) + data.draw(st.integers(-200, 200)) * timedelta(minutes=10)
    end = start + data.draw(st.integers(1, 300)) * timedelta(minutes=10)
    assert hours.worked(start, end) == watched(hours, start, end)
