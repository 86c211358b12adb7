"""The checker is exact: it agrees with trying every case there is."""

import json
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.column import Column
from domain.condition import Tree, unmet
from domain.decision_table import MAX_ROWS, DecisionTable, NoRowFits, decide
from domain.table_check import TableCheck, check_gate, check_table, gap_problems

COLUMNS: list[dict[str, Any]] = [
    {"key": "n", "type": "int", "min": 0, "max": 6},
    {"key": "money", "type": "money", "nullable": True},
    {"key": "tier", "type": "enum", "values": ["a", "b", "c"], "nullable": True},
    {"key": "region", "type": "enum", "values": ["a"], "open": True},
    {"key": "risk", "type": "bool", "nullable": True},
    {"key": "tags", "type": "set", "values": ["a", "b"]},
    {"key": "skills", "type": "set", "open": True},
]
NUMBERS = range(-1, 8)  # cells name 0 to 6, so these stand for every number
EVERY: dict[str, list[Any]] = {
    "n": [*range(7)],
    "money": [*NUMBERS, None],
    "tier": ["a", "b", "c", None],
    "region": ["a", "b", "c", "unheard of"],
    "risk": [True, False, None],
    "tags": [[], ["a"], ["b"], ["a", "b"]],
    "skills": [
        [*s]
        for s in product(
            *[
                [
                    x,
                    "",
                ]
                for x in "abz"
            ]
        )
    ],
}
EVERY["skills"] = [[tag for tag in skills if tag] for skills in EVERY["skills"]]


def table(columns: list[dict[str, Any]], rows: list[dict[str, Any]], hit: str = "first") -> DecisionTable[None]:
    named = [{"id": f"r{no}", "when": when, "then": None} for no, when in enumerate(rows)]
    return DecisionTable[None].model_validate_json(json.dumps({"hit": hit, "columns": columns, "rows": named}))


def ranges() -> st.SearchStrategy[dict[str, Any]]:
    limit = st.integers(0, 6)
    one = st.builds(lambda op, n: {"op": "range", op: n}, st.sampled_from(["gt", "ge", "lt", "le"]), limit)
    both = st.tuples(limit, limit).map(lambda ends: {"op": "range", "ge": min(ends), "le": max(ends)})
    return st.one_of(one, both)


def listed(ops: list[str], values: list[Any]) -> st.SearchStrategy[dict[str, Any]]:
    some = st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)
    return st.builds(lambda op, values: {"op": op, "values": values}, st.sampled_from(ops), some)


def cells(column: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    kind, choices = column["type"], []
    if column.get("nullable") or kind == "set":
        choices += [st.just({"op": "empty"}), st.just({"op": "filled"})]
    if kind in ("int", "money"):
        choices += [ranges(), ranges(), listed(["in", "not_in"], [0, 3, 6])]
    elif kind == "enum":
        choices += [listed(["in", "not_in"], column["values"] if not column.get("open") else ["a", "b", "c"])]
    elif kind == "bool":
        choices += [listed(["in", "not_in"], [True, False])]
    else:
        choices += [listed(["any_of", "all_of", "none_of"], ["a", "b"])]
    return st.one_of(choices)


@st.composite
def tables(draw: st.DrawFn) -> DecisionTable[None]:
    columns = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=3, unique_by=lambda c: str(c["key"])))
    row = st.fixed_dictionaries({}, optional={column["key"]: cells(column) for column in columns})
    return table(columns, draw(st.lists(row, min_size=1, max_size=6)), draw(st.sampled_from(["first", "collect"])))


def every_case(columns: tuple[Column, ...]) -> list[dict[str, Any]]:
    keys = [column.key for column in columns]
    return [dict(zip(keys, values, strict=True)) for values in product(*(EVERY[key] for key in keys))]


def rows_fired(some: DecisionTable[None], facts: dict[str, Any]) -> tuple[str, ...]:
    try:
        return decide(some, facts).fired
    except NoRowFits:
        return ()


@settings(deadline=None)
@given(tables())
def test_gaps_overlaps_and_unreachable_rows_are_those_that_trying_every_case_finds(some: DecisionTable[None]) -> None:
    check = check_table(some)
    fits = some.model_copy(update={"hit": "collect"})
    cases = every_case(some.columns)

    assert check.gaps is not None
    assert check.unreachable is not None
    assert check.overlaps is not None

    assert bool(check.gaps) == any(not rows_fired(some, case) for case in cases)
    assert not any(rows_fired(some, case) for case in check.gaps)

    fired = {row for case in cases for row in rows_fired(some, case)}
    assert set(check.unreachable) == {row.id for row in some.rows} - fired

    together = {pair for case in cases for pair in product(rows_fired(fits, case), repeat=2) if pair[0] < pair[1]}
    assert {overlap.rows for overlap in check.overlaps} == together
    assert all(set(overlap.rows) <= set(rows_fired(fits, overlap.example)) for overlap in check.overlaps)


AMOUNT = {"key": "amount", "type": "money", "min": 0}
REGION = {"key": "region", "type": "enum", "values": ["华东", "华南"], "nullable": True}


def test_a_gap_of_one_cent_is_shown_by_the_case_that_falls_into_it() -> None:
    rows = [{"amount": {"op": "range", "lt": 5_000_001}}, {"amount": {"op": "range", "gt": 5_000_001}}]
    assert check_table(table([AMOUNT], rows)).gaps == ({"amount": 5_000_001},)
    (problem,) = gap_problems(table([AMOUNT], rows), "table")
    assert (problem.code, problem.what) == ("table_gap", "No row fits amount = 5000001.")


def test_whole_numbers_leave_no_gap_between_above_a_limit_and_from_the_next_cent() -> None:
    rows = [{"amount": {"op": "range", "le": 5_000_000}}, {"amount": {"op": "range", "ge": 5_000_001}}]
    assert check_table(table([AMOUNT], rows)).gaps == ()


def test_a_table_that_forgot_requests_without_a_region_is_told_so() -> None:
    rows = [{"region": {"op": "in", "values": ["华东"]}}, {"region": {"op": "not_in", "values": ["华东"]}}]
    assert check_table(table([AMOUNT, REGION], rows)).gaps == ({"amount": 0, "region": None},)


def test_a_row_below_one_that_takes_all_its_cases_is_unreachable() -> None:
    rows: list[dict[str, Any]] = [
        {"amount": {"op": "range", "le": 100}},
        {"amount": {"op": "range", "gt": 50}},
        {"amount": {"op": "in", "values": [7, 90]}},
    ]
    assert check_table(table([AMOUNT], rows)).unreachable == ("r2",)
    assert check_table(table([AMOUNT], rows, hit="collect")).unreachable == ()


def test_a_table_too_involved_to_be_checked_says_so_instead_of_guessing() -> None:
    tags = [{"key": f"tags{no}", "type": "set", "open": True} for no in range(20)]
    chosen = {"op": "any_of", "values": [*"abcdefgh"]}
    involved = table(tags, [{str(column["key"]): chosen for column in tags}])
    assert check_table(involved) == TableCheck(gaps=None, unreachable=None, overlaps=None)
    assert [problem.code for problem in gap_problems(involved, "table")] == ["table_not_checked"]


TREE: TypeAdapter[Tree] = TypeAdapter(Tree)
GATE_COLUMNS = table(COLUMNS[:3], [{}]).columns


def conditions() -> st.SearchStrategy[dict[str, Any]]:
    leaf = st.one_of(
        [cells(c).map(lambda cell, key=c["key"]: {"fact": key, "cell": cell, "message": "m"}) for c in COLUMNS[:3]]  # type: ignore[misc]
    )
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda trees: {"all": trees}),
            st.lists(inner, min_size=1, max_size=3).map(lambda trees: {"any": trees}),
            inner.map(lambda tree: {"not": tree, "message": "m"}),
        ),
        max_leaves=6,
    )


@settings(deadline=None)
@given(conditions())
def test_a_gate_that_never_or_always_opens_is_recognised(tree: dict[str, Any]) -> None:
    gate = TREE.validate_json(json.dumps(tree))
    columns = {column.key: column for column in GATE_COLUMNS}
    open_ = {not unmet(gate, columns, case) for case in every_case(GATE_COLUMNS)}
    expected = {frozenset({True}): "always", frozenset({False}): "never"}.get(frozenset(open_), "sometimes")
    assert check_gate(gate, GATE_COLUMNS) == expected


def test_a_gate_too_involved_to_be_checked_says_so() -> None:
    some_of = {"any": [{"fact": "n", "cell": {"op": "in", "values": [n]}, "message": "m"} for n in range(7)]}
    gate = TREE.validate_json(json.dumps({"all": [some_of, {"any": [some_of] * 10}]}))
    assert check_gate(gate, GATE_COLUMNS) is None


def test_a_table_at_the_limits_is_checked_exactly_too() -> None:
    steps = [{"amount": {"op": "range", "ge": no * 100, "lt": (no + 1) * 100}} for no in range(MAX_ROWS)]
    check = check_table(table([AMOUNT, REGION], steps))
    assert check.gaps == ({"amount": MAX_ROWS * 100, "region": "华东"},)
    assert (check.overlaps, check.unreachable) == ((), ())
