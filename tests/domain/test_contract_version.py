"""Which differences of two versions ask approvers again, and what two checks found otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from domain.contract_version import (
    ClauseCounts,
    FindingChange,
    FoundValue,
    VersionDiff,
    VersionRules,
    changed_findings,
)

EVERY = VersionRules(reopens=("amount", "findings", "clauses", "words"))


def diff(**fields: Any) -> VersionDiff:
    known = {"old": 1, "new": 2, "state": "compared", "amount_old": 100, "amount_new": 100, "findings": []}
    return VersionDiff.model_validate({**known, **fields})


LONGER = FindingChange(kind="payment_term", old="30", new="90", old_level="ok", new_level="high")


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [
        ({}, []),
        ({"amount_new": 101}, ["amount"]),
        ({"findings": [LONGER]}, ["findings"]),
        ({"clauses": ClauseCounts(added=1)}, ["clauses", "words"]),
        ({"clauses": ClauseCounts(removed=1)}, ["clauses", "words"]),
        ({"clauses": ClauseCounts(reworded=1)}, ["words"]),
        ({"clauses": ClauseCounts(moved=9)}, []),
        ({"state": "unread"}, ["unread"]),
        ({"state": "replaced"}, ["unread"]),
        ({"coarse": True}, ["unread"]),
        ({"findings": None}, ["unread"]),
    ],
)
def test_each_kind_of_difference_asks_by_its_own_name(fields: dict[str, Any], reasons: list[str]) -> None:
    assert diff(**fields).reopens(EVERY) == reasons


def test_only_what_policy_names_asks_again_but_the_unknown_always_does() -> None:
    rules = VersionRules(reopens=())
    everything = {"amount_new": 1, "findings": [LONGER], "clauses": ClauseCounts(changed=3)}
    assert diff(**everything).reopens(rules) == []
    assert diff(state="unread", findings=None).reopens(rules) == ["unread"]
    assert diff(findings=None).reopens(rules) == []


def found(kind: str, value: str, level: str = "ok") -> FoundValue:
    return FoundValue(kind=kind, value=value, level=level)


def test_findings_are_told_as_gone_new_or_changed_with_both_levels() -> None:
    old = [found("payment_term", "90", "high"), found("governing_law", "CN"), found("warranty_period", "12")]
    new = [found("payment_term", "45", "medium"), found("governing_law", "CN"), found("ip_owner", "customer", "high")]
    assert changed_findings(old, new) == [
        FindingChange(kind="payment_term", old="90", new="45", old_level="high", new_level="medium"),
        FindingChange(kind="ip_owner", new="customer", new_level="high"),
        FindingChange(kind="warranty_period", old="12", old_level="ok"),
    ]


def test_one_value_of_several_that_changed_leaves_the_others() -> None:
    old, new = [[found("payment_term", value) for value in values] for values in (("30", "60"), ("30", "45"))]
    assert [(one.old, one.new) for one in changed_findings(old, new)] == [("60", "45")]


def test_the_same_value_at_another_level_is_a_change() -> None:
    (change,) = changed_findings([found("dispute", "arb/SIAC")], [found("dispute", "arb/SIAC", "medium")])
    assert (change.old, change.new, change.old_level, change.new_level) == ("arb/SIAC", "arb/SIAC", "ok", "medium")
