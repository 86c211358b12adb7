"""A deal moves forward stage by stage, back at will, and closes only where it may."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from domain.pipeline import DEFAULT, PipelinePolicy, may_move
from domain.policy import canonical, load, validate
from domain.refusal import Refused
from domain.stage_action import ContractAction, DueAction
from locales.refusals import refusal_text

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


@pytest.mark.parametrize("which", ["won_reasons", "lost_reasons"])
def test_a_reason_has_a_key_of_its_own(which: str) -> None:
    twice = [{"key": "fit", "name": {"zh": "合适", "en": "Fit"}}] * 2
    with pytest.raises(ValidationError, match="reason_doubled"):
        PipelinePolicy.model_validate_json(canonical({**DEFAULT, which: twice}))


@pytest.mark.parametrize("amount", [None, 0, -100])
def test_a_proposal_needs_an_amount(amount: int | None) -> None:
    assert refusal("needs", "proposal", amount=amount) == (
        "fields_missing", {"stage": "proposal", "fields": ["amount"]},
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
        load(PipelinePolicy, DEFAULT | {"facts": []})
    assert [(p["where"], p["code"]) for p in refused.value.params["problems"]] == [
        ("stages.4.gate.contract_not_approved", "column_unknown")
    ]


def test_a_gate_speaks_in_the_policys_own_words() -> None:
    said = {"zh": "先签合同", "en": "Sign the contract first"}
    pipeline = load(PipelinePolicy, DEFAULT | {"messages": {"contract_not_approved": said}})
    with pytest.raises(Refused) as refused:
        may_move(pipeline, "negotiation", "won", READY | {"contract_status": None})
    assert refused.value.params["conditions"][0]["said"] == said
    assert refusal_text(refused.value, "zh_CN") == "先签合同"


def test_a_stage_that_is_gone_says_where_its_deals_belong() -> None:
    stages = [stage for stage in DEFAULT["stages"] if stage["key"] != "needs"]
    pipeline = load(PipelinePolicy, DEFAULT | {"stages": stages, "replaced": {"needs": "proposal"}})
    taken = [pipeline.taken_over(key) for key in ("contact", "needs", "dreams")]
    assert [stage and stage.key for stage in taken] == ["contact", "proposal", None]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"replaced": {"old": "dreams"}}, "stage_unknown"),
        ({"stall": {"amber": "P9D", "red": "P2D", "manager": "P10D"}}, "stall_order"),
        ({"facts": [*DEFAULT["facts"], {"key": "mood", "type": "int"}]}, "deal_fact_unknown"),
    ],
)
def test_a_pipeline_that_makes_no_sense_is_refused_with_the_reason(change: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        load(PipelinePolicy, DEFAULT | change)
    assert [problem["code"] for problem in refused.value.params["problems"]] == [code]


def test_an_action_that_keeps_failing_is_tried_ever_more_rarely() -> None:
    now = datetime(2026, 11, 26, tzinfo=UTC)
    due = DueAction(key="1/entry/0", id="x", stage="contact", when="entry", action=ContractAction())
    waits = []
    for _ in range(12):
        due.failed("no answer", now)
        assert due.retry_at is not None
        waits.append(int((due.retry_at - now).total_seconds()))
    assert waits == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]


def test_a_gate_no_deal_could_ever_pass_is_not_published() -> None:
    document = copy.deepcopy(DEFAULT)
    gate = document["stages"][4]["gate"]
    document["stages"][4]["gate"] = {"all": [gate, {"not": gate, "message": "amount_unwanted"}]}
    with pytest.raises(Refused) as refused:
        validate("pipeline", document)
    assert [(p["where"], p["code"]) for p in refused.value.params["problems"]] == [
        ("stages.4.gate", "gate_never_opens")
    ]
