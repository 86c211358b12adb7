"""Money never disappears: whatever is paid, taken back, credited, refunded or given up, the ledger sums to zero."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.instalment import Instalment
from domain.ledger import Book, Receipt, Slip, balances, converted
from domain.refusal import Refused

NOW, TODAY = datetime(2026, 11, 26, tzinfo=UTC), date(2026, 11, 26)

AMOUNTS = st.integers(1, 400)
ACTS = st.one_of(
    st.tuples(st.just("pay"), AMOUNTS, st.integers(0, 3)),
    st.tuples(st.just("pay_abroad"), AMOUNTS, st.sampled_from(["7.1", "0.9", "7.25"]), st.integers(-20, 20)),
    st.tuples(st.just("reverse"), st.integers(0, 9)),
    st.tuples(st.just("move"), st.integers(0, 9)),
    st.tuples(st.just("receive_moved"), AMOUNTS, st.booleans()),
    st.tuples(st.just("send"), AMOUNTS),
    st.tuples(st.just("apply"), AMOUNTS, st.integers(0, 3)),
    st.tuples(st.just("credit"), AMOUNTS, st.integers(0, 3)),
    st.tuples(st.just("write_off"), AMOUNTS, st.integers(0, 3)),
    st.tuples(st.just("refund"), AMOUNTS, st.booleans()),
    st.tuples(st.just("replan"), st.integers(1, 99)),
)


class Story:
    def __init__(self, amounts: list[int]) -> None:
        self.no = count(1)
        parts = [Instalment(id=f"i{no}", no=no, amount=amount) for no, amount in enumerate(amounts, start=1)]
        self.book = Book(currency="CNY", instalments=parts)
        self.book.open_order(self.slip())
        self.ordered = sum(amounts)
        self.sums: dict[str, int] = defaultdict(int)

    def slip(self) -> Slip:
        return Slip(id=f"p{next(self.no)}", on=TODAY, at=NOW, by="he.jie", revision=next(self.no))

    def first(self, pick: int) -> str | None:
        parts = self.book.instalments
        return parts[pick].id if pick < len(parts) else None

    def receipt(
        self, amount: int, currency: str = "CNY", rate: str | None = None, off: int = 0, **more: str
    ) -> Receipt:
        value = converted(amount, currency, rate, "CNY") if rate else amount
        return Receipt(
            id=f"r{next(self.no)}", amount=amount, currency=currency, value=value, counted=max(value + off, 1),
            rate=rate, received_on=TODAY, by="he.jie", at=NOW, **more,
        )  # fmt: skip

    def act(self, what: str, *how: int) -> None:
        getattr(self, f"_{what}")(*how)

    def _pay(self, amount: int, pick: int) -> None:
        self.book.receive(self.slip(), self.receipt(amount), self.first(pick))

    def _pay_abroad(self, amount: int, rate: str, off: int) -> None:
        self.book.receive(self.slip(), self.receipt(amount, "USD", rate, off))

    def _reverse(self, pick: int) -> None:
        if pick < len(self.book.receipts):
            self.book.reverse(self.slip(), self.book.receipts[pick])

    def _move(self, pick: int) -> None:
        if pick < len(self.book.receipts):
            receipt = self.book.receipts[pick]
            self.book.move_out(self.slip(), receipt, "elsewhere")
            self.sums["transfer"] -= receipt.counted

    def _receive_moved(self, amount: int, keep: bool) -> None:
        self.book.receive(self.slip(), self.receipt(amount, source="transfer"), keep=keep)
        self.sums["transfer"] += amount

    def _send(self, amount: int) -> None:
        self.book.send_surplus(self.slip(), amount)
        self.sums["transfer"] -= amount

    def _apply(self, amount: int, pick: int) -> None:
        self.book.apply(self.slip(), amount, self.first(pick))

    def _credit(self, amount: int, pick: int) -> None:
        self.book.credit(self.slip(), amount, self.first(pick))
        self.sums["credit_note"] += amount

    def _write_off(self, amount: int, pick: int) -> None:
        self.sums["write_off"] += self.book.write_off(self.slip(), amount, self.first(pick))

    def _refund(self, amount: int, approved: bool) -> None:
        self.book.reserve(amount)
        if approved:
            self.book.refund(self.slip(), amount)
            self.sums["refund"] -= amount
        else:
            self.book.release(amount)

    def _replan(self, percent: int) -> None:
        """What is still open is divided anew into two."""
        kept = [i.model_copy(update={"amount": i.settled}) for i in self.book.instalments if i.settled]
        left = self.book.outstanding
        first = left * percent // 100
        new = [Instalment(id=f"i{next(self.no)}", no=0, amount=amount) for amount in (first, left - first) if amount]
        self.book.replan(self.slip(), [i.model_copy(update={"no": no}) for no, i in enumerate([*kept, *new], start=1)])

    def check(self) -> None:
        book = self.book
        by_posting: dict[tuple[str, str], int] = defaultdict(int)
        for entry in book.entries:
            by_posting[entry.posting_id, entry.currency] += entry.amount
        assert not any(by_posting.values())
        found = balances(book.entries)
        for instalment in book.instalments:
            settled = (instalment.paid, instalment.credited, instalment.written_off, instalment.open)
            assert min(settled) >= 0
            assert found.get(("receivable", instalment.id, "CNY"), 0) == instalment.open
        planned = {i.id for i in book.instalments}
        assert not any(
            sum_ for (account, key, _), sum_ in found.items() if account == "receivable" and key not in planned
        )
        assert book.amount == self.ordered == -found["order", None, "CNY"]
        assert min(book.surplus, book.reserved, book.free) >= 0
        assert found.get(("surplus", None, "CNY"), 0) == -book.surplus
        for account in ("credit_note", "write_off", "refund", "transfer"):
            assert found.get((account, None, "CNY"), 0) == self.sums[account]
        assert found.get(("write_off", None, "CNY"), 0) == book.written_off
        here = [r for r in book.receipts if r.status != "reversed" and r.source != "transfer"]
        for currency in ("CNY", "USD"):
            cash = sum(r.amount for r in here if r.currency == currency)
            assert found.get(("cash", None, currency), 0) == cash
        # What came in is what was paid, is kept, went back or went elsewhere, and what credit notes made free again.
        came = sum(r.counted for r in here) + self.sums["transfer"] + self.sums["refund"]
        freed = self.sums["credit_note"] - book.credited
        assert freed == 0
        assert came == book.paid + book.surplus


@settings(max_examples=120, deadline=None)
@given(amounts=st.lists(st.integers(1, 500), min_size=1, max_size=5), acts=st.lists(ACTS, max_size=25))
def test_whatever_happens_to_a_collection_its_ledger_sums_to_zero_and_nothing_is_lost(
    amounts: list[int], acts: list[tuple[str, ...]]
) -> None:
    story = Story(amounts)
    for what, *how in acts:
        before = story.book.model_copy(deep=True)
        try:
            story.act(what, *how)  # type: ignore[arg-type]
        except Refused:
            assert story.book == before, f"a refused {what} changed something"
        story.check()


def test_a_surplus_pays_the_next_instalment_or_goes_back() -> None:
    story = Story([100])
    story.act("pay", 130, 0)
    assert (story.book.paid, story.book.surplus) == (100, 30)
    story.act("credit", 20, 0)
    assert (story.book.paid, story.book.credited, story.book.surplus) == (80, 20, 50)
    story.act("refund", 50, True)
    with pytest.raises(Refused, match="surplus_spent"):
        story.act("reverse", 0)
    story.check()


def test_a_payment_abroad_settles_what_it_was_agreed_to_and_the_exchange_bears_the_difference() -> None:
    story = Story([7_200_00])
    story.book.receive(story.slip(), story.receipt(1_000_00, "USD", "7.15", 50_00))
    assert story.book.outstanding == 0
    found = balances(story.book.entries)
    assert found["exchange_difference", None, "CNY"] == 50_00
    assert (found["conversion", None, "USD"], found["conversion", None, "CNY"]) == (-1_000_00, 7_150_00)
    story.act("reverse", 0)
    assert not any(v for (account, *_), v in balances(story.book.entries).items() if account in ("cash", "conversion"))


@pytest.mark.parametrize(
    ("amount", "currency", "rate", "into", "worth"),
    [
        (100_00, "USD", "7.1234", "CNY", 712_34),
        (1_000, "JPY", "0.0476", "CNY", 47_60),
        (47_61, "CNY", "21.0084", "JPY", 1_000),
    ],
)
def test_an_amount_is_converted_by_each_currencys_own_smallest_unit(
    amount: int, currency: str, rate: str, into: str, worth: int
) -> None:
    assert converted(amount, currency, rate, into) == worth
