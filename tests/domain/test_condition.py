"""Gates say which of their conditions do not hold."""

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.column import Column
from domain.condition import Tree, tree_faults, unmet
from domain.refusal import Refused

TREE: TypeAdapter[Tree] = TypeAdapter(Tree)
COLUMN: TypeAdapter[Column] = TypeAdapter(Column)
COLUMNS = {key: COLUMN.validate_python({"key": key, "type": "bool"}) for key in "abc"}


def leaf(fact: str) -> dict[str, Any]:
    return {"fact": fact, "cell": {"op": "in", "values": [True]}, "message": f"{fact}_needed"}


def read(tree: dict[str, Any]) -> Tree:
    return TREE.validate_json(json.dumps(tree))


def messages(tree: dict[str, Any], facts: str) -> list[str]:
    """What keeps the gate shut when just these facts are true."""
    return [u.message for u in unmet(read(tree), COLUMNS, {key: key in facts for key in COLUMNS})]


def test_all_names_each_condition_that_fails() -> None:
    tree = {"all": [leaf("a"), leaf("b"), leaf("c")]}
    assert messages(tree, "b") == ["a_needed", "c_needed"]
    assert messages(tree, "abc") == []


def test_any_is_open_by_one_branch_and_otherwise_names_what_is_missing_in_all() -> None:
    tree = {"any": [{"all": [leaf("a"), leaf("b")]}, leaf("c")]}
    assert messages(tree, "c") == []
    assert messages(tree, "a") == ["b_needed", "c_needed"]


def test_not_says_its_own_message() -> None:
    tree = {"not": {"any": [leaf("a"), leaf("b")]}, "message": "neither_please"}
    assert messages(tree, "b") == ["neither_please"]
    assert messages(tree, "") == []


trees = st.recursive(
    st.sampled_from("abc").map(leaf),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda trees: {"all": trees}),
        st.lists(inner, min_size=1, max_size=3).map(lambda trees: {"any": trees}),
        inner.map(lambda tree: {"not": tree, "message": "not_so"}),
    ),
    max_leaves=8,
)


def holds(tree: dict[str, Any], true: str) -> bool:
    if "all" in tree:
        return all(holds(t, true) for t in tree["all"])
    if "any" in tree:
        return any(holds(t, true) for t in tree["any"])
    return not holds(tree["not"], true) if "not" in tree else tree["fact"] in true


@given(trees)
def test_a_gate_is_open_exactly_when_its_tree_is_true(tree: dict[str, Any]) -> None:
    for chosen in product(("", "a"), ("", "b"), ("", "c")):
        facts = "".join(chosen)
        assert (not messages(tree, facts)) == holds(tree, facts)


def test_a_fact_is_asked_for_even_where_another_branch_would_do() -> None:
    with pytest.raises(Refused, match="fact_missing"):
        unmet(read({"any": [leaf("a"), leaf("b")]}), COLUMNS, {"a": True})


@pytest.mark.parametrize("broken", [{}, {"xor": []}, {"all": []}, {"all": [7]}, {"not": leaf("a")}, {"fact": "a"}])
def test_a_broken_tree_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(broken)


def test_trees_too_deep_or_too_large_to_read_are_faults() -> None:
    deep: dict[str, Any] = leaf("a")
    for _ in range(4):
        deep = {"all": [deep]}
    large = {"all": [leaf("a")] * 65}
    assert [f["type"].type for f in tree_faults(read(deep), COLUMNS, ())] == ["tree_deep"]  # type: ignore[union-attr]
    assert [f["type"].type for f in tree_faults(read(large), COLUMNS, ())] == ["tree_large"]  # type: ignore[union-attr]
