"""The ledger of a collection: double entries, so that money never disappears.

Every business event is one posting whose entries sum to zero in each currency. A debit is positive. What is owed on an
instalment is the balance of its `receivable`; what the customer has too much with us stands in `surplus`, negative.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal, NamedTuple

from babel.core import get_global
from pydantic import BaseModel

from domain.instalment import Instalment
from domain.refusal import Refused, invalid

Account = Literal[
    "order", "receivable", "cash", "surplus", "credit_note", "write_off", "refund", "transfer", "conversion",
    "exchange_difference",
]  # fmt: skip
Kind = Literal[
    "order", "plan", "payment", "reversal", "apply", "credit_note", "write_off", "refund", "transfer_out",
    "transfer_in",
]  # fmt: skip


class Entry(BaseModel):
    """One side of a posting. `no` counts the collection's entries from 1."""

    posting_id: str
    no: int
    kind: str
    account: str
    instalment_id: str | None = None
    payment_id: str | None = None
    amount: int
    currency: str
    booked_on: date
    booked_at: datetime
    booked_by: str
    note: str | None = None
    revision: int


class Slip(BaseModel):
    """What all entries of one posting carry: its id, the business day, who booked it and when, and why."""

    id: str
    on: date
    at: datetime
    by: str
    revision: int
    note: str | None = None


class Line(NamedTuple):
    account: Account
    amount: int
    currency: str
    instalment_id: str | None = None


class Receipt(BaseModel):
    """Money that came in. `value` is its worth in the collection's currency at `rate`, `counted` what it pays there.

    `parts` says how much of it paid which instalment; the rest went to the surplus. `status`: received, reversed,
    moved (to the collection `moved_to`, where it belonged).
    """

    id: str
    amount: int
    currency: str
    value: int
    counted: int
    rate: str | None = None
    received_on: date
    reference: str | None = None
    source: str = "hand"
    by: str
    at: datetime
    parts: dict[str, int] = {}
    status: str = "received"
    ended_at: datetime | None = None
    moved_to: str | None = None
    revision: int = 0


_FRACTIONS = get_global("currency_fractions")
"""Read when this is loaded: a workflow may read no files."""


def _digits(currency: str) -> int:
    """Decimals of a currency's smallest unit."""
    return int(_FRACTIONS.get(currency, _FRACTIONS["DEFAULT"])[0])


def converted(amount: int, currency: str, rate: str, into: str) -> int:
    """Minor units of `into` for minor units of `currency`; half a unit goes to the even one."""
    scale = _digits(into) - _digits(currency)
    exact = Decimal(amount) * Decimal(rate) * Decimal(10) ** scale
    return int(exact.to_integral_value(ROUND_HALF_EVEN))


def balances(entries: Iterable[Entry]) -> dict[tuple[str, str | None, str], int]:
    """By account, instalment and currency."""
    found: dict[tuple[str, str | None, str], int] = defaultdict(int)
    for entry in entries:
        found[entry.account, entry.instalment_id, entry.currency] += entry.amount
    return found


class Book(BaseModel):
    """What a collection's entries come to, and the entries that the read model may not have yet.

    `reserved` is the part of the surplus that a refund under approval waits for.
    """

    currency: str
    instalments: list[Instalment]
    surplus: int = 0
    reserved: int = 0
    receipts: list[Receipt] = []
    entries: list[Entry] = []
    last_no: int = 0

    # --- what it comes to -----------------------------------------------------------------------------------------

    @property
    def amount(self) -> int:
        return sum(i.amount for i in self.instalments)

    @property
    def outstanding(self) -> int:
        return sum(i.open for i in self.instalments)

    @property
    def paid(self) -> int:
        return sum(i.paid for i in self.instalments)

    @property
    def credited(self) -> int:
        return sum(i.credited for i in self.instalments)

    @property
    def written_off(self) -> int:
        return sum(i.written_off for i in self.instalments)

    @property
    def creditable(self) -> int:
        """What was ordered and neither credited nor given up so far."""
        return self.amount - self.credited - self.written_off

    @property
    def free(self) -> int:
        """The surplus that nothing waits for."""
        return self.surplus - self.reserved

    def instalment(self, instalment_id: str | None) -> Instalment | None:
        return next((i for i in self.instalments if i.id == instalment_id), None)

    def receipt(self, payment_id: str) -> Receipt | None:
        return next((r for r in self.receipts if r.id == payment_id), None)

    # --- postings -------------------------------------------------------------------------------------------------

    def open_order(self, slip: Slip) -> None:
        lines = [self._receivable(i, i.amount) for i in self.instalments]
        self._post(slip, "order", [*lines, Line("order", -self.amount, self.currency)])

    def receive(self, slip: Slip, receipt: Receipt, first: str | None = None, *, keep: bool = False) -> None:
        """Pays the oldest instalments first, `first` before them; what is too much becomes the customer's surplus.

        `keep`: all of it does, and pays nothing by itself.
        """
        if keep:
            self.surplus += receipt.counted
            lines = [self._surplus(-receipt.counted)]
        else:
            lines = self._pay(receipt.parts, receipt.counted, first)
        if receipt.source == "transfer":
            lines.append(Line("transfer", receipt.value, self.currency))
        else:
            lines += self._money_in(receipt)
        self.receipts.append(receipt)
        kind: Kind = "transfer_in" if receipt.source == "transfer" else "payment"
        self._post(slip, kind, lines, receipt)

    def may_take_back(self, receipt: Receipt) -> None:
        """Raises Refused (409) where the payment was ended before, or its money is no longer here."""
        if receipt.status != "received":
            raise Refused("payment_ended", 409, how=receipt.status)
        if receipt.counted > self.paid + self.free:
            raise Refused("surplus_spent", 409)

    def reverse(self, slip: Slip, receipt: Receipt) -> None:
        """The money never came, or went back: what it paid is owed again."""
        if receipt.source == "transfer":
            raise Refused("transfer_not_reversed", 409)
        lines = self._unpay(receipt)
        lines += [line._replace(amount=-line.amount) for line in self._money_in(receipt)]
        self._end(receipt, "reversed", slip)
        self._post(slip, "reversal", lines, receipt)

    def move_out(self, slip: Slip, receipt: Receipt, to: str) -> None:
        """A payment that belonged to another collection leaves this one, with all that it paid."""
        lines = self._unpay(receipt)
        self._end(receipt, "moved", slip)
        receipt.moved_to = to
        self._post(slip, "transfer_out", [*lines, Line("transfer", -receipt.counted, self.currency)], receipt)

    def send_surplus(self, slip: Slip, amount: int) -> None:
        """Part of the surplus goes to another collection of the customer."""
        self._spend(amount)
        self._post(slip, "transfer_out", [self._surplus(amount), Line("transfer", -amount, self.currency)])

    def apply(self, slip: Slip, amount: int, first: str | None = None) -> None:
        """Pays instalments with the surplus."""
        if amount > self.outstanding:
            raise invalid("more_than_owed", "amount", outstanding=self.outstanding, currency=self.currency)
        self._spend(amount)
        lines = self._pay({}, amount, first)
        self._post(slip, "apply", [self._surplus(amount), *lines])

    def credit(self, slip: Slip, amount: int, first: str | None = None) -> None:
        """Less is owed. What had been paid of it already is the customer's surplus then."""
        if amount > self.creditable:
            raise invalid("more_than_ordered", "amount", most=self.creditable, currency=self.currency)
        left, lines = amount, []
        for instalment in self._newest(first):
            part = min(left, instalment.open)
            instalment.credited += part
            left -= part
            lines.append(self._receivable(instalment, -part))
        for instalment in self._newest(first):
            part = min(left, instalment.paid)
            instalment.paid -= part
            instalment.credited += part
            left -= part
            self.surplus += part
            lines.append(self._surplus(-part))
        self._post(slip, "credit_note", [*lines, Line("credit_note", amount, self.currency)])

    def write_off(self, slip: Slip, amount: int, first: str | None = None) -> int:
        """Gives up what is still owed, at most `amount`: what it came to."""
        left, lines = min(amount, self.outstanding), []
        for instalment in self._oldest(first):
            part = min(left, instalment.open)
            instalment.written_off += part
            left -= part
            lines.append(self._receivable(instalment, -part))
        gone = -sum(line.amount for line in lines)
        self._post(slip, "write_off", [*lines, Line("write_off", gone, self.currency)])
        return gone

    def reserve(self, amount: int) -> None:
        """Keeps part of the surplus for a refund that waits for its approval."""
        if not 0 < amount <= self.free:
            raise invalid("more_than_surplus", "amount", surplus=self.free, currency=self.currency)
        self.reserved += amount

    def release(self, amount: int) -> None:
        self.reserved -= amount

    def refund(self, slip: Slip, amount: int) -> None:
        """Pays out what was reserved."""
        self.reserved -= amount
        self.surplus -= amount
        self._post(slip, "refund", [self._surplus(amount), Line("refund", -amount, self.currency)])

    def replan(self, slip: Slip, instalments: list[Instalment]) -> None:
        """Other instalments for what is not settled: those have their settled sums with them, and the whole stays."""
        was = {i.id: i.open for i in self.instalments}
        if sum(i.amount for i in instalments) != self.amount:
            raise invalid("plan_sum", "amount", amount=self.amount, currency=self.currency)
        now = {i.id: i.open for i in instalments}
        changes = {key: now.get(key, 0) - was.get(key, 0) for key in was | now}
        lines = [Line("receivable", change, self.currency, key) for key, change in changes.items()]
        self.instalments = instalments
        self._post(slip, "plan", lines)

    def confirm(self, revision: int) -> None:
        """Drops the entries that the read model now has."""
        self.entries = [entry for entry in self.entries if entry.revision > revision]

    # --- lines ----------------------------------------------------------------------------------------------------

    def _post(self, slip: Slip, kind: Kind, lines: list[Line], receipt: Receipt | None = None) -> None:
        sums: dict[str, int] = defaultdict(int)
        for line in lines:
            sums[line.currency] += line.amount
        assert not any(sums.values()), f"a {kind} does not sum to zero: {lines}"  # noqa: S101 - money never disappears
        for line in lines:
            if not line.amount:
                continue
            self.last_no += 1
            entry = Entry(
                posting_id=slip.id, no=self.last_no, kind=kind, payment_id=receipt.id if receipt else None,
                booked_on=slip.on, booked_at=slip.at, booked_by=slip.by, note=slip.note, revision=slip.revision,
                **line._asdict(),
            )  # fmt: skip
            self.entries.append(entry)

    def _receivable(self, instalment: Instalment, amount: int) -> Line:
        return Line("receivable", amount, self.currency, instalment.id)

    def _surplus(self, amount: int) -> Line:
        return Line("surplus", amount, self.currency)

    def _money_in(self, receipt: Receipt) -> list[Line]:
        """Cash in its own currency; another one than ours goes through the conversion at the recorded rate."""
        lines = [Line("cash", receipt.amount, receipt.currency)]
        if receipt.currency != self.currency:
            lines.append(Line("conversion", -receipt.amount, receipt.currency))
            lines.append(Line("conversion", receipt.value, self.currency))
        lines.append(Line("exchange_difference", receipt.counted - receipt.value, self.currency))
        return lines

    def _oldest(self, first: str | None) -> list[Instalment]:
        return sorted(self.instalments, key=lambda i: (i.id != first, i.no))

    def _newest(self, first: str | None) -> list[Instalment]:
        return sorted(self.instalments, key=lambda i: (i.id != first, -i.no))

    def _pay(self, parts: dict[str, int], amount: int, first: str | None) -> list[Line]:
        """`parts` takes what each instalment got."""
        left, lines = amount, []
        for instalment in self._oldest(first):
            part = min(left, instalment.open)
            if part:
                instalment.paid += part
                parts[instalment.id] = part
                left -= part
                lines.append(self._receivable(instalment, -part))
        self.surplus += left
        return [*lines, self._surplus(-left)]

    def _unpay(self, receipt: Receipt) -> list[Line]:
        """Takes a payment's money back: from what it paid, then from the surplus, then from the newest instalments."""
        self.may_take_back(receipt)
        left, lines = receipt.counted, []

        def take(instalment: Instalment, most: int) -> int:
            part = min(left, instalment.paid, most)
            instalment.paid -= part
            lines.append(self._receivable(instalment, part))
            return part

        for instalment in self._newest(None):
            left -= take(instalment, receipt.parts.get(instalment.id, 0))
        spare = min(left, self.free)
        self.surplus -= spare
        left -= spare
        lines.append(self._surplus(spare))
        for instalment in self._newest(None):
            left -= take(instalment, left)
        return lines

    def _spend(self, amount: int) -> None:
        if not 0 < amount <= self.free:
            raise invalid("more_than_surplus", "amount", surplus=self.free, currency=self.currency)
        self.surplus -= amount

    @staticmethod
    def _end(receipt: Receipt, status: str, slip: Slip) -> None:
        receipt.status, receipt.ended_at, receipt.revision = status, slip.at, slip.revision
