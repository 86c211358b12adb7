"""A payment plan divides an order exactly, and its parts fall due by the company's calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.collection import DEFAULT, PaymentPlanPolicy
from domain.instalment import Instalment
from domain.payment_plan import WHOLE_BP, Part, divide, part_faults
from domain.policy import load

POLICY = load(PaymentPlanPolicy, DEFAULT)
HALVES = POLICY.plans["halves"].parts
ORDERED = date(2026, 11, 22)
HAPPENED = {"order": ORDERED}


def test_an_order_is_paid_in_two_halves_a_week_and_thirty_seven_days_after_it() -> None:
    first, second = divide(4_800_001, HALVES, HAPPENED)
    assert (first.no, first.amount, first.due_on) == (1, 2_400_000, date(2026, 11, 29))
    assert (second.no, second.amount, second.due_on) == (2, 2_400_001, date(2026, 12, 29))


def test_a_share_that_comes_to_nothing_asks_nobody_for_nothing() -> None:
    (only,) = divide(1, HALVES, HAPPENED)
    assert (only.no, only.amount, only.due_on) == (1, 1, date(2026, 12, 29))


@given(total=st.integers(1, 10**15), cuts=st.sets(st.integers(1, WHOLE_BP - 1), max_size=20))
def test_instalments_add_up_to_the_cent_and_no_share_is_off_by_more_than_its_rounding(
    total: int, cuts: set[int]
) -> None:
    shares = [b - a for a, b in pairwise([0, *sorted(cuts), WHOLE_BP])]
    parts = [Part(share_bp=share, days=day) for day, share in enumerate(shares, start=1)]
    assert not part_faults(parts)
    instalments = divide(total, parts, HAPPENED)
    assert sum(i.amount for i in instalments) == total
    assert all(i.amount > 0 for i in instalments)
    by_day = {i.days: i.amount for i in instalments}
    for day, share in enumerate(shares, start=1):
        off = by_day.get(day, 0) * WHOLE_BP - total * share
        assert abs(off) < WHOLE_BP * len(shares)


@given(total=st.integers(1, 10**9), fixed=st.lists(st.integers(1, 10**9), max_size=6))
def test_fixed_amounts_are_paid_as_far_as_the_order_reaches(total: int, fixed: list[int]) -> None:
    parts = [*(Part(amount=amount) for amount in fixed), Part()]
    assert sum(i.amount for i in divide(total, parts, HAPPENED)) == total


@pytest.mark.parametrize("total", [0, -1])
def test_an_order_without_an_amount_has_no_plan(total: int) -> None:
    with pytest.raises(ValueError, match="no payment plan"):
        divide(total, HALVES, HAPPENED)


def test_what_falls_due_after_the_delivery_has_no_day_before_it() -> None:
    parts = POLICY.plans["stages"].parts
    assert [i.due_on for i in divide(100, parts, HAPPENED)] == [date(2026, 11, 29), None, None]
    delivered = HAPPENED | {"delivery": date(2026, 12, 1)}
    assert divide(100, parts, delivered)[1].due_on == date(2026, 12, 16)


def test_the_plan_is_chosen_by_the_first_row_that_fits() -> None:
    document = DEFAULT | {
        "choices": [
            {"tier": "vip", "plan": "stages"},
            {"at_least": 1_000, "currency": "CNY", "plan": "stages"},
            {"plan": "halves"},
        ]
    }
    policy = load(PaymentPlanPolicy, document)
    asked = [(1, "CNY", "vip"), (1_000, "CNY", None), (999, "CNY", "standard"), (5_000, "USD", None)]
    assert [policy.chosen(*one) for one in asked] == ["stages", "stages", "halves", "halves"]


def test_due_on_a_day_means_until_its_end_in_the_companys_zone() -> None:
    one = Instalment(id="i", no=1, amount=1)
    one.fall_due(date(2026, 11, 29), "Asia/Shanghai")
    assert one.due_at == datetime(2026, 11, 29, 16, tzinfo=UTC)
    one.fall_due(date(2026, 3, 29), "Europe/Berlin")  # the day the clocks go forward
    assert one.due_at is not None
    assert one.ask_at is not None
    assert one.due_at - one.ask_at == timedelta(hours=23)
