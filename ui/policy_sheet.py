"""A draft's decision table as its editor shows it: every cell in words, also where the draft is no valid policy yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from domain.approval import Route, Step
from domain.cell import Cell, In
from domain.column import Column
from domain.customer_assignment import Placement
from domain.policy import canonical
from domain.policy_draft import rows_of
from locales import N_
from locales.labels import label
from ui.lead_words import group_lines, points_lines
from ui.policy_words import PolicyWords
from ui.problem_words import readable_columns

CELL: TypeAdapter[Cell] = TypeAdapter(Cell)
ROUTE = TypeAdapter(Route)
PLACEMENT = TypeAdapter(Placement)


@dataclass(frozen=True)
class SheetCell:
    """`text` is empty where any value fits; `raw` what is there where it cannot be read."""

    column: Column
    text: str
    raw: str = ""


@dataclass(frozen=True)
class SheetRow:
    id: str
    no: int
    cells: list[SheetCell]
    steps: list[dict[str, str]]
    note: str


@dataclass(frozen=True)
class Sheet:
    columns: list[Column]
    rows: list[SheetRow]
    hit: str

    @property
    def order(self) -> list[str]:
        return [row.id for row in self.rows]


def sheet(document: Mapping[str, Any], words: PolicyWords) -> Sheet:
    columns = readable_columns(document)
    rows = [_row(no, row, columns, words) for no, row in enumerate(rows_of(document), start=1)]
    return Sheet(columns, rows, "collect" if document["table"].get("hit") == "collect" else "first")


def _row(no: int, row: Mapping[str, Any], columns: list[Column], words: PolicyWords) -> SheetRow:
    when = row.get("when")
    cells = when if isinstance(when, dict) else {}
    currency = row_currency(row)
    return SheetRow(
        id=str(row.get("id", "")),
        no=no,
        cells=[_cell(column, cells.get(column.key), currency, words) for column in columns],
        steps=then_of(row, words),
        note=str(row.get("note", "")),
    )


def _cell(column: Column, cell: Any, currency: str | None, words: PolicyWords) -> SheetCell:
    if cell is None:
        return SheetCell(column, "")
    read = read_cell(cell)
    if read is None or not (read.op in ("empty", "filled") or column.takes(read)):
        return SheetCell(column, words._(N_("cannot be read")), raw=canonical({"": cell}))
    return SheetCell(column, words.cell(column, read, currency))


def read_cell(cell: Any) -> Cell | None:
    try:
        return CELL.validate_json(canonical(cell))
    except (ValidationError, ValueError):
        return None


def then_of(row: Mapping[str, Any], words: PolicyWords) -> list[dict[str, str]]:
    """What a row gives, line by line: the steps of an approval, the points of a lead, or who is to have it."""
    then = row.get("then", {})
    if isinstance(then, dict) and "points" in then:
        return points_lines(then, words)
    if isinstance(then, dict) and "to" in then:
        return group_lines(then, words)
    if isinstance(then, dict) and "calendar" in then:
        return words.sla.lines(then)
    if isinstance(then, dict) and "queue" in then:
        end = "" if then.get("firm", True) else words._(N_("unless the model knows better"))
        return [{"role": str(then["queue"]).replace("_", " "), "end": end}]
    if isinstance(then, dict) and "follow" in then:
        return _followed(then, words)
    if isinstance(then, dict) and "tier" in then:
        return [{"role": label("tier", str(then["tier"]), words.language), "end": ""}]
    return words.path(steps_of(row))


def _followed(then: Mapping[str, Any], words: PolicyWords) -> list[dict[str, str]]:
    """The regions that follow a new customer."""
    try:
        placed = PLACEMENT.validate_json(canonical(then))
    except (ValidationError, ValueError):
        return []
    return [{"role": words.follows(one), "end": ""} for one in placed.follow]


def steps_of(row: Mapping[str, Any]) -> tuple[Step, ...]:
    """None where they cannot be read."""
    try:
        return ROUTE.validate_json(canonical(row.get("then", {}))).steps
    except (ValidationError, ValueError):
        return ()


def row_currency(row: Mapping[str, Any]) -> str | None:
    """The one currency the row is for."""
    when = row.get("when")
    cell = read_cell(when["currency"]) if isinstance(when, dict) and "currency" in when else None
    return str(cell.values[0]) if isinstance(cell, In) and len(cell.values) == 1 else None
