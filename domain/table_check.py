"""What is wrong with a table or a gate before any case meets it: gaps, overlaps, rows that never decide."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, islice
from math import prod
from typing import Any, Literal, TypeVar

from domain.box import EFFORT, Box, Space, TooManyBoxes
from domain.cell import MAX_VALUES, Value
from domain.column import Column
from domain.condition import AllHold, AnyHolds, Condition, Tree, leaves
from domain.decision_table import DecisionTable
from domain.document import Problem, Strict

MOST_GAPS, MOST_OVERLAPS = 5, 100
ROW_BOXES, TREE_BOXES = MAX_VALUES, 64


class Overlap(Strict):
    """Two rows that both take the example. Ordinary under `first`, where the upper one decides."""

    rows: tuple[str, str]
    example: dict[str, Value]


class TableCheck(Strict):
    """What was found; None where a table is too involved for an exact answer.

    `gaps` are example cases no row fits (at most five), `unreachable` the ids of rows that never fire, `overlaps` the
    first hundred.
    """

    gaps: tuple[dict[str, Value], ...] | None
    unreachable: tuple[str, ...] | None
    overlaps: tuple[Overlap, ...] | None


def check_table(table: DecisionTable[Any]) -> TableCheck:
    """Exact for every case the columns allow. Takes milliseconds, up to seconds for tables at the limits."""
    try:
        rows = Rows(table)
    except TooManyBoxes:
        return TableCheck(gaps=None, unreachable=None, overlaps=None)
    return TableCheck(gaps=rows.answer(_gaps), unreachable=rows.answer(_unreachable), overlaps=rows.answer(_overlaps))


def gap_problems(table: DecisionTable[Any], where: str) -> list[Problem]:
    """Why a table that must decide every case may not be published: a gap, shown by a case, or not being checkable."""
    gaps = check_table(table).gaps
    if gaps is None:
        what = "The table is too involved to be checked for gaps: add a last row without conditions."
        return [Problem(where=where, code="table_not_checked", what=what)]
    return [
        Problem(where=where, code="table_gap", what=f"No row fits {_said(case)}.", params={"facts": _plain(case)})
        for case in gaps
    ]


def check_gate(tree: Tree, columns: Sequence[Column]) -> Literal["always", "sometimes", "never"] | None:
    """When the gate is open; None: too involved to say."""
    try:
        space = Space(columns, ((leaf.fact, leaf.cell) for leaf in leaves(tree)))
        boxes = _tree_boxes(space, tree)
        shut = _any(space.uncovered(space.full, boxes))
    except TooManyBoxes:
        return None
    if not boxes:
        return "never"
    return "sometimes" if shut else "always"


Answer = TypeVar("Answer")


class Rows:
    """A table's rows as boxes, by row id. Raises TooManyBoxes."""

    def __init__(self, table: DecisionTable[Any]) -> None:
        self.space = Space(table.columns, ((key, cell) for row in table.rows for key, cell in row.when.items()))
        self.boxes = {row.id: self.space.boxes(row.when, ROW_BOXES) for row in table.rows}
        self.first_decides = table.hit == "first"

    def answer(self, question: Callable[["Rows"], Answer]) -> Answer | None:
        self.space.effort = EFFORT
        try:
            return question(self)
        except TooManyBoxes:
            return None


def _gaps(rows: Rows) -> tuple[dict[str, Value], ...]:
    # Large boxes first: a row that takes everything ends the search, wherever it stands.
    taken = sorted((box for boxes in rows.boxes.values() for box in boxes), key=_size, reverse=True)
    return tuple(rows.space.example(box) for box in islice(rows.space.uncovered(rows.space.full, taken), MOST_GAPS))


def _unreachable(rows: Rows) -> tuple[str, ...]:
    found: list[str] = []
    above: list[Box] = []
    for row_id, boxes in rows.boxes.items():
        if not any(_any(rows.space.uncovered(box, above)) for box in boxes):
            found.append(row_id)
        if rows.first_decides:
            above += boxes
    return tuple(found)


def _overlaps(rows: Rows) -> tuple[Overlap, ...]:
    space, found = rows.space, list[Overlap]()
    for (upper, upper_boxes), (lower, lower_boxes) in combinations(rows.boxes.items(), 2):
        shared = next((m for a in upper_boxes for b in lower_boxes if (m := space.meet(a, b))), None)
        if shared:
            found.append(Overlap(rows=(upper, lower), example=space.example(shared)))
        if len(found) == MOST_OVERLAPS:
            break
    return tuple(found)


def _any(boxes: Iterator[Box]) -> bool:
    return next(boxes, None) is not None


def _size(box: Box) -> int:
    return prod(mask.bit_count() for mask in box)


def _tree_boxes(space: Space, tree: Tree) -> list[Box]:
    """Boxes that together hold exactly the cases the tree is true for; those of `any` may overlap."""
    if isinstance(tree, Condition):
        boxes = space.boxes({tree.fact: tree.cell}, TREE_BOXES)
    elif isinstance(tree, AllHold):
        boxes = [space.full]
        for child in tree.all:
            boxes = [m for a in boxes for b in _tree_boxes(space, child) if (m := space.meet(a, b))]
    elif isinstance(tree, AnyHolds):
        boxes = [box for child in tree.any for box in _tree_boxes(space, child)]
    else:
        boxes = list(islice(space.uncovered(space.full, _tree_boxes(space, tree.not_)), TREE_BOXES + 1))
    if len(boxes) > TREE_BOXES:
        raise TooManyBoxes
    return boxes


def _said(case: dict[str, Value]) -> str:
    return ", ".join(f"{key} = {'(empty)' if value in (None, ()) else value}" for key, value in case.items())


def _plain(case: dict[str, Value]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in case.items()}
