"""What the policies about leads may ask of one: its facts, and the columns that ask for them."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import InitErrorDetails

from domain.column import is_optional
from domain.decision_table import DecisionTable
from domain.document import fault

FACTS = {
    "source": "enum", "campaign": "enum", "region": "enum", "product": "enum", "language": "enum", "industry": "enum",
    "size": "enum", "intent": "enum", "budget": "money", "touches": "int", "came_back": "int",
    "in_working_time": "bool", "has_phone": "bool", "has_email": "bool",
}  # fmt: skip
"""What may be asked of a lead. `touches` counts how often they turned to us, `came_back` how often after it was
closed; `in_working_time` says whether it came in while work was done. A key that begins with `x_` is a field of our
own, of any type."""

CERTAIN = frozenset({"source", "region", "touches", "came_back", "in_working_time", "has_phone", "has_email"})
"""The facts that every lead has."""

GRADED = {**FACTS, "grade": "enum"}
GRADED_CERTAIN = CERTAIN | {"grade"}
"""The same once a lead has its grade."""


def known(table: DecisionTable[Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with what is not known of them said; a value that an enum does not list is not known either."""
    said: dict[str, Any] = {}
    for column in table.columns:
        value = facts.get(column.key)
        if column.type == "set":
            value = value or ()
        elif column.type == "int" and value is None and not column.nullable:
            value = 0
        elif column.type == "enum" and value is not None and not column.knows(value) and column.nullable:
            value = None
        said[column.key] = value
    return said


def column_mistakes(
    table: DecisionTable[Any], facts: Mapping[str, str], certain: frozenset[str]
) -> list[InitErrorDetails]:
    """Columns that ask for what no lead has, or take for certain what not every lead says."""
    found = [
        fault(["table", "columns", no], "lead_fact_unknown", "A lead has no such fact: {key}.", key=column.key)
        for no, column in enumerate(table.columns)
        if facts.get(column.key, column.type if column.key.startswith("x_") else None) != column.type
    ]
    found += [
        fault(["table", "columns", no], "lead_fact_uncertain", "Not every lead says its {key}.", key=column.key)
        for no, column in enumerate(table.columns)
        if column.key not in certain and not is_optional(column)
    ]
    return found


def collect_mistakes(table: DecisionTable[Any]) -> list[InitErrorDetails]:
    if table.hit == "collect":
        return []
    return [fault(["table", "hit"], "table_collects", "Here every row that fits counts.")]
