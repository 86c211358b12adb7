"""Approval lines: a decision table over a request's facts gives the steps its approval goes through."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from domain.access import SUBJECT_READ
from domain.approver import Approver
from domain.cell import In
from domain.column import is_optional
from domain.decision_table import Decision, DecisionTable, Row, decide
from domain.document import Duration, Key, Label, PolicyDocument, Problem, Strict, duplicates, fault, refuse_faults
from domain.refusal import invalid
from domain.table_check import gap_problems


class Remind(Strict):
    """When time is up, the same people are reminded, and again after each further `allowed`."""

    do: Literal["remind"] = "remind"


class Escalate(Strict):
    """When time is up, the next above may decide too; then the next above them, after each further `allowed`."""

    do: Literal["escalate"] = "escalate"


class PassOn(Strict):
    """When time is up, somebody else is asked instead."""

    do: Literal["pass"] = "pass"
    to: Approver


class DecideBySystem(Strict):
    """When time is up, the step counts as decided."""

    do: Literal["approve", "reject"]


Timeout = Annotated[Remind | Escalate | PassOn | DecideBySystem, Field(discriminator="do")]
Approvers = Annotated[tuple[Approver, ...], Field(max_length=20)]


class Step(Strict):
    """Approvers who are asked together: any one decides (或签), all must (会签), or one after the other (依次).

    `allowed` and `remind` count from the moment a person is asked: by the clock, or in the working time of the named
    `calendar`. `proof` is what a decision needs beside the click: the approver's typed name as a signature, or a code
    of their second factor. `copy_to` hear of the step's end and may read the case (抄送). Only a step that says `bulk`
    is decided together with others in one go.
    """

    key: Key
    name: Label | None = None
    who: Annotated[Approvers, Field(min_length=1)]
    mode: Literal["any", "all", "in_order"] = "any"
    allowed: Duration
    remind: Duration | None = None
    calendar: Key | None = None
    timeout: Timeout = Escalate()
    proof: Literal["none", "signature", "second_factor"] = "none"
    copy_to: Approvers = ()
    bulk: bool = False

    @model_validator(mode="after")
    def reminds_before_time_is_up(self) -> Self:
        if self.remind is not None and self.remind >= self.allowed:
            refuse_faults(self, [fault(["remind"], "remind_late", "Remind before the time allowed is up.")])
        return self

    @model_validator(mode="after")
    def nothing_is_proved_by_silence_or_in_bulk(self) -> Self:
        faults = []
        if self.proof != "none" and self.bulk:
            faults.append(fault(["bulk"], "bulk_unproved", "What is signed one by one cannot be decided in bulk."))
        if self.proof != "none" and self.timeout.do == "approve":
            faults.append(fault(["timeout"], "timeout_unproved", "What needs a proof cannot be approved by time."))
        refuse_faults(self, faults)
        return self


class Route(Strict):
    """The steps of an approval, one after the other."""

    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def keys_are_unique(self) -> Self:
        twice = duplicates([step.key for step in self.steps])
        refuse_faults(self, [fault(["steps"], "step_doubled", "Two steps are called {key}.", key=k) for k in twice])
        return self


class Rules(Strict):
    """What holds for every step.

    `nobody`: no approver is found. `own`: the approver is the submitter. `twice`: somebody approved an earlier step,
    or the one just before (`consecutive`). `left`: a person leaves the company while asked. `question_clock`: whether
    the time allowed goes on while the submitter is asked something. `resubmit`: a new version begins with the first
    step, or with the one that returned it, as long as nothing that the table asks for has changed. `nudges`: how often
    the submitter may nudge one approver, `nudge_every` apart.
    """

    nobody: Literal["above", "administrator", "skip"] = "above"
    own: Literal["above", "skip", "allow"] = "above"
    twice: Literal["ask", "once", "consecutive"] = "ask"
    left: Literal["above", "administrator"] = "above"
    question_clock: Literal["runs", "stops"] = "runs"
    resubmit: Literal["start", "where_returned"] = "start"
    nudges: Annotated[int, Field(ge=0, le=20)] = 3
    nudge_every: Duration = timedelta(hours=1)
    delegate: bool = True
    add_signer: bool = True


CONTRACT_KIND = "contract_kind"
"""The fact that also chooses the clause standard, where there is one of its value."""
FACTS = {
    "amount": "money", "currency": "enum", "region": "enum", "kind": "enum", "contract_kind": "enum",
    "discount": "int", "customer_tier": "enum", "payment_days": "int", "risk": "enum",
    "margin": "int",
}  # fmt: skip
"""What an approval may know of its request, and the type of column that asks for it. `discount` and
`margin` are in hundredths of a percent. A key that begins with `x_` is a custom field of any type."""

CERTAIN = frozenset({"amount", "currency", "kind"})
"""The facts that every request has; a column that asks for another takes that it is not known."""

_MANAGER = {
    "key": "manager", "who": [{"by": "role", "role": "regional_manager"}], "allowed": "PT8H", "remind": "PT4H",
    "bulk": True,
}  # fmt: skip
_CFO = {"key": "cfo", "who": [{"by": "role", "role": "cfo"}], "allowed": "PT8H", "remind": "PT4H"}
_DIRECTOR = {"key": "director", "who": [{"by": "role", "role": "sales_director"}], "allowed": "PT8H", "remind": "PT4H"}
_YUAN = {"op": "in", "values": ["CNY"]}


def _about(kind: str) -> dict[str, Any]:
    return {"kind": {"op": "in", "values": [kind]}}


_CONTRACT, _QUOTE, _WRITE_OFF = _about("contract"), _about("quote"), _about("write_off")

DEFAULT: dict[str, Any] = {
    "engine": 1,
    "table": {
        "engine": 1,
        "hit": "first",
        "columns": [
            {"key": "kind", "type": "enum", "values": [*SUBJECT_READ]},
            {"key": "amount", "type": "money", "min": 0},
            {"key": "currency", "type": "enum", "values": ["CNY"], "open": True},
            {"key": "region", "type": "enum", "open": True, "nullable": True},
            {"key": "discount", "type": "int", "min": 0, "max": 10_000, "nullable": True},
            {"key": "margin", "type": "int", "max": 10_000, "nullable": True},
        ],
        "rows": [
            {
                "id": "up_to_50000",
                "when": {**_CONTRACT, "amount": {"op": "range", "le": 5_000_000}, "currency": _YUAN},
                "then": {"steps": [_MANAGER]},
            },
            {
                "id": "above_50000",
                "when": {**_CONTRACT, "amount": {"op": "range", "gt": 5_000_000}, "currency": _YUAN},
                "then": {"steps": [_MANAGER, _CFO]},
            },
            {
                "id": "foreign_currency",
                "when": {**_CONTRACT, "currency": {"op": "not_in", "values": ["CNY"]}},
                "then": {"steps": [_MANAGER, _CFO]},
            },
            {
                "id": "quote_discount_above_20",
                "when": {**_QUOTE, "discount": {"op": "range", "gt": 2_000}},
                "then": {"steps": [_MANAGER, _DIRECTOR, _CFO]},
            },
            {
                "id": "quote_margin_below_15",
                "when": {**_QUOTE, "margin": {"op": "range", "lt": 1_500}},
                "then": {"steps": [_MANAGER, _CFO]},
            },
            {
                "id": "quote_above_1000000",
                "when": {**_QUOTE, "amount": {"op": "range", "gt": 100_000_000}, "currency": _YUAN},
                "then": {"steps": [_MANAGER, _DIRECTOR]},
            },
            {"id": "quote", "when": _QUOTE, "then": {"steps": [_MANAGER]}},
            {
                "id": "write_off_up_to_1000",
                "when": {**_WRITE_OFF, "amount": {"op": "range", "le": 100_000}, "currency": _YUAN},
                "then": {"steps": [_CFO]},
            },
            {"id": "write_off", "when": _WRITE_OFF, "then": {"steps": [_CFO, _DIRECTOR]}},
            {"id": "refund", "when": _about("refund"), "then": {"steps": [_CFO]}},
            {"id": "service_hold", "when": _about("service_hold"), "then": {"steps": [_MANAGER, _CFO]}},
        ],
    },
}


class ApprovalPolicy(PolicyDocument):
    """Which steps a request takes, by its `FACTS`; the table holds the columns its rows need.

    Under `collect` every row that fits adds its steps, in the order of the rows; a step of a key already there is
    asked once.
    """

    kind: ClassVar[str] = "approval"
    default: ClassVar[dict[str, Any]] = DEFAULT

    table: DecisionTable[Route]
    rules: Rules = Rules()

    @model_validator(mode="after")
    def asks_for_known_facts_and_never_compares_unlike_money(self) -> Self:
        faults = [
            fault(["table", "columns", no], "fact_unknown", "An approval has no such fact: {key}.", key=column.key)
            for no, column in enumerate(self.table.columns)
            if FACTS.get(column.key, column.type if column.key.startswith("x_") else None) != column.type
        ]
        faults += [
            fault(["table", "columns", no], "fact_uncertain", "Not every request says its {key}.", key=column.key)
            for no, column in enumerate(self.table.columns)
            if column.key not in CERTAIN and not is_optional(column)
        ]
        faults += [
            fault(["table", "rows", no, "when"], "amount_without_currency", "Say in which one currency the amount is.")
            for no, row in enumerate(self.table.rows)
            if "amount" in row.when and not _names_one_currency(row)
        ]
        refuse_faults(self, faults)
        return self

    def problems(self) -> list[Problem]:
        return gap_problems(self.table, "table")

    @property
    def asked(self) -> list[Approver]:
        """Everybody some step may ask, copy or pass to, so that a caller can say which of them nobody is."""
        steps = [step for row in self.table.rows for step in row.then.steps]
        passed = [step.timeout.to for step in steps if isinstance(step.timeout, PassOn)]
        return [*passed, *(one for step in steps for one in (*step.who, *step.copy_to))]

    def route(self, facts: Mapping[str, Any]) -> tuple[Decision[Route], list[tuple[str, Step]]]:
        """Why this request goes where, and its steps, each with the row that asks for it.

        Raises Refused as `decide` does.
        """
        unknown = {c.key: () if c.type == "set" else None for c in self.table.columns if c.key not in CERTAIN}
        decision = decide(self.table, {**unknown, **facts})
        steps: dict[str, tuple[str, Step]] = {}
        for row, outcome in zip(decision.fired, decision.outcomes, strict=True):
            for step in outcome.steps:
                steps.setdefault(step.key, (row, step))
        return decision, list(steps.values())


def _names_one_currency(row: Row[Route]) -> bool:
    cell = row.when.get("currency")
    return isinstance(cell, In) and len(cell.values) == 1


_WELL_FORMED = {"money": int, "int": int, "enum": str}


def check_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody says of a request beside what is certain. Raises Refused `fact_unknown` or `fact_invalid`."""
    for key, value in facts.items():
        custom = key.startswith("x_")
        if key in CERTAIN or key == "region" or not (custom or key in FACTS):
            raise invalid("fact_unknown", f"facts.{key}", fact=key)
        wanted = (str, int, bool, list) if custom else _WELL_FORMED[FACTS[key]]
        unlike = isinstance(value, bool) and not custom
        if value is not None and (unlike or not isinstance(value, wanted) or len(str(value)) > 500):
            raise invalid("fact_invalid", f"facts.{key}", fact=key, value=str(value)[:100], type=FACTS.get(key, "text"))
    return dict(facts)
