"""A quote's sums are exact whatever is discounted, and a fen beyond a limit is beyond it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.quote import Limits, QuoteBody, QuoteLine, needs_approval, reckon, share, tax_number
from domain.refusal import Refused

lines = st.builds(
    QuoteLine,
    name=st.just("许可"),
    quantity=st.decimals(min_value="0.0001", max_value=9_999, places=4).map(str),
    unit_price=st.integers(0, 10_000_000),
    discount=st.integers(0, 10_000),
    tax=st.sampled_from([0, 600, 900, 1_300]),
    cost=st.none() | st.integers(0, 9_000_000),
)
bodies = st.builds(
    QuoteBody, lines=st.lists(lines, max_size=8), discount=st.integers(0, 10_000), tax_included=st.booleans()
)


@given(bodies)
def test_lines_sum_to_totals_and_tax_is_reckoned_once_a_rate(body: QuoteBody) -> None:
    totals = reckon(body)
    assert sum(totals.amounts) == totals.gross - totals.discount
    assert totals.total == totals.net + totals.tax == sum(t.base + t.tax for t in totals.taxes)
    assert sum(totals.amounts) == (totals.total if body.tax_included else totals.net)
    assert len(totals.taxes) == len({line.tax for line in body.lines})
    assert all(amount >= 0 for amount in totals.amounts)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), max_size=12))
def test_what_is_shared_out_is_all_of_it(total: int, weights: list[int]) -> None:
    parts = share(total, weights)
    assert sum(parts) == (total if sum(weights) else 0)
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


def quoted(discount: int) -> QuoteBody:
    """¥10,000 less `discount` fen, which cost ¥5,000."""
    return QuoteBody(lines=[QuoteLine(name="许可", unit_price=1_000_000, discount_amount=discount, cost=500_000)])


@pytest.mark.parametrize(
    ("discount", "asked"), [(100_000, False), (100_001, True)], ids=["exactly 10 %", "one fen above"]
)
def test_nobody_is_asked_up_to_the_limit_and_somebody_from_one_fen_above(discount: int, asked: bool) -> None:
    limits = Limits(discount=1_000, margin=0, amount=10**9)
    assert needs_approval(reckon(quoted(discount)), limits) is asked


def test_a_margin_a_hundredth_of_a_percent_below_is_below() -> None:
    limits = Limits(discount=10_000, margin=5_000, amount=10**9)
    assert not needs_approval(reckon(quoted(0)), limits)
    assert reckon(quoted(1)).margin_rate == 4_999
    assert needs_approval(reckon(quoted(1)), limits)


def test_a_tax_included_price_hides_its_tax() -> None:
    body = QuoteBody(lines=[QuoteLine(name="许可", unit_price=11_300, tax=1_300)], tax_included=True)
    totals = reckon(body)
    assert (totals.net, totals.tax, totals.total) == (10_000, 1_300, 11_300)


@pytest.mark.parametrize("quantity", ["0", "-1", "1.00001", "x", "1e12", "NaN"])
def test_a_quantity_is_above_nothing_and_has_four_decimals_at_most(quantity: str) -> None:
    with pytest.raises(Refused, match="quantity_unreadable"):
        QuoteLine(name="许可", quantity=quantity)


def test_a_social_credit_code_checks_itself() -> None:
    assert tax_number(" 91350100m000100y43 ") == "91350100M000100Y43"
    for wrong in ("91350100M000100Y44", "91350100M000100Y4", "91350100I000100Y43"):
        with pytest.raises(Refused, match="tax_number_wrong"):
            tax_number(wrong)
