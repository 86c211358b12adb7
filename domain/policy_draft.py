"""Drafting a policy's decision table: each edit takes the document as it is and gives the document changed.

A draft is JSON that need not be a valid policy yet, so nothing here asks whether it is; domain.policy_check says.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from domain.document import duplicates
from domain.refusal import invalid, not_found

Document = dict[str, Any]
Json = Mapping[str, Any]


def rows_of(document: Json) -> list[dict[str, Any]]:
    """The table's rows that can be read as such; none where the document has no table."""
    return _items(document, "rows")


def columns_of(document: Json) -> list[dict[str, Any]]:
    return _items(document, "columns")


def has_table(document: Json) -> bool:
    return isinstance(document.get("table"), dict)


def row_of(document: Json, row_id: str) -> dict[str, Any]:
    """Raises Refused (404) where the draft has no such row, any more."""
    return next((row for row in rows_of(document) if row.get("id") == row_id), None) or _gone("row")


def column_of(document: Json, key: str) -> dict[str, Any]:
    return next((column for column in columns_of(document) if column.get("key") == key), None) or _gone("column")


def _gone(what: str) -> dict[str, Any]:
    raise not_found(what)


def _items(document: Json, name: str) -> list[dict[str, Any]]:
    table = document.get("table")
    items = table.get(name) if isinstance(table, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _changed(document: Json, **parts: Any) -> Document:
    table = document["table"] if has_table(document) else {}
    return copy.deepcopy({**document, "table": {**table, **parts}})


def add_row(document: Json, new_id: str) -> Document:
    """A row for every case, last, with the outcome of the row above it: an outcome is never made up."""
    rows = rows_of(document)
    then = rows[-1].get("then", {}) if rows else {}
    return _changed(document, rows=[*rows, {"id": new_id, "when": {}, "then": then}])


def duplicate_row(document: Json, row_id: str, new_id: str) -> Document:
    """The copy stands right below."""
    rows = rows_of(document)
    at = _position(rows, row_id) + 1
    return _changed(document, rows=[*rows[:at], {**rows[at - 1], "id": new_id}, *rows[at:]])


def delete_row(document: Json, row_id: str) -> Document:
    row_of(document, row_id)
    return _changed(document, rows=[row for row in rows_of(document) if row.get("id") != row_id])


def move_row(document: Json, row_id: str, by: Literal[-1, 1]) -> Document:
    """One up or down; the first goes no higher, the last no lower."""
    rows = rows_of(document)
    at = _position(rows, row_id)
    to = min(max(at + by, 0), len(rows) - 1)
    rows.insert(to, rows.pop(at))
    return _changed(document, rows=rows)


def _position(rows: Sequence[Json], row_id: str) -> int:
    at = next((no for no, row in enumerate(rows) if row.get("id") == row_id), None)
    if at is None:
        raise not_found("row")
    return at


def set_row(document: Json, row_id: str, **parts: Any) -> Document:
    """Replaces parts of a row: `then`, `note`."""
    row_of(document, row_id)
    rows = [{**row, **parts} if row.get("id") == row_id else row for row in rows_of(document)]
    return _changed(document, rows=rows)


def set_cells(document: Json, row_id: str, cells: Mapping[str, Json | None]) -> Document:
    """Writes cells by column; None takes any value, so the row no longer asks."""
    when = row_of(document, row_id).get("when")
    kept = {**(when if isinstance(when, dict) else {}), **cells}
    return set_row(document, row_id, when={key: cell for key, cell in kept.items() if cell is not None})


def set_hit(document: Json, hit: str) -> Document:
    return _changed(document, hit="collect" if hit == "collect" else "first")


def add_column(document: Json, column: Json) -> Document:
    """Raises Refused (422) for a key that is there already."""
    columns = [*columns_of(document), dict(column)]
    if duplicates([each["key"] for each in columns if "key" in each]):
        raise invalid("column_doubled", "key", key=column["key"])
    return _changed(document, columns=columns)


def remove_column(document: Json, key: str) -> Document:
    """With every row's cell in it."""
    column_of(document, key)
    rows = [
        {**row, "when": {name: cell for name, cell in when.items() if name != key}}
        if isinstance(when := row.get("when"), dict)
        else row
        for row in rows_of(document)
    ]
    return _changed(document, columns=[c for c in columns_of(document) if c.get("key") != key], rows=rows)


def fact_column(key: str, kind: str, *, certain: bool) -> dict[str, Any]:
    """The column for a fact of this type: open to any value, absent too unless the fact is `certain`."""
    column: dict[str, Any] = {"key": key, "type": kind}
    if kind in ("enum", "set"):
        column["open"] = True
    if kind == "money":
        column["min"] = 0
    if kind != "set" and not certain:
        column["nullable"] = True
    return column
