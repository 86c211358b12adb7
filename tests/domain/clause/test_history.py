"""A clause is held against what was agreed to before; its total against the deal's."""

from __future__ import annotations

import pytest

from domain.clause.history import Agreed, Place, band_of, unusual
from domain.clause.standard import built_in
from domain.clause.total import differing

HERE = Place("east", "standard", 1)


def agreed(*values: str, kind: str = "payment_term", region: str = "east", own: bool = False) -> list[Agreed]:
    return [Agreed(kind, value, region, "standard", 1, own) for value in values]


def reasons(value: str, *before: Agreed, kind: str = "payment_term") -> dict[str, dict[str, object]]:
    return {each["reason"]: each for each in unusual(kind, value, built_in(), HERE, before)}


def test_what_everybody_agrees_to_is_not_unusual() -> None:
    assert reasons("30d", *agreed(*["30d"] * 10)) == {}


def test_a_customer_who_wants_more_than_the_last_time_is_told_of_with_both_levels() -> None:
    jump = reasons("60d", *agreed("30d", "90d", own=True))["band_jump"]
    assert (jump["before"], jump["was"], jump["now"]) == ("30d", "ok", "medium")
    assert "band_jump" not in reasons("30d", *agreed("60d", own=True))


def test_outside_the_usual_range_says_which_range_and_of_how_many() -> None:
    usual = reasons("27d", *agreed("20d", "30d", *["28d"] * 8, "26d"))
    assert usual == {}
    below = reasons("10d", *agreed("20d", "30d", *["28d"] * 8))["outside_usual"]
    assert (below["least"], below["most"], below["count"], below["group"]) == ("28d", "28d", 10, "alike")


def test_too_few_alike_are_looked_for_further_away_and_too_few_at_all_say_nothing() -> None:
    far = agreed(*["30d"] * 8, region="north")
    assert reasons("10d", *far)["outside_usual"]["group"] == "tier"
    assert "outside_usual" not in reasons("10d", *far[:7])


def test_a_value_without_a_size_is_unusual_where_few_contracts_have_it() -> None:
    law = reasons("DE", *agreed(*["CN"] * 19, "DE", kind="governing_law"), kind="governing_law")
    assert (law["outside_usual"]["usual"], law["outside_usual"]["share"]) == ("CN", "0.05")
    assert law["outside_standard"]["level"] == "high"


@pytest.mark.parametrize(("amount", "band"), [(9_999_999, 0), (10_000_000, 1), (100_000_000, 2)])
def test_contracts_are_small_middling_or_large(amount: int, band: int) -> None:
    assert band_of(amount) == band


def test_a_total_differs_only_where_none_of_those_named_is_what_it_should_be() -> None:
    named = ["CNY 100.00", "CNY 113.00", "USD 5.00"]
    assert list(differing(named, "CNY", {"deal": {11_300}, "quote": {9_000, 12_000}})) == [
        ("quote", "CNY 100.00, CNY 113.00 / CNY 90.00")
    ]
    assert not list(differing(["USD 5.00"], "CNY", {"deal": {1}}))
