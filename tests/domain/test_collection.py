"""A payment plan divides an order exactly."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.collection import DEFAULT, WHOLE_BP, PaymentPlanPolicy, plan
from domain.policy import load

POLICY = load(PaymentPlanPolicy, DEFAULT)
ORDERED = date(2026, 11, 22)


def test_an_order_is_paid_in_two_halves_a_week_and_thirty_seven_days_after_it() -> None:
    first, second = plan(4_800_001, POLICY, ORDERED)
    assert (first.no, first.amount, first.due_on) == (1, 2_400_000, date(2026, 11, 29))
    assert (second.no, second.amount, second.due_on) == (2, 2_400_001, date(2026, 12, 29))


def test_a_share_that_comes_to_nothing_asks_nobody_for_nothing() -> None:
    (only,) = plan(1, POLICY, ORDERED)
    assert (only.no, only.amount, only.due_on) == (1, 1, date(2026, 12, 29))


@given(
    total=st.integers(1, 10**15),
    cuts=st.sets(st.integers(1, WHOLE_BP - 1), max_size=20),
)
def test_instalments_add_up_to_the_cent_and_no_share_is_off_by_more_than_its_rounding(
    total: int, cuts: set[int]
) -> None:
    shares = [b - a for a, b in pairwise([0, *sorted(cuts), WHOLE_BP])]
    rows = [{"share_bp": share, "after": f"P{day}D"} for day, share in enumerate(shares, start=1)]
    policy = load(PaymentPlanPolicy, DEFAULT | {"instalments": rows})
    instalments = plan(total, policy, ORDERED)
    assert sum(i.amount for i in instalments) == total
    assert all(i.amount > 0 for i in instalments)
    by_day = {(i.due_on - ORDERED) // timedelta(days=1): i.amount for i in instalments}
    for day, share in enumerate(shares, start=1):
        off = by_day.get(day, 0) * WHOLE_BP - total * share
        assert abs(off) < WHOLE_BP * len(shares)


@pytest.mark.parametrize("total", [0, -1])
def test_an_order_without_an_amount_has_no_plan(total: int) -> None:
    with pytest.raises(ValueError, match="no payment plan"):
        plan(total, POLICY, ORDERED)
