"""The form of one cell: what is typed for each kind of column becomes a set of values, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.datastructures import FormData

from domain.cell import Cell, Range
from domain.column import Column, is_optional
from domain.money import parse_amount, plain_amount
from domain.refusal import invalid
from locales import N_
from locales.labels import LABELS
from ui.names import Names
from ui.table_words import RATES, VALUES

CURRENCIES = ("CNY", "USD", "EUR", "HKD", "JPY", "GBP")
ANY = "any"
OPS = {
    "number": (ANY, "range", "in", "not_in"),
    "keys": (ANY, "in", "not_in"),
    "bool": (ANY, "in"),
    "set": (ANY, "any_of", "all_of", "none_of"),
}
OP_WORDS = {
    ANY: N_("Any"),
    "range": N_("Within limits"),
    "in": N_("One of these"),
    "not_in": N_("Any but these"),
    "any_of": N_("At least one of these"),
    "all_of": N_("All of these"),
    "none_of": N_("None of these"),
    "empty": N_("Not known"),
    "filled": N_("Known, whatever it is"),
}


@dataclass(frozen=True)
class CellTyped:
    """What a cell's form shows: numbers as one types them, keys as a list."""

    op: str = ANY
    low: str = ""
    low_op: str = "ge"
    high: str = ""
    high_op: str = "le"
    values: list[str] = field(default_factory=list)
    others: str = ""
    currency: str = ""


def family(column: Column) -> str:
    if column.type in ("money", "int", "date"):
        return "number"
    return "keys" if column.type == "enum" else column.type


def ops(column: Column) -> list[tuple[str, str]]:
    """The choices of a column's form, with their words."""
    optional = ("empty", "filled") if is_optional(column) else ()
    return [(op, OP_WORDS[op]) for op in (*OPS[family(column)], *optional)]


def shown(column: Column, cell: Cell | None, currency: str) -> CellTyped:
    """A cell as its form shows it."""
    if cell is None:
        return CellTyped(currency=currency)
    if isinstance(cell, Range):
        low_op, low = ("gt", cell.gt) if cell.gt is not None else ("ge", cell.ge)
        high_op, high = ("lt", cell.lt) if cell.lt is not None else ("le", cell.le)
        lowest, highest = number_text(column, low, currency), number_text(column, high, currency)
        return CellTyped(cell.op, lowest, low_op, highest, high_op, currency=currency)
    values = list(getattr(cell, "values", ()))
    if family(column) == "number":
        return CellTyped(cell.op, others="; ".join(number_text(column, v, currency) for v in values), currency=currency)
    return CellTyped(cell.op, values=[_key(value) for value in values], currency=currency)


def typed(form: FormData) -> CellTyped:
    def text(name: str) -> str:
        return str(form.get(name, "")).strip()

    return CellTyped(
        op=text("op") or ANY, low=text("low"), low_op=text("low_op"), high=text("high"), high_op=text("high_op"),
        values=[str(value) for value in form.getlist("values")], others=text("others"), currency=text("currency"),
    )  # fmt: skip


def cell_json(column: Column, typed: CellTyped) -> dict[str, Any] | None:
    """The cell; None takes any value. Raises Refused (422) with the field at fault."""
    if typed.op not in dict(ops(column)):
        raise invalid("cell_unfit", "op")
    if typed.op == ANY:
        return None
    if typed.op in ("empty", "filled"):
        return {"op": typed.op}
    if typed.op == "range":
        return _range(column, typed)
    values = list(dict.fromkeys(_values(column, typed)))
    if not values:
        raise invalid("values_needed", "others" if column.type != "bool" else "op")
    return {"op": typed.op, "values": values}


def _range(column: Column, typed: CellTyped) -> dict[str, Any]:
    cell: dict[str, Any] = {"op": "range"}
    if typed.low:
        cell["gt" if typed.low_op == "gt" else "ge"] = read_number(column, typed.low, typed.currency, "low")
    if typed.high:
        cell["lt" if typed.high_op == "lt" else "le"] = read_number(column, typed.high, typed.currency, "high")
    if len(cell) == 1:
        raise invalid("range_open", "low")
    low, high = (next((cell[op] for op in pair if op in cell), None) for pair in (("gt", "ge"), ("lt", "le")))
    if low is not None and high is not None and low + ("gt" in cell) > high - ("lt" in cell):
        raise invalid("range_empty", "high")
    return cell


def _values(column: Column, typed: CellTyped) -> Iterable[bool | int | str]:
    if column.type == "bool":
        return (value == "true" for value in typed.values)
    others = [part.strip() for part in typed.others.replace("；", ";").split(";") if part.strip()]
    if family(column) == "number":
        return [read_number(column, part, typed.currency, "others") for part in others]
    return [*typed.values, *(part[:200] for each in others for part in _parts(each))]


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.replace("，", ",").replace("、", ",").split(",") if part.strip()]


def read_number(column: Column, text: str, currency: str, name: str) -> int:
    """What was typed, as the column counts it: minor units, hundredths of a percent, days. Raises Refused (422)."""
    try:
        if column.type == "money":
            return parse_amount(text, currency or "CNY", name)
        if column.type == "date":
            return date.fromisoformat(text).toordinal()
        number = Decimal(text.replace(",", "").rstrip("%％ ")) * (100 if column.key in RATES else 1)
        if number != number.to_integral_value() or abs(number) > 10**15:
            raise invalid("number_unreadable", name)
        return int(number)
    except (ValueError, InvalidOperation) as error:
        raise invalid("number_unreadable", name) from error


def number_text(column: Column, value: int | None, currency: str) -> str:
    """A number as a form shows it; `read_number` reads it back."""
    if value is None:
        return ""
    if column.type == "money":
        return plain_amount(value, currency or "CNY").removesuffix(".00")
    if column.type == "date":
        return date.fromordinal(value).isoformat()
    return f"{(Decimal(value) / 100).normalize():f}" if column.key in RATES else str(value)


def known_values(column: Column, called: Names) -> list[str]:
    """Values the office knows, whatever a column declares."""
    if column.key == "region":
        return [unit.id for unit in called.units.values() if unit.kind == "region"]
    if column.key == "currency":
        return list(CURRENCIES)
    return list(LABELS[VALUES[column.key]]) if column.key in VALUES else []


def choices(column: Column, known: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """What an enum or set column's form offers: declared values, those the office knows, those other rows ask for."""
    declared = list(getattr(column, "values", ()))
    if not getattr(column, "open", False):
        return declared
    asked = [
        str(value)
        for row in rows
        if isinstance(when := row.get("when"), dict) and isinstance(cell := when.get(column.key), dict)
        for value in cell.get("values", ())
    ]
    return list(dict.fromkeys([*declared, *known, *asked]))


def _key(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
