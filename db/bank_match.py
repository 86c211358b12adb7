"""The open collections that the lines of a page may pay, found by number, payer and amount: a few queries for all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from db.bank import Booking, PayerAccount, StatementLine
from db.collection import Collection, Instalment
from db.contract import Contract
from db.customer import Customer
from db.customer_signpost import LIVING
from db.deal import Deal
from db.order import Order
from domain.bank_match import Movement, Open
from domain.bank_reference import number_key, numbers_in
from domain.company_name import company_key

OWED: ColumnElement[int] = Instalment.amount - Instalment.paid - Instalment.credited - Instalment.written_off
"""What is open of an instalment, in minor units."""


async def known_payers(session: AsyncSession, lines: Iterable[StatementLine]) -> dict[str, frozenset[str]]:
    """Customers by the accounts these lines come from."""
    accounts = {line.payer_account for line in lines if line.payer_account}
    found: defaultdict[str, set[str]] = defaultdict(set)
    query = select(PayerAccount.account, PayerAccount.customer_id).where(PayerAccount.account.in_(accounts))
    for account, customer in await session.execute(query):
        found[account].add(customer)
    return {account: frozenset(customers) for account, customers in found.items()}


def movement(line: StatementLine, payers: dict[str, frozenset[str]]) -> Movement:
    return Movement(
        amount=line.amount - line.booked,
        currency=line.currency,
        payer=line.payer,
        text=line.text,
        reversal=line.reversal,
        payer_customers=payers.get(line.payer_account, frozenset()),
    )


async def open_for(
    session: AsyncSession, lines: Sequence[StatementLine], payers: dict[str, frozenset[str]]
) -> list[Open]:  # fmt: skip
    """What these lines may pay, less what other lines are just paying."""
    incoming = [line for line in lines if line.amount > 0]
    ids = (await session.scalars(_sought(incoming, payers))).all()
    return await opened(session, ids)


def _sought(lines: Sequence[StatementLine], payers: dict[str, frozenset[str]]) -> Select[Any]:
    numbers = {written for line in lines for key in numbers_in(line.text) for written in _as_written(key)}
    keys = {key for line in lines if line.payer and (key := company_key(line.payer))}
    customers = {customer for line in lines for customer in payers.get(line.payer_account, ())}
    amounts = {line.amount - line.booked for line in lines}
    orders = select(Order.id).where(Order.number.in_(numbers))
    deals = union(
        select(Deal.id).where(Deal.number.in_(numbers)),
        select(Contract.deal_id).where(Contract.number.in_(numbers)),
    )
    named = or_(
        Collection.number.in_(numbers),
        Collection.order_id.in_(orders),
        Collection.deal_id.in_(select(deals.subquery().c[0])),
    )
    whose = or_(
        Collection.customer_id.in_(customers),
        Collection.customer_id.in_(select(LIVING).where(Customer.company_key.in_(keys))),
    )
    of_amount = select(Instalment.collection_id).where(OWED.in_(amounts), OWED > 0)
    # Three indexed ways to a collection; one condition with OR would read them all.
    found = union(
        *(select(Collection.id).where(way) for way in (named, whose, Collection.id.in_(of_amount)))
    ).subquery()
    return select(Collection.id).where(Collection.id.in_(select(found.c[0])), Collection.closed_at.is_(None))


def _as_written(key: str) -> tuple[str, ...]:
    """`P-2026-123` as it stands in the tables."""
    kind, year, no = key.split("-")
    return (f"{kind}-{year}-{int(no):06d}",)


async def opened(session: AsyncSession, ids: Sequence[str]) -> list[Open]:
    """These collections with their open instalments and all numbers that mean them."""
    contracts = select(func.array_agg(Contract.number)).where(Contract.deal_id == Collection.deal_id)
    query = (
        select(
            Collection, Customer.name, Order.number.label("order"), Deal.number.label("deal"),
            contracts.scalar_subquery().label("contracts"),
        )
        .join(Customer, Customer.id == Collection.customer_id)
        .outerjoin(Order, Order.id == Collection.order_id)
        .outerjoin(Deal, Deal.id == Collection.deal_id)
        .where(Collection.id.in_(ids), Collection.closed_at.is_(None))
        .order_by(Collection.opened_at, Collection.id)
    )  # fmt: skip
    parts = await _parts(session, ids)
    pending = await _pending(session, ids)
    found = []
    for collection, customer, order, deal, contracts_of in await session.execute(query):
        numbers = [collection.number, order, deal, *(contracts_of or ())]
        one = Open(
            id=collection.id, number=collection.number, customer_id=collection.customer_id, customer=customer,
            currency=collection.currency, parts=parts.get(collection.id, []),
            numbers=frozenset(number_key(number) for number in numbers if number),
        )  # fmt: skip
        one.take(pending.get(collection.id, 0))
        if one.parts:
            found.append(one)
    return found


async def _parts(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[tuple[int, int, date | None]]]:
    query = (
        select(Instalment.collection_id, Instalment.no, OWED, Instalment.due_on)
        .where(Instalment.collection_id.in_(ids), OWED > 0)
        .order_by(Instalment.due_on.nulls_last(), Instalment.no)
    )
    found: defaultdict[str, list[tuple[int, int, date | None]]] = defaultdict(list)
    for collection_id, no, owed, due_on in await session.execute(query):
        found[collection_id].append((no, owed, due_on))
    return found


async def _pending(session: AsyncSession, ids: Sequence[str]) -> dict[str, int]:
    """What lines of other files, or earlier ones of this, are just paying."""
    query = (
        select(Booking.collection_id, func.sum(Booking.amount))
        .where(Booking.collection_id.in_(ids), Booking.status == "pending")
        .group_by(Booking.collection_id)
    )
    return {collection_id: int(amount) for collection_id, amount in await session.execute(query)}
