"""A deal moves forward stage by stage, back at will, and closes only where it may."""

import copy
from typing import Any

import pytest

from domain.pipeline import DEFAULT, PipelinePolicy, may_move
from domain.policy import load, validate
from domain.refusal import Refused

PIPELINE = load(PipelinePolicy, DEFAULT)
READY = {"amount": 4_800_000, "contract_status": "approved"}
OPEN = ["contact", "needs", "proposal", "negotiation"]


def refusal(from_: str, to: str, **facts: Any) -> tuple[str, dict[str, Any]]:
    with pytest.raises(Refused) as refused:
        may_move(PIPELINE, from_, to, READY | facts)
    return refused.value.code, refused.value.params


def test_a_deal_ready_for_it_goes_the_whole_way_to_won() -> None:
    for from_, to in zip(OPEN, [*OPEN[1:], "won"], strict=True):
        may_move(PIPELINE, from_, to, READY)


@pytest.mark.parametrize("from_", OPEN)
def test_a_deal_may_be_lost_from_any_open_stage_and_go_back_to_any_earlier_one(from_: str) -> None:
    for to in ["lost", *OPEN[: OPEN.index(from_)]]:
        may_move(PIPELINE, from_, to, {"amount": None, "contract_status": None})


@pytest.mark.parametrize(
    ("from_", "to", "next_"),
    [("contact", "proposal", "needs"), ("contact", "won", "needs"), ("proposal", "won", "negotiation")],
)
def test_a_skipped_stage_is_refused_and_the_next_one_is_named(from_: str, to: str, next_: str) -> None:
    assert refusal(from_, to) == ("stage_skipped", {"stage": to, "next": next_})


def test_a_closed_deal_stays_where_it_is() -> None:
    for closed in ("won", "lost"):
        for to in [*OPEN, "won", "lost"]:
            assert refusal(closed, to)[0] == "stage_closed"


def test_moving_to_the_same_stage_or_to_one_nobody_knows_is_refused() -> None:
    assert refusal("needs", "needs") == ("stage_same", {"stage": "needs"})
    assert refusal("needs", "dreams") == ("stage_unknown", {"stage": "dreams"})


@pytest.mark.parametrize("amount", [None, 0, -100])
def test_a_proposal_needs_an_amount(amount: int | None) -> None:
    condition = {"message": "amount_needed", "fact": "amount", "value": amount}
    assert refusal("needs", "proposal", amount=amount) == (
        "gate_failed", {"stage": "proposal", "conditions": [condition]},
    )  # fmt: skip
    may_move(PIPELINE, "needs", "proposal", READY | {"amount": 1})


@pytest.mark.parametrize("status", [None, "draft", "in_approval"])
def test_a_deal_is_won_only_with_an_approved_contract(status: str | None) -> None:
    code, params = refusal("negotiation", "won", contract_status=status)
    assert (code, params["conditions"][0]["message"]) == ("gate_failed", "contract_not_approved")


def test_a_gate_whose_facts_are_missing_stays_shut() -> None:
    with pytest.raises(Refused, match="fact_missing"):
        may_move(PIPELINE, "negotiation", "won", {"amount": 1})


@pytest.mark.parametrize(
    "order",
    [["won", "contact", "lost"], ["contact", "lost", "won"], ["contact", "needs", "won"], ["won", "lost", "contact"]],
)
def test_a_pipeline_leads_from_open_stages_to_won_and_lost(order: list[str]) -> None:
    stages = {stage["key"]: stage for stage in copy.deepcopy(DEFAULT)["stages"]}
    with pytest.raises(Refused) as refused:
        load(PipelinePolicy, DEFAULT | {"stages": [stages[key] for key in order]})
    assert "stages_order" in {problem["code"] for problem in refused.value.params["problems"]}


def test_a_gate_may_ask_only_for_facts_the_pipeline_declares() -> None:
    with pytest.raises(Refused) as refused:
        load(PipelinePolicy, DEFAULT | {"facts": DEFAULT["facts"][:1]})
    assert [(p["where"], p["code"]) for p in refused.value.params["problems"]] == [
        ("stages.4.gate.contract_not_approved", "column_unknown")
    ]


def test_a_gate_no_deal_could_ever_pass_is_not_published() -> None:
    document = copy.deepcopy(DEFAULT)
    gate = document["stages"][2]["gate"]
    document["stages"][2]["gate"] = {"all": [gate, {"not": gate, "message": "amount_unwanted"}]}
    with pytest.raises(Refused) as refused:
        validate("pipeline", document)
    assert [(p["where"], p["code"]) for p in refused.value.params["problems"]] == [
        ("stages.2.gate", "gate_never_opens")
    ]
