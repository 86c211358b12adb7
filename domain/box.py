"""Boxes: what rows and conditions take, as exact regions of all possible cases, so that they can be compared.

Each column is cut at the values its cells mention into atoms, between which no cell tells a difference; a set column
becomes a yes/no axis per mentioned tag. A box is one bitmask of atoms per axis.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from operator import and_
from typing import TypeAlias, cast

from domain.cell import AllOf, AnyOf, Cell, Empty, In, NoneOf, NotIn, Range, Value
from domain.column import BoolColumn, Column, EnumColumn, NumberColumn, SetColumn

MOST_AXES = 256
EFFORT = 250_000
"""Comparisons of boxes before a question is given up: about a second."""

Box: TypeAlias = tuple[int, ...]
NO, YES = 1, 2  # the atoms of a tag's axis


class TooManyBoxes(Exception):
    """The question is too involved to be answered exactly; say "not checked" rather than guess."""


@dataclass(frozen=True)
class Axis:
    """`atoms` holds one value for each atom; of a tag's axis: absent, present."""

    column: str
    atoms: tuple[Value, ...]
    tag: str | None = None

    @property
    def all(self) -> int:
        return (1 << len(self.atoms)) - 1

    def taken_by(self, limits: Range) -> int:
        # Bisected, because most cells are ranges and a column may have a thousand limits.
        numbers = cast(Sequence[int], self.atoms)
        known = len(numbers) - (self.atoms[-1] is None)
        start = 0 if limits.lowest is None else bisect_left(numbers, limits.lowest, hi=known)
        end = known if limits.highest is None else bisect_right(numbers, limits.highest, hi=known)
        return (1 << end) - (1 << start)


class Space:
    """All cases that columns allow, cut by the cells that will be asked about.

    Every method may raise TooManyBoxes; a new question may begin with fresh `effort`.
    """

    def __init__(self, columns: Iterable[Column], cells: Iterable[tuple[str, Cell]]) -> None:
        mentioned: dict[str, list[Cell]] = {}
        for key, cell in cells:
            mentioned.setdefault(key, []).append(cell)
        self.axes = [axis for column in columns for axis in _axes(column, mentioned.get(column.key, []))]
        self.full: Box = tuple(axis.all for axis in self.axes)
        self.effort = EFFORT
        if len(self.axes) > MOST_AXES:
            raise TooManyBoxes

    def boxes(self, when: Mapping[str, Cell], most: int) -> list[Box]:
        """Disjoint boxes that together hold exactly the cases all cells take; `most` is how many there may be."""
        found = [self.full]
        for key, cell in when.items():
            parts = self._parts(key, cell)
            if len(found) * len(parts) > most:
                raise TooManyBoxes
            found = [m for box, part in product(found, parts) if (m := self.meet(box, part))]
        return found

    def meet(self, a: Box, b: Box) -> Box | None:
        """What both boxes hold; None: nothing."""
        self._spend(1)
        both = tuple(map(and_, a, b))
        return both if all(both) else None

    def uncovered(self, box: Box, taken: Sequence[Box]) -> Iterator[Box]:
        """Disjoint boxes that together are what the taken ones leave of a box, each as soon as it is found."""
        todo = [(box, 0)]
        while todo:
            part, at = todo.pop()
            while at < len(taken) and self.meet(part, taken[at]) is None:
                at += 1
            if at == len(taken):
                yield part
            else:
                todo.extend((piece, at + 1) for piece in reversed(_split_off(part, taken[at])))

    def example(self, box: Box) -> dict[str, Value]:
        """One case inside the box: the lowest numbers, the fewest tags, a value rather than none."""
        facts: dict[str, Value] = {}
        tags: dict[str, list[str]] = {}
        for axis, mask in zip(self.axes, box, strict=True):
            if axis.tag is None:
                facts[axis.column] = axis.atoms[(mask & -mask).bit_length() - 1]
                continue
            members = tags.setdefault(axis.column, [])
            if not mask & NO:
                members.append(axis.tag)
        return facts | {key: tuple(sorted(members)) for key, members in tags.items()}

    def _spend(self, effort: int) -> None:
        self.effort -= effort
        if self.effort < 0:
            raise TooManyBoxes

    def _parts(self, key: str, cell: Cell) -> list[Box]:
        at = [i for i, axis in enumerate(self.axes) if axis.column == key]
        axis = self.axes[at[0]]
        if axis.tag is None and isinstance(cell, Range):
            return [self._with({at[0]: axis.taken_by(cell)})]
        if axis.tag is None:
            self._spend(len(axis.atoms))
            return [self._with({at[0]: sum(1 << bit for bit, atom in enumerate(axis.atoms) if cell.holds(atom))})]
        asked = [i for i in at if not isinstance(cell, AnyOf | AllOf | NoneOf) or self.axes[i].tag in cell.values]
        if isinstance(cell, AllOf):
            return [self._with(dict.fromkeys(asked, YES))]
        if isinstance(cell, NoneOf | Empty):
            return [self._with(dict.fromkeys(asked, NO))]
        return [self._with(dict.fromkeys(asked[:n], NO) | {i: YES}) for n, i in enumerate(asked)]

    def _with(self, masks: Mapping[int, int]) -> Box:
        return tuple(masks.get(i, mask) for i, mask in enumerate(self.full))


def _split_off(box: Box, taken: Box) -> list[Box]:
    pieces, rest = [], list(box)
    for i, mask in enumerate(taken):
        if outside := rest[i] & ~mask:
            pieces.append((*rest[:i], outside, *rest[i + 1 :]))
            rest[i] &= mask
    return pieces


def _axes(column: Column, cells: Sequence[Cell]) -> list[Axis]:
    if isinstance(column, SetColumn):
        tags = _keys(column, [v for cell in cells if isinstance(cell, AnyOf | AllOf | NoneOf) for v in cell.values])
        return [Axis(column.key, (False, True), tag) for tag in tags]
    atoms: list[Value]
    if isinstance(column, NumberColumn):
        atoms = [*_numbers(column, cells)]
    elif isinstance(column, EnumColumn):
        atoms = [*_keys(column, [str(v) for cell in cells if isinstance(cell, In | NotIn) for v in cell.values])]
    elif isinstance(column, BoolColumn):
        atoms = [False, True]
    return [Axis(column.key, (*atoms, None) if column.nullable else tuple(atoms))]


def _numbers(column: NumberColumn, cells: Iterable[Cell]) -> Iterable[int]:
    """The number at the start of each atom; of the one that has no start, its last."""
    starts: set[int] = set()
    for cell in cells:
        if isinstance(cell, Range):
            starts |= {s for s in (cell.lowest, None if cell.highest is None else cell.highest + 1) if s is not None}
        elif isinstance(cell, In | NotIn):
            starts |= {s for v in cell.values for s in (int(v), int(v) + 1)}
    inside = sorted(
        s for s in starts
        if (column.min is None or s > column.min) and (column.max is None or s <= column.max)
    )  # fmt: skip
    if column.min is not None:
        return [column.min, *inside]
    last_of_lowest = inside[0] - 1 if inside else min(0, column.max if column.max is not None else 0)
    return [last_of_lowest, *inside]


def _keys(column: EnumColumn | SetColumn, mentioned: Iterable[str]) -> list[str]:
    """The mentioned keys and one to stand for all others, where there are others."""
    keys = list(dict.fromkeys(mentioned))
    rest = next((v for v in column.values if v not in keys), None)
    if rest is None and column.open:
        rest = "other"
        while rest in keys:
            rest += "*"
    return keys if rest is None else [*keys, rest]
