"""Decision tables: rows of typed cells giving outcomes, decided exactly and explained row by row.

Pure and without a clock: `as_of` is a fact like any other. What a cell means never changes under `engine` 1.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Annotated, Any, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from domain.cell import Cell, Value
from domain.column import Column, cell_faults, column_faults, read_fact
from domain.document import Key, Strict, duplicates, fault, refuse_faults
from domain.refusal import Refused

MAX_ROWS, MAX_COLUMNS = 500, 20

T = TypeVar("T")
Test = tuple[str, Callable[[Any], bool]]


class Row(Strict, Generic[T]):
    """Fires when every cell of `when` holds; a column without a cell takes any value.

    `id` is stable and never reused, so that versions of a table can be compared row by row.
    """

    id: Key
    when: dict[str, Cell]
    then: T
    note: Annotated[str, StringConstraints(max_length=500)] = ""


class DecisionTable(Strict, Generic[T]):
    """`first`: the first row that fits decides. `collect`: every row that fits adds its outcome."""

    engine: Annotated[int, Field(ge=1, le=1)] = 1
    hit: Literal["first", "collect"] = "first"
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=MAX_COLUMNS)]
    rows: Annotated[tuple[Row[T], ...], Field(min_length=1, max_length=MAX_ROWS)]

    @model_validator(mode="after")
    def cells_fit_their_columns(self) -> Self:
        faults = list(column_faults(self.columns, ("columns",)))
        for row_id in duplicates([row.id for row in self.rows]):
            faults.append(fault(("rows",), "row_doubled", "Two rows have the id {row}.", row=row_id))
        by_key = {column.key: column for column in self.columns}
        for no, row in enumerate(self.rows):
            for key, cell in row.when.items():
                faults.extend(cell_faults(by_key, key, cell, ("rows", no, "when", key)))
        refuse_faults(self, faults)
        return self

    def row(self, row_id: str) -> Row[T]:
        return next(row for row in self.rows if row.id == row_id)

    def read(self, facts: Mapping[str, Any]) -> dict[str, Value]:
        """The facts this table asks for, checked; others are left out. Raises Refused as `read_fact` does."""
        return {column.key: read_fact(column, facts) for column in self.columns}

    @cached_property
    def tests(self) -> tuple[tuple[Row[T], tuple[Test, ...]], ...]:
        """Each row's cells in the columns' order, which storage does not keep inside `when`."""
        order = [column.key for column in self.columns]
        return tuple((row, tuple((k, row.when[k].holds) for k in order if k in row.when)) for row in self.rows)


class Decision(BaseModel, Generic[T]):
    """What a table said about one case, and why; kept with the case, so nothing is decided twice.

    `policy`, `version` and `hash` name the document and are filled by whoever loaded it. `misfits` gives, for each row
    tried that did not fire, the first column whose cell did not hold; under `first`, rows below the fired one were
    not tried. `fired` and `outcomes` run in parallel.
    """

    model_config = ConfigDict(frozen=True)

    policy: str = ""
    version: int | None = None
    hash: str = ""
    facts: dict[str, Value]
    fired: tuple[str, ...]
    misfits: dict[str, str]
    outcomes: tuple[T, ...]

    @property
    def outcome(self) -> T:
        """The outcome of a `first` table."""
        return self.outcomes[0]


class NoRowFits(Refused):
    """The table says nothing about this case: a person must complete the policy or the facts."""

    def __init__(self, facts: dict[str, Value], misfits: dict[str, str]) -> None:
        super().__init__("no_row_fits", facts=facts, misfits=misfits)


def decide(table: DecisionTable[T], facts: Mapping[str, Any]) -> Decision[T]:
    """Raises Refused `fact_missing` or `fact_invalid`, and `NoRowFits`: a table never falls through in silence."""
    read = table.read(facts)
    fired: list[Row[T]] = []
    misfits: dict[str, str] = {}
    for row, tests in table.tests:
        misfit = _first_misfit(tests, read)
        if misfit is not None:
            misfits[row.id] = misfit
            continue
        fired.append(row)
        if table.hit == "first":
            break
    if not fired:
        raise NoRowFits(read, misfits)
    return Decision(
        facts=read, fired=tuple(r.id for r in fired), misfits=misfits, outcomes=tuple(r.then for r in fired)
    )


def _first_misfit(tests: tuple[Test, ...], facts: Mapping[str, Value]) -> str | None:
    for key, holds in tests:
        if not holds(facts[key]):
            return key
    return None
