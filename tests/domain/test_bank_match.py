"""A bank line finds what it pays, says why, and is booked by itself only where nothing else is likely."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.bank_match import Book, Movement, Open, Verdict, match
from domain.bank_policy import DEFAULT, BankPolicy
from domain.bank_reference import number_key, numbers_in

POLICY = BankPolicy.model_validate_json(__import__("json").dumps(DEFAULT))


def owes(name: str, *parts: int, customer: str = "宁波远洋物流有限公司", currency: str = "CNY", no: int = 1) -> Open:
    return Open(
        id=name, number=f"P-2026-{no:06d}", customer_id=customer, customer=customer, currency=currency,
        parts=[(at, amount, date(2026, 11, at)) for at, amount in enumerate(parts, start=1)],
        numbers=frozenset({f"P-2026-{no}", f"O-2026-{no}"}),
    )  # fmt: skip


def came(amount: int, text: str = "", payer: str = "", **more: Any) -> Movement:
    return Movement(amount=amount, currency=more.pop("currency", "CNY"), payer=payer, text=text, **more)


def judged(line: Movement, *opens: Open) -> Verdict:
    return match(line, Book(opens), POLICY)


def best(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.candidates[0].reasons] if verdict.candidates else []


def test_a_number_and_the_amount_are_enough() -> None:
    verdict = judged(came(500, "货款 P2026000001"), owes("a", 500, 500), owes("b", 500, no=2))
    assert (verdict.status, best(verdict)) == ("sure", ["reference", "amount_next"])
    assert verdict.candidates[0].shares[0].collection_id == "a"


def test_an_orders_number_means_its_collection() -> None:
    assert judged(came(1000, "order o-2026-000001"), owes("a", 500, 500)).status == "sure"


def test_a_known_account_with_the_name_and_the_amount_is_enough() -> None:
    line = came(500, payer="宁波远洋物流（集团）有限公司", payer_customers=frozenset({"宁波远洋物流有限公司"}))
    assert judged(line, owes("a", 500)).status == "sure"


def test_a_name_and_the_amount_alone_are_asked_about() -> None:
    verdict = judged(came(500, payer="宁波远洋物流有限公司"), owes("a", 500))
    assert (verdict.status, best(verdict)) == ("doubt", ["name", "amount_next"])


def test_two_collections_alike_are_asked_about() -> None:
    line = came(500, payer="宁波远洋物流有限公司", payer_customers=frozenset({"宁波远洋物流有限公司"}))
    verdict = judged(line, owes("a", 500), owes("b", 500, no=2))
    assert (verdict.status, len(verdict.candidates)) == ("doubt", 2)


def test_one_fen_off_is_shown_and_never_booked_by_itself() -> None:
    verdict = judged(came(49_999, "P-2026-000001", "宁波远洋物流有限公司"), owes("a", 50_000, 50_000))
    assert (verdict.status, best(verdict)) == ("doubt", ["reference", "name", "amount_near"])
    assert verdict.candidates[0].reasons[-1].params["by"] == -1


def test_more_than_is_owed_is_asked_about() -> None:
    verdict = judged(came(900_000, "P-2026-000001", "宁波远洋物流有限公司"), owes("a", 50_000))
    assert (verdict.status, best(verdict)[-1]) == ("doubt", "amount_over")


def test_a_part_with_number_and_name_is_booked() -> None:
    verdict = judged(came(10_000, "P-2026-000001", "宁波远洋物流有限公司"), owes("a", 50_000, 50_000))
    assert (verdict.status, best(verdict)[-1]) == ("sure", "amount_part")


def test_another_customers_account_speaks_against_a_number() -> None:
    line = came(500, "P-2026-000001", payer_customers=frozenset({"somebody else"}))
    assert judged(line, owes("a", 500)).status == "doubt"


def test_one_payment_for_two_named_collections_is_divided() -> None:
    verdict = judged(came(800, "P-2026-000001 P-2026-000002"), owes("a", 500), owes("b", 300, no=2))
    first = verdict.candidates[0]
    assert (verdict.status, [(s.collection_id, s.amount) for s in first.shares]) == ("sure", [("a", 500), ("b", 300)])


def test_all_that_a_customer_owes_is_recognised() -> None:
    line = came(800, payer="宁波远洋物流有限公司", payer_customers=frozenset({"宁波远洋物流有限公司"}))
    verdict = judged(line, owes("a", 500), owes("b", 300, no=2))
    assert (verdict.status, best(verdict)) == ("sure", ["all_owed", "account", "amount_together"])


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (came(-500, "supplier"), "outgoing"),
        (came(500, "利息"), "word"),
        (came(500, "Storno", reversal=True), "taken_back"),
    ],
)
def test_what_is_no_payment_is_set_aside_with_its_reason(line: Movement, code: str) -> None:
    verdict = judged(line, owes("a", 500))
    assert verdict.status == "ignored"
    assert verdict.reason is not None
    assert verdict.reason.code == code


def test_a_payment_that_went_back_is_for_a_person() -> None:
    verdict = judged(came(-500, "P-2026-000001", reversal=True), owes("a", 500))
    assert verdict.status == "doubt"
    assert verdict.reason is not None
    assert verdict.reason.code == "returned"


def test_an_unknown_payer_is_asked_about_without_a_guess() -> None:
    assert judged(came(777, payer="谁也不认识"), owes("a", 500)) == Verdict(status="doubt", candidates=[])


def test_another_currency_is_never_a_match() -> None:
    assert judged(came(500, "P-2026-000001", currency="USD"), owes("a", 500)).candidates == []


def test_the_second_line_for_the_same_money_finds_it_taken() -> None:
    book = Book([owes("a", 500)])
    first = match(came(500, "P-2026-000001"), book, POLICY)
    book.take(first.candidates[0])
    second = match(came(500, "P-2026-000001"), book, POLICY)
    assert (first.status, second.status, second.candidates) == ("sure", "doubt", [])


@pytest.mark.parametrize(
    "written",
    ["P-2026-000123", "p2026000123", "Re.P 2026/123", "Ｐ－２０２６－０００１２３", "货款P-2026-000123；谢谢"],
)
def test_a_number_is_found_however_it_is_written(written: str) -> None:
    assert numbers_in(written) == [number_key("P-2026-000123")]


@pytest.mark.parametrize("written", ["13812345678", "XP-2026-000123456789012", "2026-11-02", "IBAN DE20261234"])
def test_what_only_looks_like_a_number_of_ours_is_none(written: str) -> None:
    assert "P-2026-123" not in numbers_in(written)
