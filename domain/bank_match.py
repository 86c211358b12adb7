"""Which open collections a bank line pays: judged by the numbers in its text, its payer and its amount, with reasons.

Points: a number of ours 60, a known account of the customer 35, the customer's name 30, an amount that fits 30. A line
is booked by itself where the best match has enough points and leads the next by enough (`domain.bank_policy`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from pydantic import BaseModel

from domain.bank_policy import BankPolicy
from domain.bank_reference import numbers_in
from domain.company_name import company_key, nearness

REFERENCE, ACCOUNT, NAME, NAME_NEAR = 60, 35, 30, 15
AMOUNT_FITS, AMOUNT_SEVERAL, AMOUNT_LATER, AMOUNT_NEAR = 30, 28, 12, 8
OTHER_CUSTOMER, TOO_MUCH = -40, -25
SHOWN = 6
"""Candidates a person is shown."""
ALIKE = 40
"""Collections of one amount that are looked at where only the amount speaks for them."""

Status = Literal["sure", "doubt", "ignored"]


class Reason(BaseModel):
    """`code` has its words in locales.bank; `params`: numbers, names, and amounts in minor units."""

    code: str
    points: int = 0
    params: dict[str, str | int] = {}


class Share(BaseModel):
    """What of the line goes to one collection, in minor units."""

    collection_id: str
    amount: int


class Candidate(BaseModel):
    shares: list[Share]
    points: int
    reasons: list[Reason]

    @property
    def exact(self) -> bool:
        """Whether nothing of it is a guess about the amount."""
        return not any(reason.code in ("amount_near", "amount_over") for reason in self.reasons)


class Verdict(BaseModel):
    """`candidates` the likeliest first. Sure: the first is to be booked. Ignored: `reason` says why."""

    status: Status
    candidates: list[Candidate] = []
    reason: Reason | None = None


@dataclass(frozen=True)
class Movement:
    """What of a bank line is judged; `payer_customers` are those whose account it is known to come from."""

    amount: int
    currency: str
    payer: str
    text: str
    reversal: bool = False
    payer_customers: frozenset[str] = frozenset()


@dataclass
class Open:
    """An open collection; `parts` are its open instalments, the oldest first: (number, minor units, due date)."""

    id: str
    number: str
    customer_id: str
    customer: str
    currency: str
    parts: list[tuple[int, int, date | None]]
    numbers: frozenset[str] = frozenset()
    """Keys of every number that means it: its own, the order's, the deal's, the contract's, an invoice's."""

    @property
    def owed(self) -> int:
        return sum(amount for _, amount, _ in self.parts)

    def take(self, amount: int) -> None:
        """Paid by a line of the same file: the next one finds less open."""
        left, parts = amount, []
        for no, owed, due in self.parts:
            part = min(left, owed)
            left -= part
            if owed > part:
                parts.append((no, owed - part, due))
        self.parts = parts

    def sums(self) -> Iterator[int]:
        """What pays its oldest instalments: the first, the first two, and so on."""
        total = 0
        for _, amount, _ in self.parts:
            total += amount
            yield total


@dataclass
class Book:
    """Open collections, to be found by number, customer and amount."""

    opens: Iterable[Open]
    by_id: dict[str, Open] = field(default_factory=dict)
    by_number: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_customer: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    by_name: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_amount: dict[tuple[str, int], list[str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for one in self.opens:
            self.by_id[one.id] = one
            for number in one.numbers:
                self.by_number[number].append(one.id)
            self.by_customer[one.customer_id].append(one.id)
            self.by_name[company_key(one.customer)].add(one.customer_id)
            for amount in {*one.sums(), *(part[1] for part in one.parts)}:
                self.by_amount[one.currency, amount].append(one.id)

    def take(self, candidate: Candidate) -> None:
        for share in candidate.shares:
            self.by_id[share.collection_id].take(share.amount)


def match(line: Movement, book: Book, policy: BankPolicy) -> Verdict:
    aside = _set_aside(line, policy)
    if aside:
        return aside
    named = [found for number in numbers_in(line.text) for found in book.by_number.get(number, ())]
    key = company_key(line.payer) if line.payer else ""
    customers = line.payer_customers | (book.by_name.get(key, set()) if key else set())
    ids = dict.fromkeys(named)
    ids |= dict.fromkeys(found for customer in sorted(customers) for found in book.by_customer.get(customer, ()))
    ids |= dict.fromkeys(book.by_amount.get((line.currency, line.amount), ())[:ALIKE])
    opens = [book.by_id[one] for one in ids if book.by_id[one].currency == line.currency and book.by_id[one].parts]
    found = [candidate for one in opens if (candidate := _judge(line, one, key, set(named), policy))]
    found += _together(line, opens, key, set(named))
    found.sort(key=lambda each: (-each.points, _due(each, book)))
    return Verdict(status="sure" if _is_sure(found, policy) else "doubt", candidates=found[:SHOWN])


def _set_aside(line: Movement, policy: BankPolicy) -> Verdict | None:
    if line.amount <= 0:
        if line.reversal:
            return Verdict(status="doubt", reason=Reason(code="returned"))
        return Verdict(status="ignored", reason=Reason(code="outgoing"))
    if line.reversal:
        return Verdict(status="ignored", reason=Reason(code="taken_back"))
    said = f"{line.payer} {line.text}".casefold()
    word = next((word for word in policy.not_payments if word.casefold() in said), None)
    if word and not numbers_in(line.text):
        return Verdict(status="ignored", reason=Reason(code="word", params={"word": word}))
    return None


def _judge(line: Movement, one: Open, key: str, named: Collection[str], policy: BankPolicy) -> Candidate | None:
    who = _payer_reasons(line, one, key, named)
    amount = _amount_reason(line.amount, one, policy)
    reasons = [*who, *([amount] if amount else [])]
    points = sum(reason.points for reason in reasons)
    if points <= 0:
        return None
    share = Share(collection_id=one.id, amount=min(line.amount, one.owed))
    return Candidate(shares=[share], points=points, reasons=reasons)


def _payer_reasons(line: Movement, one: Open, key: str, named: Collection[str]) -> list[Reason]:
    found = []
    if one.id in named:
        found.append(Reason(code="reference", points=REFERENCE, params={"number": one.number}))
    if one.customer_id in line.payer_customers:
        found.append(Reason(code="account", points=ACCOUNT))
    elif line.payer_customers:
        found.append(Reason(code="other_account", points=OTHER_CUSTOMER))
    own = company_key(one.customer)
    alike = nearness(key, own)
    if alike == "company":
        found.append(Reason(code="name", points=NAME))
    elif alike:
        found.append(Reason(code="name_near", points=NAME_NEAR, params={"name": one.customer}))
    return found


def _amount_reason(amount: int, one: Open, policy: BankPolicy) -> Reason | None:
    for count, total in enumerate(one.sums(), start=1):
        if amount == total:
            if count == 1:
                return Reason(code="amount_next", points=AMOUNT_FITS, params={"no": one.parts[0][0]})
            return Reason(code="amount_several", points=AMOUNT_SEVERAL, params={"count": count})
    for no, owed, _ in one.parts:
        if amount == owed:
            return Reason(code="amount_later", points=AMOUNT_LATER, params={"no": no})
    owed = one.owed
    nearest = min((*one.sums(),), key=lambda total: abs(total - amount))
    if 0 < abs(nearest - amount) <= policy.near:
        code = "amount_over" if amount > owed else "amount_near"
        return Reason(code=code, points=AMOUNT_NEAR, params={"by": amount - nearest, "currency": one.currency})
    if amount > owed:
        return Reason(code="amount_over", points=TOO_MUCH, params={"by": amount - owed, "currency": one.currency})
    return Reason(code="amount_part", params={"of": owed, "currency": one.currency})


def _together(line: Movement, opens: Sequence[Open], key: str, named: Collection[str]) -> list[Candidate]:
    """One payment for several collections: those it names, or all that its payer owes."""
    found = []
    for group, points, code in (
        ([one for one in opens if one.id in named], REFERENCE, "references"),
        *((group, NAME, "all_owed") for group in _of_customers(line, opens, key)),
    ):
        if len(group) < 2:
            continue
        for shares in ([one.parts[0][1] for one in group], [one.owed for one in group]):
            if sum(shares) == line.amount:
                reason = Reason(code=code, points=points, params={"count": len(group)})
                fits = Reason(code="amount_together", points=AMOUNT_FITS)
                parts = [Share(collection_id=o.id, amount=s) for o, s in zip(group, shares, strict=True)]
                more = [Reason(code="account", points=ACCOUNT)] if group[0].customer_id in line.payer_customers else []
                reasons = [reason, *more, fits]
                found.append(Candidate(shares=parts, points=sum(r.points for r in reasons), reasons=reasons))
                break
    return found


def _of_customers(line: Movement, opens: Sequence[Open], key: str) -> Iterator[list[Open]]:
    groups: defaultdict[str, list[Open]] = defaultdict(list)
    for one in opens:
        if one.customer_id in line.payer_customers or (key and key == company_key(one.customer)):
            groups[one.customer_id].append(one)
    yield from groups.values()


def _is_sure(found: Sequence[Candidate], policy: BankPolicy) -> bool:
    if not policy.automatic or not found or not found[0].exact:
        return False
    best, *others = found
    next_best = max((each.points for each in others if not _same_money(each, best)), default=0)
    return best.points >= policy.book_from and best.points - next_best >= policy.ahead


def _same_money(one: Candidate, other: Candidate) -> bool:
    return one.shares == other.shares


def _due(candidate: Candidate, book: Book) -> date:
    parts = book.by_id[candidate.shares[0].collection_id].parts
    return min((due for _, _, due in parts if due), default=date.max)
