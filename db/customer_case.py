"""One customer with all that is under way with them, as far as the reader may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.collection import Collection
from db.contract import Contract
from db.contract_term import ContractTerm, terms_with
from db.customer import Assignment, Contact, Customer
from db.deal import Deal
from db.scope import customers_within, within
from db.ticket import Ticket
from db.ticket_list import of_customer
from domain.access import Actor
from domain.refusal import not_found

SHOWN = 50
"""Deals and contracts a page lists, the newest first; the board's table has them all."""


class CustomerCase(NamedTuple):
    """`followers`: who follows the customer in which region; `collections`: those with money still owed; `terms`: how
    long signed contracts run, by contract."""

    customer: Customer
    contacts: Sequence[Contact]
    followers: Sequence[Assignment]
    deals: Sequence[Deal]
    contracts: Sequence[Contract]
    collections: Sequence[Collection]
    tickets: Sequence[Ticket]
    terms: Mapping[str, ContractTerm]


async def find_customer(session: AsyncSession, actor: Actor, customer_id: str) -> Customer:
    """Raises Refused (404) where there is none that this person may see."""
    customer = await session.scalar(select(Customer).where(Customer.id == customer_id, customers_within(actor)))
    if customer is None:
        raise not_found("customer")
    return customer


async def customer_case(session: AsyncSession, actor: Actor, customer_id: str) -> CustomerCase:
    """Raises Refused (404) where there is none that this person may see."""
    customer = await find_customer(session, actor, customer_id)
    contacts = select(Contact).where(Contact.customer_id == customer_id).order_by(Contact.id)
    followers = select(Assignment).where(Assignment.customer_id == customer_id).order_by(Assignment.since)
    deals = select(Deal).where(Deal.customer_id == customer_id, within(actor, "deal"))
    contracts = select(Contract).where(Contract.customer_id == customer_id, within(actor, "contract"))
    owed = select(Collection).where(
        Collection.customer_id == customer_id,
        Collection.closed_at.is_(None),
        Collection.owed > 0,
        within(actor, "collection"),
    )
    return CustomerCase(
        customer=customer,
        contacts=(await session.scalars(contacts)).all(),
        followers=(await session.scalars(followers)).all(),
        deals=(await session.scalars(deals.order_by(Deal.opened_at.desc()).limit(SHOWN))).all(),
        contracts=(await session.scalars(contracts.order_by(Contract.opened_at.desc()).limit(SHOWN))).all(),
        collections=(await session.scalars(owed.order_by(Collection.next_due_on))).all(),
        tickets=await of_customer(session, actor, customer_id),
        terms=await terms_with(session, customer_id),
    )
