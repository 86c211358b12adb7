"""The columns of decision tables and gates: which facts may be asked for, of which type, and reading them exactly."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from domain.cell import MAX_VALUES, AllOf, AnyOf, Cell, Empty, Filled, In, NoneOf, NotIn, Range, Value
from domain.document import Key, Strict, duplicates, fault
from domain.refusal import invalid


class NumberColumn(Strict):
    """Money in minor units of one currency, a plain or scaled integer, or a date as its ordinal."""

    key: Key
    type: Literal["money", "int", "date"]
    nullable: bool = False
    min: int | None = None
    max: int | None = None

    @model_validator(mode="after")
    def has_room(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise PydanticCustomError("range_empty", "No value lies between these limits.")
        return self

    def fits(self, value: object) -> bool:
        return (
            type(value) is int and (self.min is None or value >= self.min) and (self.max is None or value <= self.max)
        )

    def takes(self, cell: Cell) -> bool:
        return isinstance(cell, Range) or (isinstance(cell, In | NotIn) and all(type(v) is int for v in cell.values))


class _KeysColumn(Strict):
    """Over declared keys; an open column takes others too (regions, currencies and tags come and go)."""

    key: Key
    values: Annotated[tuple[str, ...], Field(max_length=MAX_VALUES)] = ()
    open: bool = False

    @model_validator(mode="after")
    def has_something_to_take(self) -> Self:
        if not self.values and not self.open:
            raise PydanticCustomError("column_without_values", "List the values of this column, or leave it open.")
        return self

    def knows(self, value: object) -> bool:
        return isinstance(value, str) and (self.open or value in self.values)


class EnumColumn(_KeysColumn):
    type: Literal["enum"]
    nullable: bool = False

    def fits(self, value: object) -> bool:
        return self.knows(value)

    def takes(self, cell: Cell) -> bool:
        return isinstance(cell, In | NotIn) and all(map(self.knows, cell.values))


class BoolColumn(Strict):
    key: Key
    type: Literal["bool"]
    nullable: bool = False

    def fits(self, value: object) -> bool:
        return isinstance(value, bool)

    def takes(self, cell: Cell) -> bool:
        return isinstance(cell, In | NotIn) and all(isinstance(v, bool) for v in cell.values)


class SetColumn(_KeysColumn):
    """Tags, skills and the like. The empty set is their absence, so a set is never null."""

    type: Literal["set"]

    def fits(self, value: object) -> bool:
        return isinstance(value, tuple) and all(map(self.knows, value))

    def takes(self, cell: Cell) -> bool:
        return isinstance(cell, AnyOf | AllOf | NoneOf) and self.fits(cell.values)


Column = Annotated[NumberColumn | EnumColumn | BoolColumn | SetColumn, Field(discriminator="type")]


def is_optional(column: Column) -> bool:
    """Whether the fact may be absent, so that `empty` and `filled` say something."""
    return isinstance(column, SetColumn) or column.nullable


def read_fact(column: Column, facts: Mapping[str, Any]) -> Value:
    """The fact as the column's cells compare it; sets are sorted and without repeats.

    Raises Refused `fact_missing` or `fact_invalid`: a case that is not understood is never decided.
    """
    if column.key not in facts:
        raise invalid("fact_missing", column.key, fact=column.key)
    value = facts[column.key]
    if isinstance(column, SetColumn):
        if isinstance(value, list | tuple | set | frozenset) and all(isinstance(tag, str) for tag in value):
            value = tuple(sorted(set(value)))
    elif value is None and column.nullable:
        return None
    if not column.fits(value):
        raise invalid("fact_invalid", column.key, fact=column.key, value=_shown(value), type=column.type)
    return value  # type: ignore[no-any-return]


def _shown(value: object) -> str | None:
    return None if value is None else str(value)[:100]


def _strange(column: Column, cell: Cell) -> list[str]:
    """Values that the column does not have, of a cell that is otherwise of its kind."""
    kinds = {EnumColumn: (In, NotIn), SetColumn: (AnyOf, AllOf, NoneOf)}.get(type(column), ())
    if not isinstance(cell, kinds) or not isinstance(column, EnumColumn | SetColumn):
        return []
    return [value for value in cell.values if isinstance(value, str) and not column.knows(value)]


def column_faults(columns: tuple[Column, ...], where: tuple[str | int, ...]) -> Iterator[InitErrorDetails]:
    for key in duplicates([column.key for column in columns]):
        yield fault(where, "column_doubled", "Two columns are called {key}.", key=key)


def cell_faults(
    columns: dict[str, Column], key: str, cell: Cell, where: tuple[str | int, ...]
) -> Iterator[InitErrorDetails]:
    """What is wrong with putting this cell into that column."""
    column = columns.get(key)
    if column is None:
        yield fault(where, "column_unknown", "There is no column {key}.", key=key)
    elif isinstance(cell, Empty | Filled):
        if not is_optional(column):
            yield fault(where, "cell_never_empty", "Column {key} always has a value.", key=key)
    elif strange := _strange(column, cell):
        what = "Column {key} never has {values}."
        yield fault(where, "cell_value_unknown", what, key=key, values=", ".join(strange))
    elif not column.takes(cell):
        yield fault(
            where, "cell_unfit", "A cell {op} with these values does not fit column {key} ({type}).",
            key=key, type=column.type, op=cell.op,
        )  # fmt: skip
