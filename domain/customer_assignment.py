"""Which regions follow a new customer, and whose it is in each: a table of rules over what is known of it."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

from pydantic import Field, StringConstraints, model_validator

from domain.approver import Code
from domain.column import is_optional
from domain.customer_pool import Tier
from domain.decision_table import DecisionTable, NoRowFits, decide
from domain.document import Key, PolicyDocument, Strict, fault, refuse_faults
from domain.lead_fact import known

FACTS = {
    "region": "enum", "province": "enum", "city": "enum", "industry": "enum", "source": "enum", "size": "enum",
    "customer_kind": "enum", "way": "enum",
}  # fmt: skip
"""What may be asked of a new customer. `region` is that of whoever enters it, `way` how it comes:
by the form, an import or a lead. A key that begins with `x_` is a field of our own."""
WAYS = ("form", "import", "lead")
Way = Literal["form", "import", "lead"]
CERTAIN = frozenset({"way"})
HOME = "home"
"""In place of a region's code: the region of whoever enters the customer."""

Person = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class Follows(Strict):
    """One region follows the customer: `to` somebody of it by turn, a `person`, or its `pool` (none: the first)."""

    region: Code = HOME
    to: Literal["turn", "person", "pool"] = "pool"
    person: Person | None = None
    pool: Key | None = None
    tier: Tier = "C"


class Placement(Strict):
    follow: Annotated[tuple[Follows, ...], Field(min_length=1, max_length=20)]


class Ruled(NamedTuple):
    """What the rules say of one region, and the row that does."""

    row: str
    follows: Follows


DEFAULT: dict[str, Any] = {
    "engine": 1,
    "table": {
        "engine": 1,
        "hit": "collect",
        "columns": [
            {"key": "way", "type": "enum", "values": list(WAYS)},
            {"key": "region", "type": "enum", "open": True, "nullable": True},
            {"key": "province", "type": "enum", "open": True, "nullable": True},
            {"key": "industry", "type": "enum", "open": True, "nullable": True},
            {"key": "source", "type": "enum", "open": True, "nullable": True},
            {"key": "size", "type": "enum", "open": True, "nullable": True},
        ],
        "rows": [
            {"id": "home", "when": {}, "then": {"follow": [{"region": HOME, "to": "pool"}]}, "note": ""},
        ],
    },
}


class CustomerAssignmentPolicy(PolicyDocument):
    """The regions of all rows that fit follow the customer; of two rows that name one region the upper one counts.

    `others_shown`: whether those who see a customer hear whose it is in regions that are not theirs.
    """

    kind: ClassVar[str] = "customer_assignment"
    default: ClassVar[dict[str, Any]] = DEFAULT

    table: DecisionTable[Placement]
    others_shown: bool = True

    @model_validator(mode="after")
    def asks_for_known_facts(self) -> Self:
        faults = []
        if self.table.hit != "collect":
            faults.append(fault(["table", "hit"], "table_collects", "Here every row that fits counts."))
        for no, column in enumerate(self.table.columns):
            where: list[str | int] = ["table", "columns", no]
            own = column.type if column.key.startswith("x_") else None
            if FACTS.get(column.key, own) != column.type:
                faults.append(
                    fault(where, "customer_fact_unknown", "A customer has no such fact: {key}.", key=column.key)
                )
            elif column.key not in CERTAIN and not is_optional(column):
                faults.append(
                    fault(where, "customer_fact_uncertain", "Not every customer says its {key}.", key=column.key)
                )
        for no, row in enumerate(self.table.rows):
            for at, one in enumerate(row.then.follow):
                if (one.person is not None) != (one.to == "person"):
                    place: list[str | int] = ["table", "rows", no, "then", "follow", at, "person"]
                    faults.append(fault(place, "person_needed", "Say which person, and only where it is one."))
        refuse_faults(self, faults)
        return self

    def places(self, facts: Mapping[str, Any], home: str | None) -> list[Ruled]:
        """Who follows a customer, each region once; `home` is the code of the region of whoever enters it."""
        try:
            decision = decide(self.table, known(self.table, facts))
        except NoRowFits:
            return []
        found: dict[str, Ruled] = {}
        for row, placement in zip(decision.fired, decision.outcomes, strict=True):
            for one in placement.follow:
                region = home if one.region == HOME else one.region
                if region is not None and region not in found:
                    found[region] = Ruled(row, one.model_copy(update={"region": region}))
        return list(found.values())
