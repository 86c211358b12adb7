"""The clocks of a ticket, reckoned anew from its own history: when each is due, warns, is breached and climbs on.

Every instant of a clock is so much working time after its start, pauses left out: warnings, the due time and the rungs
of the ladder alike. So a pause moves only what is still ahead of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from pydantic import BaseModel

from domain.sla import ClockKind, Rung, SlaPolicy
from domain.working_time import Interval, WorkingTime

What = Literal["opened", "customer", "agent", "paused", "went_on", "facts", "resolved", "reopened", "ended"]
"""`facts`: tier, priority, kind or channel became known or changed; `ended`: merged into another or closed for good."""

Mark = str
"""Something a clock does once: `amber`, `red`, `breach`, and `rung.0`, `rung.1` and so on."""
BREACH: Mark = "breach"

Clocks = Callable[[str], WorkingTime]
"""The working time of a calendar, by its key."""


class Happened(BaseModel):
    """One thing in a ticket's life that its clocks go by. `why`: for whom it waits, or who reopened it."""

    at: datetime
    what: What
    why: str = ""
    facts: dict[str, str] = {}


class TicketClock(BaseModel):
    """One clock. Instants ahead of an open pause are those it would have without any more of it.

    `no` counts a ticket's clocks in the order they started; `row` is the policy's that gave the target, `ladder` what
    is to happen at each of `rungs`. `met_at`: what
    was promised happened; `stopped_at`: it need not happen any more. `used`: working time until then.
    """

    no: int
    kind: ClockKind
    row: str
    calendar: str
    started_at: datetime
    target: timedelta
    due_at: datetime
    amber_at: datetime
    red_at: datetime
    rungs: list[datetime] = []
    ladder: list[Rung] = []
    pauses: list[tuple[datetime, datetime]] = []
    paused_at: datetime | None = None
    met_at: datetime | None = None
    stopped_at: datetime | None = None
    used: timedelta | None = None
    done: list[Mark] = []

    @property
    def ended_at(self) -> datetime | None:
        return self.met_at or self.stopped_at

    @property
    def running(self) -> bool:
        return self.ended_at is None and self.paused_at is None

    @property
    def breached_at(self) -> datetime | None:
        """When time was up: known to have passed, or ended later than it."""
        late = self.ended_at is not None and self.ended_at > self.due_at
        return self.due_at if late or BREACH in self.done else None

    @property
    def level(self) -> int:
        """0 in time, 1 breached, and one more for each rung climbed."""
        return int(BREACH in self.done) + sum(mark.startswith("rung.") for mark in self.done)

    def marks(self) -> list[tuple[datetime, Mark]]:
        """All there are, in the order they come."""
        first = [(self.amber_at, "amber"), (self.red_at, "red"), (self.due_at, BREACH)]
        return [*first, *((at, f"rung.{no}") for no, at in enumerate(self.rungs))]

    def ahead(self) -> list[tuple[datetime, Mark]]:
        """What is still to be done and comes before the clock's pause, in order; of one that ended late, the breach."""
        left = [(at, mark) for at, mark in self.marks() if mark not in self.done]
        if (ended := self.ended_at) is not None:
            return [(at, mark) for at, mark in left if mark == BREACH and at < ended]
        return [(at, mark) for at, mark in left if self.paused_at is None or at < self.paused_at]


class Due(NamedTuple):
    at: datetime
    clock: TicketClock
    mark: Mark


def next_wake(clocks: Iterable[TicketClock]) -> datetime | None:
    """When something is next to be done for one of the clocks; may have passed."""
    return min((at for clock in clocks for at, _ in clock.ahead()), default=None)


def due_by(clocks: Sequence[TicketClock], now: datetime) -> list[Due]:
    """What has fallen due and is not done, in the order of its instants."""
    found = [Due(at, clock, mark) for clock in clocks for at, mark in clock.ahead() if at <= now]
    return sorted(found, key=lambda due: (due.at, due.clock.no))


def most_urgent(clocks: Iterable[TicketClock]) -> TicketClock | None:
    """Of those not ended the one due first; a paused one only where no other is left."""
    left = [clock for clock in clocks if clock.ended_at is None]
    return min(left, key=lambda clock: (clock.paused_at is not None, clock.due_at, clock.no), default=None)


def absorbed(history: Sequence[Happened], other: Sequence[Happened]) -> list[Happened]:
    """A history with what customer and agents said in a ticket merged into it: who waits, waits from then on."""
    said = [one.model_copy(update={"facts": {}}) for one in other if one.what in ("opened", "customer", "agent")]
    return sorted([*history, *said], key=lambda one: one.at)


def reckon(
    history: Sequence[Happened],
    policy: SlaPolicy,
    calendar: Clocks,
    before: Sequence[TicketClock] = (),
    now: datetime | None = None,
) -> list[TicketClock]:
    """Every clock as the history has it, under the promise for what the ticket is now.

    A clock that had ended keeps the promise it ended under. What was done before `now` stays done; what would come
    later than now after all is done again when it comes. Raises Refused as `SlaPolicy.promise` and `WorkingTime` do.
    """
    was = {clock.no: clock for clock in before}
    found: list[TicketClock] = []
    for life in _lives(history):
        old = was.get(life.no)
        if old is not None and life.ended_at is not None and old.ended_at == life.ended_at:
            found.append(old)
            continue
        clock = _clock(life, policy, calendar)
        if clock is None:
            continue
        if old is not None:
            at = {mark: at for at, mark in clock.marks()}
            clock.done = [m for m in old.done if m in at and (now is None or at[m] <= now)]
        found.append(clock)
    return found


class _Life:
    """A clock's life before its target is known."""

    def __init__(self, no: int, kind: ClockKind, started_at: datetime, facts: dict[str, str]) -> None:
        self.no, self.kind, self.started_at, self.facts = no, kind, started_at, facts
        self.pauses: list[Interval] = []
        self.paused_at: datetime | None = None
        self.met_at: datetime | None = None
        self.stopped_at: datetime | None = None

    @property
    def ended_at(self) -> datetime | None:
        return self.met_at or self.stopped_at

    def pause(self, at: datetime) -> None:
        self.paused_at = self.paused_at or at

    def go_on(self, at: datetime) -> None:
        if self.paused_at is not None:
            self.pauses.append(Interval(self.paused_at, at))
        self.paused_at = None


class _Walk:
    """Goes through a history once and keeps the lives of its clocks."""

    def __init__(self, facts: dict[str, str]) -> None:
        self.facts = facts
        self.lives: list[_Life] = []
        self.paused_at: datetime | None = None
        self.resolved_at: datetime | None = None

    def start(self, kind: ClockKind, at: datetime) -> None:
        life = _Life(len(self.lives), kind, at, self.facts)
        if self.paused_at is not None:
            life.pause(at)
        self.lives.append(life)

    def left(self, *kinds: ClockKind) -> list[_Life]:
        return [one for one in self.lives if one.ended_at is None and (not kinds or one.kind in kinds)]

    def end(self, at: datetime, *kinds: ClockKind, met: bool = True) -> None:
        for life in self.left(*kinds):
            life.go_on(at)
            life.met_at, life.stopped_at = (at, None) if met else (None, at)

    def learn(self, facts: dict[str, str]) -> None:
        self.facts = {**self.facts, **facts}
        for life in self.left():
            life.facts = self.facts

    def opened(self, at: datetime) -> None:
        if self.lives:
            return self.customer(at)  # a ticket merged into this one was opened: somebody wrote
        self.start("first_response", at)
        self.start("resolution", at)
        return None

    def customer(self, at: datetime) -> None:
        """Thanks after the end start nothing, and while the first answer is awaited it answers this, too."""
        if self.lives and self.resolved_at is None and not self.left("first_response", "next_response"):
            self.start("next_response", at)

    def pause(self, at: datetime) -> None:
        if self.resolved_at is None:
            self.paused_at = self.paused_at or at
            for life in self.left():
                life.pause(at)

    def go_on(self, at: datetime) -> None:
        self.paused_at = None
        for life in self.left():
            life.go_on(at)

    def resolved(self, at: datetime) -> None:
        self.go_on(at)
        self.end(at)
        self.resolved_at = self.resolved_at or at

    def stopped(self, at: datetime) -> None:
        self.end(at, met=False)
        self.paused_at = None
        self.resolved_at = self.resolved_at or at

    def reopened(self, at: datetime, why: str) -> None:
        if self.resolved_at is None:
            return
        for life in self.lives:
            if life.kind == "resolution" and life.ended_at is not None:
                life.pauses.append(Interval(life.ended_at, at))
                life.met_at = life.stopped_at = None
                life.facts = self.facts
        self.resolved_at = None
        if why == "customer":
            self.customer(at)


def _lives(history: Sequence[Happened]) -> list[_Life]:
    walk = _Walk(next((one.facts for one in history if one.facts), {}))
    for one in sorted(history, key=lambda one: one.at):
        if one.facts:
            walk.learn(one.facts)
        match one.what:
            case "opened":
                walk.opened(one.at)
            case "customer":
                walk.customer(one.at)
            case "agent":
                walk.end(one.at, "first_response", "next_response")
            case "paused":
                walk.pause(one.at)
            case "went_on":
                walk.go_on(one.at)
            case "resolved":
                walk.resolved(one.at)
            case "reopened":
                walk.reopened(one.at, one.why)
            case "ended":
                walk.stopped(one.at)
            case "facts":
                pass
    return walk.lives


def _clock(life: _Life, policy: SlaPolicy, calendar: Clocks) -> TicketClock | None:
    row, promise = policy.promise(life.facts)
    target = promise.target(life.kind)
    if target is None:
        return None
    hours = calendar(promise.calendar)
    amber, red = policy.warnings(promise)

    def after(span: timedelta) -> datetime:
        return hours.due(life.started_at, span, life.pauses)

    return TicketClock(
        no=life.no, kind=life.kind, row=row, calendar=promise.calendar, started_at=life.started_at, target=target,
        due_at=after(target), amber_at=after(amber.after(target)), red_at=after(red.after(target)),
        rungs=[after(target + rung.delay) for rung in policy.rungs(promise)], ladder=list(policy.rungs(promise)),
        pauses=[(one.start, one.end) for one in life.pauses], paused_at=life.paused_at,
        met_at=life.met_at, stopped_at=life.stopped_at,
        used=hours.worked(life.started_at, life.ended_at, life.pauses) if life.ended_at else None,
    )  # fmt: skip
