"""What the approval policy asks of a request beside what is certain: fields of the form that submits it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db.policy import current_policy
from domain.approval import CERTAIN, ApprovalPolicy
from domain.column import Column, EnumColumn, NumberColumn, SetColumn
from domain.money import parse_amount
from domain.policy import load
from domain.refusal import invalid
from ui.table_words import RATES, TableWords

PREFIX = "fact_"


@dataclass(frozen=True)
class FactField:
    """`options`: (value, words) to choose from; empty: it is typed. `several`: more than one may be chosen."""

    name: str
    label: str
    options: list[tuple[str, str]]
    several: bool
    type: str
    unit: str


async def asked_columns(session: AsyncSession, kind: str = "contract") -> Sequence[Column]:
    """The columns of the policy in force whose facts only the submitter of such a request knows.

    What every row that counts for this kind leaves open is not asked, nor what only rows of other kinds ask for.
    """
    _, document = await current_policy(session, ApprovalPolicy.kind)
    table = load(ApprovalPolicy, document).table
    ours = [row for row in table.rows if "kind" not in row.when or row.when["kind"].holds(kind)]
    others = {key for row in table.rows if row not in ours for key in row.when} - {k for row in ours for k in row.when}
    known = CERTAIN | {"region"} | others
    return [column for column in table.columns if column.key not in known]


def fields(columns: Sequence[Column], words: TableWords) -> list[FactField]:
    return [
        FactField(
            name=PREFIX + column.key,
            label=words.fact(column.key),
            options=_options(column, words),
            several=isinstance(column, SetColumn),
            type="date" if column.type == "date" else "text",
            unit="%" if column.key in RATES else "",
        )
        for column in columns
    ]


def _options(column: Column, words: TableWords) -> list[tuple[str, str]]:
    if isinstance(column, EnumColumn | SetColumn):
        return [(value, words.value(column, value)) for value in column.values]
    if isinstance(column, NumberColumn):
        return []
    return [("yes", words.value(column, True)), ("no", words.value(column, False))]


def read(
    columns: Sequence[Column], form: Mapping[str, str], chosen: Mapping[str, list[str]], currency: str
) -> dict[str, Any]:
    """The facts as typed; what is left empty is not known. Raises Refused with the field."""
    facts: dict[str, Any] = {}
    for column in columns:
        name = PREFIX + column.key
        if isinstance(column, SetColumn):
            facts[column.key] = chosen.get(name, [])
        elif typed := form.get(name, ""):
            facts[column.key] = _value(column, typed, name, currency)
    return facts


def _value(column: Column, typed: str, name: str, currency: str) -> Any:
    if isinstance(column, EnumColumn):
        return typed
    if not isinstance(column, NumberColumn):
        return typed == "yes"
    if column.type == "money":
        return parse_amount(typed, currency, name)
    try:
        if column.type == "date":
            return date.fromisoformat(typed).toordinal()
        number = Decimal(typed.removesuffix("%").strip()) * (100 if column.key in RATES else 1)
    except (InvalidOperation, ValueError):
        raise invalid("number_format", name) from None
    if number != int(number) or not column.fits(int(number)):
        raise invalid("number_format", name)
    return int(number)
