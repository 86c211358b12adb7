"""A draft changes one thing at a time, two versions are compared row by row, and a trial says who is asked in place
of whom."""

import copy
from typing import Any

import pytest

from domain.access import Role
from domain.approval import DEFAULT as SHIPPED
from domain.approval import ApprovalPolicy
from domain.approver import RoleApprover
from domain.policy import KINDS, load, validate
from domain.policy_check import examine, references
from domain.policy_diff import compare
from domain.policy_draft import (
    add_column,
    add_row,
    delete_row,
    duplicate_row,
    fact_column,
    move_row,
    remove_column,
    rows_of,
    set_cells,
    set_hit,
    set_row,
)
from domain.policy_trial import Case, compare_on
from domain.refusal import Refused

CFO = RoleApprover(role=Role.CFO)


SHIPPED_TABLE = SHIPPED["table"]
COLUMNS = [
    {**column, "values": ["contract"]} if column["key"] == "kind" else column
    for column in SHIPPED_TABLE["columns"]
    if column["key"] not in ("discount", "margin")
]
DEFAULT = {**SHIPPED, "table": {**SHIPPED_TABLE, "columns": COLUMNS, "rows": SHIPPED_TABLE["rows"][:3]}}
"""The shipped policy as far as it is about contracts."""


def order(document: dict[str, Any]) -> list[str]:
    return [row["id"] for row in rows_of(document)]


def limit(yuan: int) -> dict[str, Any]:
    """The default lines with another limit."""
    below = {"amount": {"op": "range", "le": yuan * 100}}
    above = {"amount": {"op": "range", "gt": yuan * 100}}
    return set_cells(set_cells(DEFAULT, "up_to_50000", below), "above_50000", above)


def contract(yuan: int, currency: str = "CNY") -> Case:
    facts = {"amount": yuan * 100, "currency": currency, "region": "east", "kind": "contract"}
    return Case(f"{currency} {yuan}", "", facts)


def test_rows_are_added_copied_moved_and_deleted_and_the_document_before_stays_as_it_was() -> None:
    before = copy.deepcopy(DEFAULT)
    more = duplicate_row(add_row(DEFAULT, "r_new"), "up_to_50000", "r_copy")
    assert order(more) == ["up_to_50000", "r_copy", "above_50000", "foreign_currency", "r_new"]
    assert rows_of(more)[1]["when"] == rows_of(more)[0]["when"]
    moved = move_row(move_row(move_row(more, "r_new", -1), "up_to_50000", -1), "r_copy", 1)
    assert order(moved) == ["up_to_50000", "above_50000", "r_copy", "r_new", "foreign_currency"]
    assert order(delete_row(moved, "r_copy")) == ["up_to_50000", "above_50000", "r_new", "foreign_currency"]
    assert before == DEFAULT
    with pytest.raises(Refused, match="not_found"):
        delete_row(DEFAULT, "r_gone")


def test_a_column_comes_with_no_conditions_and_goes_with_all_of_them() -> None:
    wider = add_column(DEFAULT, fact_column("risk", "enum", certain=False))
    validate("approval", wider)
    with pytest.raises(Refused, match="column_doubled"):
        add_column(wider, fact_column("risk", "enum", certain=False))
    asked = set_cells(wider, "foreign_currency", {"risk": {"op": "in", "values": ["high"]}})
    assert compare("approval", wider, remove_column(asked, "risk")).values[0].where == "table.columns.risk.key"
    assert "risk" not in str(remove_column(asked, "risk"))


def test_a_draft_may_be_no_policy_at_all_and_is_still_read() -> None:
    broken = {"table": {"rows": [3, {"id": "r", "when": "always"}], "columns": None}}
    assert order(broken) == ["r"]
    assert rows_of(set_cells(broken, "r", {"amount": {"op": "empty"}}))[0]["when"] == {"amount": {"op": "empty"}}
    assert rows_of({}) == rows_of({"table": []}) == []


def test_every_kind_compares_as_the_same_with_itself_and_a_default_left_out_is_no_change() -> None:
    for kind, model in KINDS.items():
        assert compare(kind, model.default, model.default).empty
    written = {**DEFAULT, "rules": {"own": "above"}}
    assert compare("approval", DEFAULT, written).empty
    (change,) = compare("approval", DEFAULT, {**DEFAULT, "rules": {"own": "skip"}}).values
    assert (change.where, change.old, change.new) == ("rules.own", "above", "skip")


def test_two_versions_differ_in_rows_added_removed_moved_and_in_cells_old_and_new() -> None:
    new = move_row(duplicate_row(delete_row(limit(80_000), "foreign_currency"), "up_to_50000", "r_2"), "r_2", 1)
    new = set_row(move_row(new, "up_to_50000", 1), "above_50000", note="八万以上")
    found = compare("approval", DEFAULT, new)
    assert (found.added, found.removed, found.moved) == (("r_2",), ("foreign_currency",), ("above_50000",))
    changed = {(cell.row, cell.part): (cell.old, cell.new) for cell in found.cells}
    assert changed["above_50000", "note"] == ("", "八万以上")
    old_cell, new_cell = changed["up_to_50000", "amount"]
    assert (old_cell["le"], new_cell["le"]) == (5_000_000, 8_000_000)  # type: ignore[index, call-overload]


def test_a_higher_limit_is_seen_in_the_cases_that_no_longer_go_to_the_cfo() -> None:
    cases = [contract(yuan) for yuan in (40_000, 50_000, 60_000, 80_000, 80_001)] + [contract(1, "USD")]
    current = load(ApprovalPolicy, DEFAULT)
    trial = compare_on(cases, current, load(ApprovalPolicy, limit(80_000)))
    (shift,) = trial.shifts
    assert (trial.cases, shift.approver, shift.joins) == (6, CFO, False)
    assert shift.cases == ("CNY 60000", "CNY 80000")
    assert trial.unfit == trial.otherwise == ()
    back = compare_on(cases, load(ApprovalPolicy, limit(80_000)), current)
    assert [(one.approver, one.joins, one.cases) for one in back.shifts] == [(CFO, True, shift.cases)]


def test_cases_that_no_row_takes_and_those_that_only_take_longer_are_told_apart() -> None:
    narrow = set_cells(DEFAULT, "foreign_currency", {"currency": {"op": "in", "values": ["USD"]}})
    steps = [{**step, "allowed": "P2D"} for step in rows_of(DEFAULT)[0]["then"]["steps"]]
    slower = set_row(narrow, "up_to_50000", then={"steps": steps})
    cases = [contract(1), contract(60_000), contract(1, "EUR")]
    trial = compare_on(cases, load(ApprovalPolicy, DEFAULT), load(ApprovalPolicy, slower))
    assert (trial.shifts, trial.otherwise, trial.unfit) == ((), ("CNY 1",), ("EUR 1",))
    assert trial.touched == {"CNY 1", "EUR 1"}


def test_a_check_says_gaps_rows_that_never_fire_and_pairs_that_both_fit_differently() -> None:
    gap = delete_row(duplicate_row(DEFAULT, "up_to_50000", "r_never"), "foreign_currency")
    _, found = examine("approval", gap)
    assert [(warning.where, warning.code) for warning in found.warnings] == [("table.rows.1", "row_unreachable")]
    assert {problem.code for problem in found.problems} == {"table_gap"}
    _, found = examine("approval", add_row(DEFAULT, "r_new"))
    assert [(warning.where, warning.code) for warning in found.warnings] == [("table.rows.3", "row_unreachable")]
    assert [pair.rows for pair in found.overlaps] == [("up_to_50000", "r_new")]
    _, found = examine("approval", set_hit(add_row(DEFAULT, "r_new"), "collect"))
    assert found.warnings == ()
    policy, found = examine("lead", {"engine": 1})
    assert policy is None
    assert {problem.code for problem in found.problems} == {"missing"}


def test_a_policy_names_what_must_be_there_for_it_to_work() -> None:
    step = {
        "key": "one", "who": [{"by": "role", "role": "cfo"}, {"by": "superior"}], "allowed": "P1D",
        "calendar": "office", "copy_to": [{"by": "person", "person": "p"}],
        "timeout": {"do": "pass", "to": {"by": "head", "unit": "legal"}},
    }  # fmt: skip
    policy = load(ApprovalPolicy, set_row(DEFAULT, "up_to_50000", then={"steps": [step]}))
    found = {(one.what, one.key, one.where.removeprefix("table.rows.0.then.steps.0.")) for one in references(policy)}
    assert {
        ("calendar", "office", "calendar"), ("role", "cfo", "who.0"), ("person", "p", "copy_to.0"),
        ("unit", "legal", "timeout.to"),
    } <= found  # fmt: skip
