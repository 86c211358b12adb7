"""One customer with all that is under way with them, as far as the reader may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.collection import Collection
from db.contract import Contract
from db.contract_term import ContractTerm, terms_with
from db.customer import Assignment, Contact, Customer
from db.customer_field import CustomerChange
from db.customer_match import CustomerPair
from db.customer_merge import CustomerMerge
from db.customer_pair import of_either
from db.deal import Deal
from db.equipment import Equipment
from db.follow_up import FollowUp
from db.ownership_history import ChangeOfHands
from db.process import Process, Task
from db.scope import customers_within, within
from db.ticket import Ticket
from db.ticket_list import of_customer
from domain.access import Actor
from domain.customer_field import Readable, Way
from domain.refusal import not_found

T = TypeVar("T")
SHOWN = 50
"""Deals and contracts a page lists, the newest first; the board's table has them all."""


TABLES: dict[str, ColumnElement[bool]] = {
    "contact": Contact.customer_id == Customer.id,
    "deal": Deal.customer_id == Customer.id,
    "contract": Contract.customer_id == Customer.id,
    "collection": and_(Collection.customer_id == Customer.id, Collection.closed_at.is_(None)),
    "ticket": Ticket.customer_id == Customer.id,
    "task": and_(Task.customer_id == Customer.id, Task.status == "open"),
    "equipment": Equipment.customer_id == Customer.id,
    "merge": CustomerMerge.survivor_id == Customer.id,
    "pair": and_(of_either(Customer.id), CustomerPair.status == "open"),
    "event": Process.customer_id == Customer.id,
    "follow_up": FollowUp.customer_id == Customer.id,
    "hands": ChangeOfHands.customer_id == Customer.id,
    "edit": CustomerChange.customer_id == Customer.id,
}
"""What a customer may have rows of. Most have few kinds: one statement tells which are worth another."""


class CustomerCase(NamedTuple):
    """`there`: the kinds of rows the customer has, whoever may see them; `doubles`: contacts for whom one of `contacts`
    stands; `followers`: who follows the customer in which region; `collections`: those with money still owed; `terms`:
    how long signed contracts run, by contract."""

    customer: Customer
    there: frozenset[str]
    contacts: Sequence[Contact]
    doubles: Sequence[Contact]
    followers: Sequence[Assignment]
    deals: Sequence[Deal]
    contracts: Sequence[Contract]
    collections: Sequence[Collection]
    tickets: Sequence[Ticket]
    terms: Mapping[str, ContractTerm]

    def contact(self, contact_id: str | None) -> Contact | None:
        """The contact, or who stands for them."""
        stand_in = next((one.same_as for one in self.doubles if one.id == contact_id), None)
        if stand_in is not None:
            return self.contact(stand_in)
        return next((one for one in self.contacts if one.id == contact_id), None)

    def reached_by(self, contact: Contact, way: Way, readable: Readable) -> list[str]:
        """All numbers, or addresses, of one person as far as the reader may see them."""
        theirs = [contact, *(one for one in self.doubles if self.contact(one.id) is contact)]
        return list(dict.fromkeys(value for one in theirs if (value := readable.reached(way, getattr(one, way)))))


async def find_customer(session: AsyncSession, actor: Actor, customer_id: str) -> Customer:
    """Raises Refused (404) where there is none that this person may see."""
    customer = await session.scalar(select(Customer).where(Customer.id == customer_id, customers_within(actor)))
    if customer is None:
        raise not_found("customer")
    return customer


async def customer_case(session: AsyncSession, actor: Actor, customer_id: str) -> CustomerCase:
    """Raises Refused (404) where there is none that this person may see."""
    customer, there = await _known(session, actor, customer_id)
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

    async def those(kind: str, query: Select[T]) -> Sequence[T]:
        return (await session.scalars(query)).all() if kind in there else ()

    people = await those("contact", contacts)
    return CustomerCase(
        customer=customer,
        there=there,
        contacts=[one for one in people if one.listed],
        doubles=[one for one in people if not one.listed],
        followers=(await session.scalars(followers)).all(),
        deals=await those("deal", deals.order_by(Deal.opened_at.desc()).limit(SHOWN)),
        contracts=await those("contract", contracts.order_by(Contract.opened_at.desc()).limit(SHOWN)),
        collections=await those("collection", owed.order_by(Collection.next_due_on)),
        tickets=await of_customer(session, actor, customer_id) if "ticket" in there else (),
        terms=await terms_with(session, customer_id) if "contract" in there else {},
    )


async def _known(session: AsyncSession, actor: Actor, customer_id: str) -> tuple[Customer, frozenset[str]]:
    are = (exists().where(theirs).correlate(Customer).label(kind) for kind, theirs in TABLES.items())
    query = select(Customer, *are).where(Customer.id == customer_id, customers_within(actor))
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise not_found("customer")
    customer, *there = row
    return customer, frozenset(kind for kind, held in zip(TABLES, there, strict=True) if held)
