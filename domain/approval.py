"""Approval lines: a decision table over a request's facts gives the steps its approval goes through."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from domain.access import COMPANY_WIDE, Role, role_key
from domain.cell import In
from domain.decision_table import Decision, DecisionTable, Row, decide
from domain.document import Duration, Key, PolicyDocument, Problem, Strict, duplicates, fault, refuse_faults
from domain.refusal import invalid
from domain.table_check import gap_problems


class RoleApprover(Strict):
    """Whoever holds the role: company-wide, or in the request's region where the role belongs to regions."""

    by: Literal["role"] = "role"
    role: Role

    def holder(self, region: str | None) -> str:
        """The human task's holder key. Raises Refused `approver_needs_region` where nobody could hold it."""
        if region is None and self.role not in COMPANY_WIDE:
            raise invalid("approver_needs_region", "region", role=self.role.value)
        return role_key(self.role, region)


class Step(Strict):
    """One approver's turn. `allowed` and `remind` count from the moment the task opens."""

    key: Key
    who: RoleApprover
    allowed: Duration
    remind: Duration | None = None

    @model_validator(mode="after")
    def reminds_before_time_is_up(self) -> Self:
        if self.remind is not None and self.remind >= self.allowed:
            refuse_faults(self, [fault(["remind"], "remind_late", "Remind before the time allowed is up.")])
        return self


class Route(Strict):
    """The steps of an approval, one after the other."""

    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def keys_are_unique(self) -> Self:
        twice = duplicates([step.key for step in self.steps])
        refuse_faults(self, [fault(["steps"], "step_doubled", "Two steps are called {key}.", key=k) for k in twice])
        return self


FACTS = {"amount": "money", "currency": "enum", "region": "enum", "kind": "enum"}
"""What an approval knows of its request, and the type of column that may ask for it."""

_MANAGER = {
    "key": "manager", "who": {"by": "role", "role": "regional_manager"}, "allowed": "PT8H", "remind": "PT4H",
}  # fmt: skip
_CFO = {"key": "cfo", "who": {"by": "role", "role": "cfo"}, "allowed": "PT8H", "remind": "PT4H"}
_YUAN = {"op": "in", "values": ["CNY"]}

DEFAULT: dict[str, Any] = {
    "engine": 1,
    "table": {
        "engine": 1,
        "hit": "first",
        "columns": [
            {"key": "amount", "type": "money", "min": 0},
            {"key": "currency", "type": "enum", "values": ["CNY"], "open": True},
            {"key": "region", "type": "enum", "open": True, "nullable": True},
            {"key": "kind", "type": "enum", "values": ["contract"]},
        ],
        "rows": [
            {
                "id": "up_to_50000",
                "when": {"amount": {"op": "range", "le": 5_000_000}, "currency": _YUAN},
                "then": {"steps": [_MANAGER]},
            },
            {
                "id": "above_50000",
                "when": {"amount": {"op": "range", "gt": 5_000_000}, "currency": _YUAN},
                "then": {"steps": [_MANAGER, _CFO]},
            },
            {
                "id": "foreign_currency",
                "when": {"currency": {"op": "not_in", "values": ["CNY"]}},
                "then": {"steps": [_MANAGER, _CFO]},
            },
        ],
    },
}


class ApprovalPolicy(PolicyDocument):
    """Which steps a request takes, by its `FACTS`; the table holds the columns its rows need."""

    kind: ClassVar[str] = "approval"
    default: ClassVar[dict[str, Any]] = DEFAULT

    table: DecisionTable[Route]

    @model_validator(mode="after")
    def asks_for_known_facts_and_never_compares_unlike_money(self) -> Self:
        faults = [
            fault(["table", "columns", no], "fact_unknown", "An approval has no such fact: {key}.", key=column.key)
            for no, column in enumerate(self.table.columns)
            if FACTS.get(column.key) != column.type
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
    def roles(self) -> frozenset[Role]:
        """Every role some step asks for, so that a caller can say which of them nobody holds."""
        return frozenset(step.who.role for row in self.table.rows for step in row.then.steps)

    def route(self, *, amount: int, currency: str, region: str | None, kind: str = "contract") -> Decision[Route]:
        """The line this request goes through, and why. Raises Refused as `decide` does."""
        return decide(self.table, {"amount": amount, "currency": currency, "region": region, "kind": kind})


def _names_one_currency(row: Row[Route]) -> bool:
    cell = row.when.get("currency")
    return isinstance(cell, In) and len(cell.values) == 1
