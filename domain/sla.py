"""What customers are promised: which tickets, by which calendar, in how much time, and what a miss leads to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import InitErrorDetails

from domain.decision_table import DecisionTable, decide
from domain.document import Duration, Key, PolicyDocument, Problem, Strict, fault, refuse_faults
from domain.order import Tier
from domain.table_check import check_table, gap_problems
from domain.ticket import CHANNELS, PRIORITIES, TICKET_KINDS

ClockKind = Literal["first_response", "next_response", "resolution"]
CLOCKS: tuple[ClockKind, ...] = get_args(ClockKind)

FACTS: dict[str, tuple[str, ...]] = {
    "tier": get_args(Tier),
    "ticket_kind": TICKET_KINDS,
    "channel": CHANNELS,
    "priority": PRIORITIES,
}
"""What the rules may ask of a ticket, and every answer there is."""

Act = Literal["notify", "reassign", "task"]
ACTS: tuple[Act, ...] = get_args(Act)

Whom = Literal["assignee", "support_lead", "regional_manager", "sales_director", "administrator"]
"""Who has the ticket, or whoever holds the role in the ticket's region."""
WHOM: tuple[Whom, ...] = get_args(Whom)

MOST_STEPS = 20


def _or_nothing(value: Any) -> Any:
    """`PT0S` is a delay of nothing."""
    return None if value in ("PT0S", "P0D", timedelta(0)) else value


Delay = Annotated[Duration | None, BeforeValidator(_or_nothing)]
"""A duration, or none for "at once"."""


class Warn(Strict):
    """A point before time is up: when `share` percent of the target are used, or `before` (working time) it is due."""

    share: Annotated[int, Field(ge=1, le=99)] | None = None
    before: Duration | None = None

    @model_validator(mode="after")
    def says_it_one_way(self) -> Self:
        if (self.share is None) == (self.before is None):
            refuse_faults(self, [fault(["share"], "warn_once", "Give a share of the target or a time before, one.")])
        return self

    def after(self, target: timedelta) -> timedelta:
        """Working time from the start to this point; not before the start."""
        if self.share is not None:
            return target * self.share / 100
        return max(target - (self.before or timedelta(0)), timedelta(0))


class Rung(Strict):
    """One step of the ladder, `after` the breach in the ticket's own working time: at once without it."""

    after: Delay = None
    act: Act
    who: Whom

    @property
    def delay(self) -> timedelta:
        return self.after or timedelta(0)

    @model_validator(mode="after")
    def reassigns_to_somebody_else(self) -> Self:
        if self.act == "reassign" and self.who == "assignee":
            refuse_faults(self, [fault(["who"], "rung_same", "A ticket is reassigned to somebody who has it not yet.")])
        return self


Ladder = Annotated[tuple[Rung, ...], Field(max_length=MOST_STEPS)]


class Promise(Strict):
    """What one row gives; a clock without a target does not run. `amber`, `red` and `ladder` as the policy has them,
    unless the row has its own."""

    calendar: Key
    first_response: Duration | None = None
    next_response: Duration | None = None
    resolution: Duration | None = None
    amber: Warn | None = None
    red: Warn | None = None
    ladder: Ladder | None = None

    def target(self, clock: ClockKind) -> timedelta | None:
        target: timedelta | None = getattr(self, clock)
        return target

    @model_validator(mode="after")
    def promises_something(self) -> Self:
        if not any(self.target(clock) for clock in CLOCKS):
            refuse_faults(self, [fault(["first_response"], "promise_empty", "Give one time at least.")])
        return self


def _times(first: str, next_: str, resolution: str) -> dict[str, Any]:
    return {"calendar": "office", "first_response": first, "next_response": next_, "resolution": resolution}


DEFAULT: dict[str, Any] = {
    "engine": 1,
    "amber": {"share": 60},
    "red": {"share": 85},
    "ladder": [
        {"act": "notify", "who": "assignee"},
        {"after": "PT30M", "act": "notify", "who": "support_lead"},
        {"after": "PT2H", "act": "task", "who": "support_lead"},
        {"after": "PT4H", "act": "notify", "who": "regional_manager"},
        {"after": "PT8H", "act": "task", "who": "sales_director"},
    ],
    "table": {
        "engine": 1,
        "hit": "first",
        "columns": [{"key": key, "type": "enum", "values": list(values)} for key, values in FACTS.items()],
        "rows": [
            {
                "id": "vip",
                "when": {"tier": {"op": "in", "values": ["vip"]}},
                "then": _times("PT1H", "PT1H", "PT12H"),
                "note": "",
            },
            {"id": "otherwise", "when": {}, "then": _times("PT4H", "PT4H", "PT48H"), "note": ""},
        ],
    },
}


class SlaPolicy(PolicyDocument):
    """The first row that fits a ticket says what is promised. The rungs of a ladder stand in the order of their times,
    and all count from the breach; amber comes before red."""

    kind: ClassVar[str] = "sla"
    default: ClassVar[dict[str, Any]] = DEFAULT

    table: DecisionTable[Promise]
    amber: Warn = Warn(share=60)
    red: Warn = Warn(share=85)
    ladder: Ladder = ()

    @model_validator(mode="after")
    def can_be_kept(self) -> Self:
        faults = _column_faults(self.table)
        faults += _ladder_faults(self.ladder, ["ladder"])
        for no, row in enumerate(self.table.rows):
            where: list[str | int] = ["table", "rows", no, "then"]
            faults += _ladder_faults(row.then.ladder or (), [*where, "ladder"])
            faults += self._warning_faults(row.then, where)
        if self.table.hit != "first":
            faults.append(fault(["table", "hit"], "table_first", "Here the first row that fits decides."))
        refuse_faults(self, faults)
        return self

    def _warning_faults(self, promise: Promise, where: list[str | int]) -> list[InitErrorDetails]:
        amber, red = self.warnings(promise)
        targets = [(clock, target) for clock in CLOCKS if (target := promise.target(clock))]
        wrong = [clock for clock, target in targets if amber.after(target) >= red.after(target)]
        late = [
            clock
            for clock, target in targets
            if any(warn.before is not None and warn.before >= target for warn in (amber, red))
        ]
        if late:
            return [fault([*where, late[0]], "warn_before_start", "The warning would come before the ticket does.")]
        if wrong:
            return [fault([*where, wrong[0]], "warn_order", "Amber has to come before red.")]
        return []

    def problems(self) -> list[Problem]:
        """Tickets nothing is promised for, and rows no ticket can reach."""
        found = gap_problems(self.table, "table")
        order = [row.id for row in self.table.rows]
        return found + [
            Problem(
                where=f"table.rows.{order.index(row)}",
                code="promise_never",
                what=f"No ticket can reach row {row}: it asks for the impossible, or for what rows above take.",
                params={"row": row},
            )
            for row in check_table(self.table).unreachable or ()
        ]

    def promise(self, facts: Mapping[str, Any]) -> tuple[str, Promise]:
        """The row that decides and what it gives. Raises Refused as `decide` does."""
        decision = decide(self.table, facts)
        return decision.fired[0], decision.outcome

    def warnings(self, promise: Promise) -> tuple[Warn, Warn]:
        return promise.amber or self.amber, promise.red or self.red

    def rungs(self, promise: Promise) -> tuple[Rung, ...]:
        return self.ladder if promise.ladder is None else promise.ladder


def _column_faults(table: DecisionTable[Promise]) -> list[InitErrorDetails]:
    found: list[InitErrorDetails] = []
    for no, column in enumerate(table.columns):
        where: list[str | int] = ["table", "columns", no]
        answers = FACTS.get(column.key)
        if answers is None or column.type != "enum":
            found.append(fault(where, "ticket_fact_unknown", "A ticket has no such fact: {key}.", key=column.key))
            continue
        missing = [] if column.open else [value for value in answers if value not in column.values]
        if missing:
            what = "The column leaves out {values}, which tickets may have."
            found.append(fault([*where, "values"], "ticket_fact_left_out", what, values=", ".join(missing)))
        strange = [value for value in column.values if value not in answers]
        if strange:
            what = "No ticket ever has {values} here: a condition on it would be impossible."
            found.append(fault([*where, "values"], "ticket_fact_impossible", what, values=", ".join(strange)))
    return found


def _ladder_faults(ladder: tuple[Rung, ...], where: list[str | int]) -> list[InitErrorDetails]:
    return [
        fault([*where, no + 1], "ladder_order", "A step of the ladder comes no sooner than the one before it.")
        for no, (one, other) in enumerate(pairwise(ladder))
        if other.delay < one.delay
    ]
