"""Risk levels under the built-in standard, and under one of the company's own."""

from __future__ import annotations

import pytest

from domain.clause.standard import ClauseStandard, built_in
from domain.policy import load
from domain.refusal import Refused


@pytest.mark.parametrize(
    ("kind", "levels"),
    [
        ("payment_term", {
            "0d": "ok", "30d": "ok", "31d": "medium", "20bd": "ok", "30bd": "medium", "60d": "medium",
            "61d": "high",
        }),
        ("prepayment", {"0.30": "ok", "0.29": "low", "0.00": "low", "1.00": "ok"}),
        ("late_payment_rate", {
            "0.0003/day": "ok", "0.001/day": "ok", "0.0002/day": "low", "0.0011/day": "low", "0.015/month": "ok",
            "0.12/year": "ok",
        }),
        ("delay_penalty_rate", {
            "0.0005/day": "ok", "0.001/day": "medium", "0.002/day": "high", "0.005/week": "medium",
            "0.01/week": "high",
        }),
        ("penalty_cap", {"0.10": "ok", "0.20": "medium", "absent": "medium", "0.21": "high", "none": "high"}),
        ("fixed_penalty", {"0.10": "ok", "0.20": "medium", "0.30": "high"}),
        ("liability_cap", {
            "1.00x": "ok", "fees_12m": "ok", "paid_fees": "ok", "CNY 2000000.00": "low", "2.00x": "medium",
            "absent": "medium", "2.01x": "high", "unlimited": "high",
        }),
        ("termination_notice", {"30d": "ok", "15d": "medium", "14d": "high", "0d": "high"}),
        ("auto_renewal", {"12m": "ok", "none": "ok", "same": "ok", "24m": "medium"}),
        ("renewal_notice", {"60d": "ok", "90d": "medium", "91d": "high"}),
        ("governing_law", {"CN": "ok", "HK": "medium", "GB-ENG": "medium", "US-NY": "high", "DE": "high"}),
        ("dispute", {
            "court/supplier": "ok", "arb/CIETAC": "ok", "court/customer": "medium", "arb/ICC": "high",
            "court/Delaware": "high",
        }),
        ("confidentiality_term", {"36m": "ok", "60m": "low", "61m": "medium", "perpetual": "medium"}),
        ("warranty_period", {"12m": "ok", "90d": "ok", "24m": "medium", "25m": "high"}),
        ("ip_owner", {"supplier": "ok", "joint": "medium", "customer": "high"}),
        ("total_amount", {"CNY 1.00": "ok", "JPY 1.00": "medium"}),
        ("conflict", {"payment_term": "high"}), ("amount_mismatch", {"total_amount": "high"}),
        ("hidden_text", {"tiny": "high"}),
    ],
)  # fmt: skip
def test_level_of_a_value(kind: str, levels: dict[str, str]) -> None:
    assert {value: built_in().risk(kind, value).value for value in levels} == levels


def test_a_standard_of_ones_own_replaces_the_kinds_it_names() -> None:
    own = load(
        ClauseStandard, {"rules": {"payment_term": {"bounds": [{"level": "ok", "most": "90"}], "otherwise": "medium"}}}
    )
    assert own.risk("payment_term", "90d").value == "ok"
    assert own.risk("payment_term", "91d").value == "medium"
    assert own.risk("ip_owner", "customer").value == "high"


@pytest.mark.parametrize(
    "rules", [{"no_such_kind": {}}, {"dispute": {"otherwise": "fatal"}}, {"dispute": {"bounds": [{"level": "ok"}]}}]
)
def test_a_standard_that_makes_no_sense_is_refused(rules: dict[str, object]) -> None:
    with pytest.raises(Refused):
        load(ClauseStandard, {"rules": rules})


def test_what_can_never_hold_keeps_a_standard_from_being_published() -> None:
    def problems(kind: str, **rule: object) -> list[tuple[str, str]]:
        standard = ClauseStandard.model_validate({"engine": 1, "rules": {kind: rule}})
        return [(problem.where, problem.code) for problem in standard.problems()]

    up_to = [{"level": "ok", "most": "60"}, {"level": "medium", "most": "30"}]
    assert problems("payment_term", bounds=up_to) == [("rules.payment_term.bounds.1", "bound_unreachable")]
    assert problems("payment_term", bounds=[{"level": "ok", "least": "40", "most": "30"}]) == [
        ("rules.payment_term.bounds.0", "bound_unreachable")
    ]
    assert problems("payment_term", bounds=up_to[::-1]) == []
    assert problems("governing_law", bounds=up_to[:1]) == [("rules.governing_law.bounds", "clause_without_size")]
    assert problems("governing_law", values={"JP": "ok", "Mars": "low"}) == [
        ("rules.governing_law.values.Mars", "clause_value_unknown")
    ]
    assert built_in().problems() == []
