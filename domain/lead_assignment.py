"""Who gets a lead: a table gives groups of people in the order they are tried, capacity and a fair turn the person."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

from pydantic import BaseModel, Field, model_validator

from domain.access import Role
from domain.approver import Code, PersonApprover
from domain.decision_table import DecisionTable, NoRowFits, decide
from domain.document import Duration, PolicyDocument, Strict, refuse_faults
from domain.lead import GRADES
from domain.lead_fact import GRADED, GRADED_CERTAIN, collect_mistakes, column_mistakes, known

SELLING = (Role.SENIOR_SALES, Role.SALES)
"""The roles that take leads."""


class RoleGroup(Strict):
    """Whoever holds the role in the lead's region."""

    by: Literal["role"] = "role"
    role: Literal[Role.SENIOR_SALES, Role.SALES]


class UnitGroup(Strict):
    """Whoever sells in a unit, by its code, and the units below it."""

    by: Literal["unit"] = "unit"
    unit: Code


Member = Annotated[RoleGroup | UnitGroup | PersonApprover, Field(discriminator="by")]


class Group(Strict):
    """Together they have one fair turn."""

    to: Annotated[tuple[Member, ...], Field(min_length=1, max_length=20)]


Most = Annotated[int, Field(ge=0, le=100_000)]


class Capacity(Strict):
    """The most open leads at a time; a person's own limit goes before that of their roles, none is no limit."""

    senior_sales: Most | None = 40
    sales: Most | None = 30
    people: dict[Annotated[str, Field(max_length=60)], Most] = {}

    def of(self, person: str, roles: Iterable[str]) -> int | None:
        if person in self.people:
            return self.people[person]
        limits = [getattr(self, role.value) for role in SELLING if role in set(roles)]
        return None if not limits or None in limits else max(limits)


class Claims(Capacity):
    """The most leads one may claim out of the pool on a day; none is no limit."""

    senior_sales: Most | None = None
    sales: Most | None = None


class Candidate(NamedTuple):
    """Somebody of a group: their open leads, and when they last got one."""

    person: str
    roles: frozenset[str]
    open: int
    last: datetime | None
    away: bool = False


Why = Literal["away", "full", "had"]


class PassedOver(BaseModel):
    """Somebody who could not take the lead: away, at their capacity, or it was theirs before."""

    person: str
    why: Why


class Choice(BaseModel):
    """Why somebody got a lead: the row whose group they are of, its place, and whose turn it was.

    `last` is when they got a lead before this one; `of` how many could have taken it, `over` who of the group could
    not.
    """

    row: str
    no: int
    of: int
    last: datetime | None = None
    over: list[PassedOver] = []


def _by_role(*roles: Role) -> dict[str, Any]:
    return {"to": [{"by": "role", "role": role.value} for role in roles]}


DEFAULT: dict[str, Any] = {
    "engine": 1,
    "table": {
        "engine": 1,
        "hit": "collect",
        "columns": [
            {"key": "region", "type": "enum", "open": True},
            {"key": "product", "type": "enum", "open": True, "nullable": True},
            {"key": "language", "type": "enum", "open": True, "nullable": True},
            {"key": "grade", "type": "enum", "values": list(GRADES)},
        ],
        "rows": [
            {
                "id": "high_to_senior",
                "when": {"grade": {"op": "in", "values": ["A"]}},
                "then": _by_role(Role.SENIOR_SALES),
                "note": "",
            },
            {
                "id": "low_to_junior",
                "when": {"grade": {"op": "in", "values": ["D"]}},
                "then": _by_role(Role.SALES),
                "note": "",
            },
            {"id": "everybody", "when": {}, "then": _by_role(*SELLING), "note": ""},
        ],
    },
    "capacity": {"senior_sales": 40, "sales": 30},
}


class LeadAssignmentPolicy(PolicyDocument):
    """The groups of all rows that fit are tried in the rows' order; where none has anybody, the lead is pooled.

    `cooling_off` keeps who got a lead less than so long ago from claiming it out of the pool again.
    """

    kind: ClassVar[str] = "lead_assignment"
    default: ClassVar[dict[str, Any]] = DEFAULT

    table: DecisionTable[Group]
    capacity: Capacity = Capacity()
    claims: Claims = Claims()
    cooling_off: Duration | None = None

    @model_validator(mode="after")
    def tries_by_known_facts(self) -> Self:
        refuse_faults(self, [*collect_mistakes(self.table), *column_mistakes(self.table, GRADED, GRADED_CERTAIN)])
        return self

    def groups(self, facts: Mapping[str, Any]) -> list[tuple[str, Group]]:
        """The rows that fit and their groups, in order. Raises Refused as `decide` does for what is malformed."""
        try:
            decision = decide(self.table, known(self.table, facts))
        except NoRowFits:
            return []
        return list(zip(decision.fired, decision.outcomes, strict=True))

    def choose(self, row: str, candidates: Sequence[Candidate], without: Sequence[str]) -> tuple[str | None, Choice]:
        """Whose turn it is in one row's group: of those who are there and have room, whose last lead is longest ago."""
        over: list[PassedOver] = []
        able: list[Candidate] = []
        for one in candidates:
            why = self._unable(one, without)
            if why:
                over.append(PassedOver(person=one.person, why=why))
            else:
                able.append(one)
        no = [each.id for each in self.table.rows].index(row) + 1
        first = min(able, key=lambda one: (one.last is not None, one.last or 0, one.person), default=None)
        choice = Choice(row=row, no=no, of=len(able), last=first.last if first else None, over=over)
        return (first.person if first else None), choice

    def _unable(self, one: Candidate, without: Sequence[str]) -> Why | None:
        if one.person in without:
            return "had"
        if one.away:
            return "away"
        most = self.capacity.of(one.person, one.roles)
        return "full" if most is not None and one.open >= most else None
