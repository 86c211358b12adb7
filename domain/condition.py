"""Conditions for gates and branches: a small tree of `all`, `any` and `not` over the cells of decision tables.

Each condition carries a message code, so that a gate that stays shut says in the reader's words what is missing.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import Discriminator, Field, Tag
from pydantic_core import InitErrorDetails

from domain.cell import Cell, Value
from domain.column import Column, cell_faults, read_fact
from domain.document import Key, Strict, fault

MAX_DEPTH, MAX_CONDITIONS = 3, 64


class Condition(Strict):
    """One fact held against one cell."""

    fact: Key
    cell: Cell
    message: Key

    def unmet(self, facts: Mapping[str, Value]) -> tuple["Unmet", ...]:
        if self.cell.holds(facts[self.fact]):
            return ()
        return (Unmet(message=self.message, fact=self.fact, value=facts[self.fact]),)


class AllHold(Strict):
    all: Annotated[tuple["Tree", ...], Field(min_length=1)]

    def unmet(self, facts: Mapping[str, Value]) -> tuple["Unmet", ...]:
        return tuple(u for child in self.all for u in child.unmet(facts))


class AnyHolds(Strict):
    any: Annotated[tuple["Tree", ...], Field(min_length=1)]

    def unmet(self, facts: Mapping[str, Value]) -> tuple["Unmet", ...]:
        """Nothing when one branch holds, else what is missing in every branch."""
        branches = [child.unmet(facts) for child in self.any]
        return tuple(u for branch in branches for u in branch) if all(branches) else ()


class NotHolds(Strict):
    not_: Annotated["Tree", Field(alias="not")]
    message: Key

    def unmet(self, facts: Mapping[str, Value]) -> tuple["Unmet", ...]:
        return () if self.not_.unmet(facts) else (Unmet(message=self.message),)


class Unmet(Strict):
    """A condition that does not hold: its message code and, where it asks for one fact, that fact's value."""

    message: str
    fact: str | None = None
    value: Value = None


def _form(tree: object) -> str | None:
    if isinstance(tree, dict):
        return next((form for form in ("all", "any", "not", "fact") if form in tree), None)
    return next((form for form, model in _FORMS.items() if isinstance(tree, model)), None)


_FORMS: dict[str, type[Strict]] = {"all": AllHold, "any": AnyHolds, "not": NotHolds, "fact": Condition}
Tree: TypeAlias = Annotated[
    Annotated[AllHold, Tag("all")]
    | Annotated[AnyHolds, Tag("any")]
    | Annotated[NotHolds, Tag("not")]
    | Annotated[Condition, Tag("fact")],
    Discriminator(
        _form,
        custom_error_type="condition_form",
        custom_error_message="A condition is one of: all, any, not, or a fact with a cell.",
    ),
]
AllHold.model_rebuild()
AnyHolds.model_rebuild()
NotHolds.model_rebuild()


def unmet(tree: Tree, columns: Mapping[str, Column], facts: Mapping[str, Any]) -> tuple[Unmet, ...]:
    """The conditions that do not hold; empty: the gate is open.

    Raises Refused `fact_missing` or `fact_invalid` for any fact the tree mentions, even one that would not matter.
    """
    read = {leaf.fact: read_fact(columns[leaf.fact], facts) for leaf in leaves(tree)}
    return tree.unmet(read)


def leaves(tree: Tree) -> Iterator[Condition]:
    if isinstance(tree, Condition):
        yield tree
    for child in children(tree):
        yield from leaves(child)


def children(tree: Tree) -> tuple[Tree, ...]:
    if isinstance(tree, AllHold):
        return tree.all
    if isinstance(tree, AnyHolds):
        return tree.any
    return (tree.not_,) if isinstance(tree, NotHolds) else ()


def tree_faults(tree: Tree, columns: dict[str, Column], where: tuple[str | int, ...]) -> Iterator[InitErrorDetails]:
    """Cells that do not fit their facts, and trees too deep or too large to read."""
    if _depth(tree) > MAX_DEPTH:
        yield fault(where, "tree_deep", "Conditions may be nested {most} deep.", most=MAX_DEPTH)
    conditions = list(leaves(tree))
    if len(conditions) > MAX_CONDITIONS:
        yield fault(where, "tree_large", "At most {most} conditions in one gate.", most=MAX_CONDITIONS)
    for leaf in conditions:
        yield from cell_faults(columns, leaf.fact, leaf.cell, (*where, leaf.message))


def _depth(tree: Tree) -> int:
    """Levels of all, any and not above the deepest condition."""
    inner = children(tree)
    return 1 + max(map(_depth, inner)) if inner else 0
