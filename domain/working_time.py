"""Working time, exact to the second: when something is due, how long was worked, when work begins again.

Wall clocks jump. A wall-clock time means the first instant at which the clock reads that time or later: in spring, a
span that would start inside the missing hour starts at the jump; in autumn, the repeated hour belongs to the span it
was in the first time. So spans that touch on the clock touch in time: nothing is lost or counted twice.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.calendar import Calendar
from domain.refusal import invalid

HORIZON = 20_000
"""Days looked ahead for working time: more than fifty years."""

_LATEST = datetime(2300, 1, 1, tzinfo=UTC)


class Interval(NamedTuple):
    """From `start` up to but without `end`; aware instants."""

    start: datetime
    end: datetime


class WorkingTime:
    """The arithmetic of one calendar; keeps the days it has worked out, so share it where many are asked for.

    Instants may be in any zone and come back in UTC. Raises Refused `instant_unusable` for one without a zone or not
    in the years 1900 to 2199, and `interval_backwards` for an interval that ends before it starts.
    """

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.zone = ZoneInfo(calendar.zone)
        self._days: dict[date, tuple[Interval, ...]] = {}

    def due(self, start: datetime, target: timedelta, pauses: Sequence[Interval] = ()) -> datetime:
        """The first instant by which the target has been worked since the start, pauses left out.

        A target that runs out exactly at closing is due at closing; a target of nothing is due at the start. Pauses may
        overlap each other and closed hours. Raises Refused `due_too_far` beyond some fifty years.
        """
        left = target
        if left <= timedelta(0):
            return _utc(start)
        for span in _without(self._open_from(_utc(start)), pauses):
            worked = span.end - span.start
            if left <= worked:
                return span.start + left
            left -= worked
        raise invalid("due_too_far", "target")

    def worked(self, start: datetime, end: datetime, pauses: Sequence[Interval] = ()) -> timedelta:
        """Working time between two instants, pauses left out."""
        spans = self.spans_between(start, end, pauses)
        return sum((span.end - span.start for span in spans), timedelta(0))

    def next_opening(self, at: datetime) -> datetime:
        """The instant itself if work is done then, else the next at which it begins. Closing time is not open."""
        for span in self._open_from(_utc(at)):
            return span.start
        raise invalid("due_too_far", "at")

    def spans_between(self, start: datetime, end: datetime, pauses: Sequence[Interval] = ()) -> list[Interval]:
        """The working spans from start to end, cut at both, pauses left out; spans that touch are one."""
        start, end = _in_order(Interval(start, end))
        found: list[Interval] = []
        for span in _without(self._open_from(start, end), pauses):
            opened = found.pop().start if found and found[-1].end == span.start else span.start
            found.append(Interval(opened, span.end))
        return found

    def _open_from(self, start: datetime, end: datetime = _LATEST) -> Iterator[Interval]:
        """Open spans, one after the other, cut at both ends; where days touch, so do their spans."""
        first = start.astimezone(self.zone).date()
        for n in range(HORIZON):
            for span in self._day(first + timedelta(days=n)):
                if span.start >= end:
                    return
                if span.end > start:
                    yield Interval(max(span.start, start), min(span.end, end))

    def _day(self, day: date) -> tuple[Interval, ...]:
        if day not in self._days:
            clocks = (span.seconds for span in self.calendar.hours(day))
            spans = [Interval(self._instant(day, start), self._instant(day, end)) for start, end in clocks]
            self._days[day] = tuple(span for span in spans if span.start < span.end)
        return self._days[day]

    def _instant(self, day: date, seconds: int) -> datetime:
        """The first instant at which the wall clock reads this time of the day or later."""
        wall = datetime.combine(day, time()) + timedelta(seconds=seconds)
        at = wall.replace(tzinfo=self.zone).astimezone(UTC)  # of a time that comes twice: the first
        if self._wall(at) == wall:
            return at
        # The clock jumps over this time. Read with the offset after the jump it lies before the jump, and the
        # other way round; the jump itself is between the two.
        low, high = int(wall.replace(tzinfo=self.zone, fold=1).timestamp()), int(at.timestamp())
        while high - low > 1:
            middle = (low + high) // 2
            if self._wall(datetime.fromtimestamp(middle, UTC)) < wall:
                low = middle
            else:
                high = middle
        return datetime.fromtimestamp(high, UTC)

    def _wall(self, at: datetime) -> datetime:
        return at.astimezone(self.zone).replace(tzinfo=None)


def _without(spans: Iterator[Interval], pauses: Sequence[Interval]) -> Iterator[Interval]:
    """Spans in order with the pauses cut out of them."""
    ordered = sorted(map(_in_order, pauses))
    for start, end in spans:
        for pause in ordered:
            if pause.start >= end or start >= end:
                break
            if start < pause.start:
                yield Interval(start, pause.start)
            start = max(start, pause.end)
        if start < end:
            yield Interval(start, end)


def _in_order(interval: Interval) -> Interval:
    start, end = map(_utc, interval)
    if end < start:
        raise invalid("interval_backwards", "end", start=start.isoformat(), end=end.isoformat())
    return Interval(start, end)


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None or not 1900 <= at.year < 2200:
        raise invalid("instant_unusable", "at", at=at.isoformat())
    return at.astimezone(UTC)
