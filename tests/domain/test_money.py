from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import LARGEST, parse_amount, plain_amount
from domain.refusal import Refused


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("24000", 2_400_000),
        ("24,000.00", 2_400_000),
        (" ¥24,000.5 ", 2_400_050),
        ("2.4万", 2_400_000),
        ("2.4 万元", 2_400_000),
        ("1.00000001亿", 10_000_000_100),
        ("２４，０００．０１", 2_400_001),
        ("￥300 元", 30_000),
        ("CNY 300", 30_000),
        ("300 rmb", 30_000),
        ("0", 0),
        ("0.01", 1),
    ],
)
def test_what_an_office_types_becomes_fen(typed: str, fen: int) -> None:
    assert parse_amount(typed, "CNY") == fen


@pytest.mark.parametrize(
    "typed", ["", "abc", "24,00", "2,4000", "1.234.567", "-5", "1e6", "24 000 x", "$5", "¥", ".", "٣", "NaN", "1\n2"]
)
def test_what_could_mean_something_else_is_not_guessed(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_amount(typed, "CNY", "paid")
    assert (refused.value.code, refused.value.status, refused.value.field) == ("amount_unreadable", 422, "paid")


def test_nothing_is_rounded() -> None:
    with pytest.raises(Refused) as refused:
        parse_amount("24,000.005", "CNY")
    assert refused.value.code == "amount_decimals"
    assert refused.value.params["digits"] == 2
    assert parse_amount("24,000.500", "CNY") == 2_400_050
    assert parse_amount("500", "JPY") == 500
    with pytest.raises(Refused):
        parse_amount("500.5", "JPY")
    assert parse_amount("1.234", "KWD") == 1_234


@pytest.mark.parametrize("typed", ["9" * 400, "10000000000001", "9999999999亿"])
def test_an_amount_beyond_any_order_is_refused(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_amount(typed, "CNY")
    assert refused.value.code == "amount_too_large"


@given(st.integers(0, LARGEST), st.sampled_from(["CNY", "JPY", "KWD", "USD"]))
def test_what_a_form_shows_is_read_back_the_same(minor: int, currency: str) -> None:
    assert parse_amount(plain_amount(minor, currency), currency) == minor


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_a_refusal(typed: str) -> None:
    with suppress(Refused):
        assert 0 <= parse_amount(typed, "CNY") <= LARGEST
