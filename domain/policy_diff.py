"""What differs between two versions of a policy: its table row by row, the rest of it value by value."""

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, Literal

from pydantic import JsonValue

from domain.document import Strict
from domain.policy import known_model, load
from domain.policy_draft import columns_of, rows_of
from domain.refusal import Refused


class CellChange(Strict):
    """In a row both versions have. `part` is a column's key for a cell, or `then`, `note`; null: no such cell."""

    row: str
    part: str
    of: Literal["cell", "then", "note"]
    old: JsonValue
    new: JsonValue


class ValueChange(Strict):
    """Outside the rows; null: not there."""

    where: str
    old: JsonValue
    new: JsonValue


class Difference(Strict):
    """Rows by id. `moved`: those whose place among the rows that stayed is another."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    moved: tuple[str, ...]
    cells: tuple[CellChange, ...]
    values: tuple[ValueChange, ...]

    @property
    def empty(self) -> bool:
        return not (self.added or self.removed or self.moved or self.cells or self.values)


def compare(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
    """What it takes to come from one document to the other; a default left out is as good as written down."""
    old, new = _spelt_out(kind, old), _spelt_out(kind, new)
    before = {str(row.get("id")): row for row in rows_of(old)}
    after = {str(row.get("id")): row for row in rows_of(new)}
    stayed, now = [r for r in before if r in after], [r for r in after if r in before]
    blocks = SequenceMatcher(None, stayed, now, autojunk=False).get_matching_blocks()
    in_place = {row for block in blocks for row in now[block.b : block.b + block.size]}
    return Difference(
        added=tuple(row for row in after if row not in before),
        removed=tuple(row for row in before if row not in after),
        moved=tuple(row for row in now if row not in in_place),
        cells=tuple(change for row in now for change in _cells(row, before[row], after[row])),
        values=tuple(_values("", _beside_rows(old), _beside_rows(new))),
    )


def _spelt_out(kind: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """With every default; a draft that is no policy yet is taken as it is."""
    try:
        return load(known_model(kind), document).model_dump(mode="json")
    except Refused:
        return document


def _cells(row: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[CellChange]:
    cells, now = (when if isinstance(when := each.get("when"), dict) else {} for each in (old, new))
    for key in dict.fromkeys((*cells, *now)):
        if cells.get(key) != now.get(key):
            yield CellChange(row=row, part=key, of="cell", old=cells.get(key), new=now.get(key))
    if old.get("then") != new.get("then"):
        yield CellChange(row=row, part="then", of="then", old=old.get("then"), new=new.get("then"))
    if old.get("note", "") != new.get("note", ""):
        yield CellChange(row=row, part="note", of="note", old=old.get("note", ""), new=new.get("note", ""))


def _beside_rows(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its columns by key, and without its rows."""
    table = document.get("table")
    if not isinstance(table, dict):
        return dict(document)
    columns = {str(column.get("key")): column for column in columns_of(document)}
    return {**document, "table": {**{k: v for k, v in table.items() if k != "rows"}, "columns": columns}}


def _values(where: str, old: Any, new: Any) -> Iterator[ValueChange]:
    if isinstance(old, dict | None) and isinstance(new, dict | None) and old != new:
        for key in dict.fromkeys((*(old or ()), *(new or ()))):
            yield from _values(f"{where}.{key}" if where else key, (old or {}).get(key), (new or {}).get(key))
    elif old != new:
        yield ValueChange(where=where, old=old, new=new)
