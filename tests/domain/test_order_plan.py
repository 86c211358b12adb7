"""A contract's own words propose how its order is paid."""

from __future__ import annotations

import pytest

from domain.order_plan import PlanPart, check_plan, days_of, proposed
from domain.refusal import Refused


def test_a_prepayment_and_a_term_make_two_parts() -> None:
    assert proposed({"prepayment": "0.30", "payment_term": "60d"}) == [
        PlanPart(share_bp=3_000, event="contract_signed", days=7),
        PlanPart(share_bp=7_000, event="invoice", days=60),
    ]


def test_a_term_alone_is_one_part_and_everything_in_advance_too() -> None:
    assert proposed({"payment_term": "20bd"}) == [PlanPart(share_bp=10_000, event="invoice", days=28)]
    assert proposed({"prepayment": "1.00"}) == [PlanPart(share_bp=10_000, event="contract_signed", days=7)]


@pytest.mark.parametrize("value", ["", "absent", "30", "d", "-5d"])
def test_what_is_no_term_proposes_nothing(value: str) -> None:
    assert days_of(value) is None
    assert proposed({"payment_term": value, "prepayment": value}) == []


def test_parts_that_make_no_whole_are_refused() -> None:
    with pytest.raises(Refused, match="plan_not_whole"):
        check_plan([PlanPart(share_bp=9_000, event="order", days=0)])
