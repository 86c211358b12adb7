"""Who approves what, by the default policy and by policies people might write."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from domain.access import Role
from domain.approval import DEFAULT, ApprovalPolicy
from domain.approver import PersonApprover, RoleApprover
from domain.policy import load, validate
from domain.refusal import Refused

POLICY = load(ApprovalPolicy, DEFAULT)
CASE = {"amount": 5_000_001, "currency": "CNY", "region": "east", "kind": "contract"}
Table = dict[str, Any]


def changed(change: Callable[[Table], Any]) -> dict[str, Any]:
    document = copy.deepcopy(DEFAULT)
    change(document["table"])
    return document


def problems(change: Callable[[Table], Any]) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refusal:
        validate("approval", changed(change))
    return [(problem["where"], problem["code"]) for problem in refusal.value.params["problems"]]


def first_step(**values: Any) -> Callable[[Table], Any]:
    """Changes the manager's step in the first row."""
    return lambda table: table["rows"][0].update(then={"steps": [table["rows"][0]["then"]["steps"][0] | values]})


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
    decision, route = POLICY.route({**CASE, "amount": amount, "currency": currency})
    assert [(by, step.key) for by, step in route] == [(row, key) for key in steps]
    assert decision.fired == (row,)


def test_a_request_that_does_not_say_what_is_uncertain_is_decided_without_it() -> None:
    decision, _ = POLICY.route({"amount": 100, "currency": "CNY", "kind": "contract"})
    assert decision.facts["region"] is None


def test_a_request_that_does_not_say_its_amount_is_never_decided() -> None:
    with pytest.raises(Refused, match="fact_missing"):
        POLICY.route({"currency": "CNY", "kind": "contract"})


def test_a_role_is_asked_in_the_requests_region_or_company_wide() -> None:
    assert RoleApprover(role=Role.REGIONAL_MANAGER).holder("east") == "role:regional_manager:east"
    assert RoleApprover(role=Role.CFO).holder("east") == "role:cfo:*"
    with pytest.raises(Refused, match="approver_needs_region"):
        RoleApprover(role=Role.REGIONAL_MANAGER).holder(None)


def test_a_policy_names_everybody_it_asks_copies_or_passes_to() -> None:
    step = {
        "copy_to": [{"by": "role", "role": "legal"}],
        "timeout": {"do": "pass", "to": {"by": "person", "person": "x"}},
    }
    asked = load(ApprovalPolicy, changed(first_step(**step))).asked
    assert RoleApprover(role=Role.LEGAL) in asked
    assert PersonApprover(person="x") in asked
    assert RoleApprover(role=Role.CFO) in asked


def test_a_person_is_named_by_an_id() -> None:
    assert not PersonApprover(person="zhao.min").known
    assert PersonApprover(person="0192f0c1-2345-7890-8abc-def012345678").known


def test_every_row_that_fits_adds_its_steps_and_a_step_asked_for_twice_is_taken_once() -> None:
    def collect(table: Table) -> None:
        table["hit"] = "collect"
        manager, cfo = table["rows"][1]["then"]["steps"]
        legal = {"key": "legal", "who": [{"by": "role", "role": "legal"}], "allowed": "P1D"}
        table["rows"] = [
            {"id": "all", "when": {}, "then": {"steps": [manager]}},
            {"id": "large", "when": table["rows"][1]["when"], "then": {"steps": [manager, cfo]}},
            {"id": "east", "when": {"region": {"op": "in", "values": ["east"]}}, "then": {"steps": [legal]}},
        ]

    decision, route = load(ApprovalPolicy, changed(collect)).route(CASE)
    assert decision.fired == ("all", "large", "east")
    assert [(row, step.key) for row, step in route] == [("all", "manager"), ("large", "cfo"), ("east", "legal")]


def test_an_amount_is_never_compared_without_saying_in_which_currency() -> None:
    where = ("table.rows.0.when", "amount_without_currency")
    assert problems(lambda table: table["rows"][0]["when"].pop("currency")) == [where]
    two = {"op": "in", "values": ["CNY", "USD"]}
    assert problems(lambda table: table["rows"][0]["when"].update(currency=two)) == [where]


def test_a_policy_with_a_gap_is_refused_with_a_case_nobody_would_approve() -> None:
    document = changed(lambda table: table["rows"][1]["when"].update(amount={"op": "range", "ge": 5_000_002}))
    with pytest.raises(Refused, match="policy_invalid") as refusal:
        validate("approval", document)
    (gap,) = refusal.value.params["problems"]
    assert (gap["where"], gap["code"]) == ("table", "table_gap")
    certain = {"amount": 5_000_001, "currency": "CNY", "region": "other", "kind": "contract"}
    assert gap["params"]["facts"] | certain == gap["params"]["facts"]


@pytest.mark.parametrize(
    ("column", "code"),
    [
        ({"key": "moon", "type": "enum", "values": ["full"], "nullable": True}, "fact_unknown"),
        ({"key": "payment_days", "type": "money", "nullable": True}, "fact_unknown"),
        ({"key": "risk", "type": "enum", "values": ["low", "high"]}, "fact_uncertain"),
        ({"key": "x_grade", "type": "int"}, "fact_uncertain"),
    ],
)
def test_a_table_asks_only_for_what_an_approval_may_know_and_takes_that_it_does_not(
    column: dict[str, Any], code: str
) -> None:
    assert problems(lambda table: table["columns"].append(column)) == [("table.columns.6", code)]


def test_a_custom_field_may_be_asked_for_by_a_name_of_ones_own() -> None:
    grade = {"key": "x_grade", "type": "int", "nullable": True}
    policy = load(ApprovalPolicy, changed(lambda table: table["columns"].append(grade)))
    assert policy.route(CASE)[0].facts["x_grade"] is None
    assert policy.route({**CASE, "x_grade": 3})[0].facts["x_grade"] == 3


@pytest.mark.parametrize(
    ("step", "where", "code"),
    [
        ({"remind": "PT8H"}, "remind", "remind_late"),
        ({"proof": "signature"}, "bulk", "bulk_unproved"),
        ({"proof": "second_factor", "bulk": False, "timeout": {"do": "approve"}}, "timeout", "timeout_unproved"),
    ],
)
def test_a_step_reminds_in_time_and_what_needs_a_proof_is_neither_decided_in_bulk_nor_by_silence(
    step: dict[str, Any], where: str, code: str
) -> None:
    assert problems(first_step(**step)) == [(f"table.rows.0.then.steps.0.{where}", code)]


def test_two_steps_of_a_route_have_different_names() -> None:
    def double(table: Table) -> None:
        steps = table["rows"][1]["then"]["steps"]
        table["rows"][1]["then"] = {"steps": [steps[0], steps[1] | {"key": "manager"}]}

    assert problems(double) == [("table.rows.1.then.steps", "step_doubled")]
