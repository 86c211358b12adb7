"""A customer's statement of account: every posting that changed what they owe, with the balance after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.collection import Collection
from db.ledger import LedgerEntry
from db.scope import within
from domain.access import Actor

OWED = ("receivable", "surplus")
"""Accounts that say what the customer owes; a surplus is what they have too much with us."""


class Posting(NamedTuple):
    """`amount` in minor units: what the customer owes grows by it, or falls. `balance`: after it, in its currency."""

    on: date
    kind: str
    number: str
    title: str
    collection_id: str
    note: str | None
    currency: str
    amount: int
    balance: int


class Account(NamedTuple):
    """One currency: what was owed before `first`, the postings until `last`, and what is owed after them."""

    currency: str
    opening: int
    postings: Sequence[Posting]

    @property
    def closing(self) -> int:
        return self.postings[-1].balance if self.postings else self.opening


async def account_of(
    session: AsyncSession, actor: Actor, customer_id: str, *, first: date | None, last: date
) -> list[Account]:
    """By currency, of the collections that this person may see."""
    amount = cast(func.sum(LedgerEntry.amount), BigInteger)
    query = (
        select(
            LedgerEntry.booked_on, func.min(LedgerEntry.kind), Collection.number, Collection.title, Collection.id,
            func.min(LedgerEntry.note), LedgerEntry.currency, amount,
        )
        .join(Collection, Collection.id == LedgerEntry.collection_id)
        .where(
            LedgerEntry.customer_id == customer_id, LedgerEntry.account.in_(OWED), LedgerEntry.booked_on <= last,
            within(actor, "collection"),
        )
        .group_by(
            LedgerEntry.posting_id, LedgerEntry.booked_on, LedgerEntry.currency, Collection.number, Collection.title,
            Collection.id,
        )
        .having(amount != 0)
        .order_by(LedgerEntry.booked_on, func.min(LedgerEntry.booked_at), func.min(LedgerEntry.no))
    )  # fmt: skip
    balances: dict[str, int] = {}
    openings: dict[str, int] = {}
    shown: dict[str, list[Posting]] = {}
    for on, kind, number, title, collection_id, note, currency, changed in await session.execute(query):
        balances[currency] = balances.get(currency, 0) + changed
        if first and on < first:
            openings[currency] = balances[currency]
            continue
        posting = Posting(on, kind, number, title, collection_id, note, currency, changed, balances[currency])
        shown.setdefault(currency, []).append(posting)
    return [Account(currency, openings.get(currency, 0), shown.get(currency, [])) for currency in sorted(balances)]
