"""Who approves what, by the default policy and by policies people might write."""

import copy
from typing import Any

import pytest

from domain.access import Role
from domain.approval import DEFAULT, ApprovalPolicy, RoleApprover
from domain.policy import load, validate
from domain.refusal import Refused

POLICY = load(ApprovalPolicy, DEFAULT)


@pytest.mark.parametrize(
    ("amount", "currency", "steps", "row"),
    [
        (4_800_000, "CNY", ["manager"], "up_to_50000"),
        (5_000_000, "CNY", ["manager"], "up_to_50000"),
        (5_000_001, "CNY", ["manager", "cfo"], "above_50000"),
        (18_000_000, "CNY", ["manager", "cfo"], "above_50000"),
        (100, "USD", ["manager", "cfo"], "foreign_currency"),
    ],
)
def test_up_to_fifty_thousand_yuan_the_regional_manager_above_also_the_cfo(
    amount: int, currency: str, steps: list[str], row: str
) -> None:
    decision = POLICY.route(amount=amount, currency=currency, region="east")
    assert [step.key for step in decision.outcome.steps] == steps
    assert decision.fired == (row,)


def test_a_step_opens_to_the_role_in_the_requests_region_or_company_wide() -> None:
    manager, cfo = POLICY.route(amount=5_000_001, currency="CNY", region="east").outcome.steps
    assert manager.who.holder("east") == "role:regional_manager:east"
    assert cfo.who.holder("east") == "role:cfo:*"


def test_a_regional_role_without_a_region_is_refused_since_nobody_could_hold_it() -> None:
    with pytest.raises(Refused, match="approver_needs_region"):
        RoleApprover(role=Role.REGIONAL_MANAGER).holder(None)


def test_a_policy_names_the_roles_it_needs() -> None:
    assert POLICY.roles == {Role.REGIONAL_MANAGER, Role.CFO}


def problems(change: Any) -> list[tuple[str, str]]:
    document = copy.deepcopy(DEFAULT)
    change(document["table"])
    with pytest.raises(Refused) as refusal:
        validate("approval", document)
    return [(problem["where"], problem["code"]) for problem in refusal.value.params["problems"]]


def test_an_amount_is_never_compared_without_saying_in_which_currency() -> None:
    where = ("table.rows.0.when", "amount_without_currency")
    assert problems(lambda table: table["rows"][0]["when"].pop("currency")) == [where]
    two = {"op": "in", "values": ["CNY", "USD"]}
    assert problems(lambda table: table["rows"][0]["when"].update(currency=two)) == [where]


def test_a_policy_with_a_gap_is_refused_with_a_case_nobody_would_approve() -> None:
    document = copy.deepcopy(DEFAULT)
    document["table"]["rows"][1]["when"]["amount"] = {"op": "range", "ge": 5_000_002}
    with pytest.raises(Refused, match="policy_invalid") as refusal:
        validate("approval", document)
    (gap,) = refusal.value.params["problems"]
    assert (gap["where"], gap["code"]) == ("table", "table_gap")
    assert gap["params"]["facts"] == {"amount": 5_000_001, "currency": "CNY", "region": "other", "kind": "contract"}


def test_a_table_may_only_ask_for_what_an_approval_knows() -> None:
    moon = {"key": "moon", "type": "enum", "values": ["full"]}
    assert problems(lambda table: table["columns"].append(moon)) == [("table.columns.4", "fact_unknown")]


def test_a_step_reminds_before_its_time_is_up_and_a_route_has_steps_of_different_names() -> None:
    def spoil(table: Any) -> None:
        manager, cfo = table["rows"][1]["then"]["steps"]
        table["rows"][0]["then"] = {"steps": [manager | {"remind": "PT8H"}]}
        table["rows"][1]["then"] = {"steps": [manager, cfo | {"key": "manager"}]}

    assert problems(spoil) == [
        ("table.rows.0.then.steps.0.remind", "remind_late"),
        ("table.rows.1.then.steps", "step_doubled"),
    ]
