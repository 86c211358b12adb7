"""Order lines always sum to what the contract says; who orders enough waits in the VIP queue."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.order import DEFAULT, ServiceTierPolicy, order_lines, quoted_lines, tier_of
from domain.policy import load
from domain.quote import QuoteBody, QuoteLine, reckon

LINES = st.lists(
    st.builds(
        QuoteLine,
        name=st.just("许可"),
        quantity=st.sampled_from(["1", "2.5", "12", "0.3333"]),
        unit_price=st.integers(0, 10_000_000),
        discount=st.sampled_from([0, 500, 3_333]),
        tax=st.sampled_from([0, 600, 1_300]),
    ),
    max_size=6,
)


@given(LINES, st.sampled_from([0, 1_250]), st.booleans())
def test_a_quotes_lines_with_tax_sum_to_its_total(lines: list[QuoteLine], discount: int, included: bool) -> None:
    body = QuoteBody(lines=lines, discount=discount, tax_included=included)
    assert sum(line.amount for line in quoted_lines(body, {})) == reckon(body).total


@given(LINES, st.integers(1, 10**12))
def test_what_the_contract_says_beside_the_quote_is_a_line_of_its_own(lines: list[QuoteLine], amount: int) -> None:
    made = order_lines("冷链可视化", amount, quoted_lines(QuoteBody(lines=lines), {}))
    assert sum(line.amount for line in made) == amount
    assert [line.kind for line in made[:-1]] == ["product"] * (len(made) - 1)


def test_a_large_order_or_a_faithful_customer_is_served_first() -> None:
    policy = load(ServiceTierPolicy, DEFAULT)
    assert policy.problems() == []
    assert tier_of(policy, amount=50_000_000, ordered=50_000_000, orders=1) == "vip"
    assert tier_of(policy, amount=49_999_999, ordered=49_999_999, orders=1) == "standard"
    assert tier_of(policy, amount=1, ordered=100_000_000, orders=2) == "vip"
    assert tier_of(policy, amount=1, ordered=5, orders=5) == "vip"
