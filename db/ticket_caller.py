"""Who calls: a number or an address, and whose it is; and what they have open with us."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.contact_double import standing
from db.customer import Contact, Customer
from db.customer_list import list_customers
from db.scope import customers_within, within
from db.ticket import Ticket
from domain.access import Actor
from domain.ticket import OPEN

MOST = 6


class Caller(NamedTuple):
    contact: Contact | None
    customer: Customer


async def callers(
    session: AsyncSession, actor: Actor, *, phone: str | None = None, email: str | None = None, text: str = ""
) -> Sequence[Caller]:
    """Whose exact number (E.164) or address it is, the contact known longest first; else whose names it is part of."""
    query = select(Contact, Customer).join(Customer, Customer.id == Contact.customer_id).where(customers_within(actor))
    if phone or email:
        same = [Contact.phone == phone] if phone else []
        same += [func.lower(Contact.email) == email.lower()] if email else []
        found = await session.execute(query.where(or_(*same)).order_by(Contact.id).limit(MOST))
        known = [(await standing(session, contact), customer) for contact, customer in found.all()]
        return [Caller(*row) for row in {contact.id: (contact, customer) for contact, customer in known}.values()]
    if not text:
        return []
    customers = await list_customers(session, actor, text=text, limit=MOST)
    theirs = query.where(Contact.listed, Customer.id.in_([customer.id for customer in customers]))
    named = Contact.name.icontains(text, autoescape=True)
    found = await session.execute(theirs.order_by(named.desc(), Customer.id.desc(), Contact.id).limit(MOST))
    return [Caller(*row) for row in found]


async def open_with(session: AsyncSession, actor: Actor, customer_ids: Sequence[str]) -> Sequence[Ticket]:
    """The open tickets of these customers, the newest first."""
    query = select(Ticket).where(
        within(actor, "ticket"), Ticket.customer_id.in_(customer_ids), Ticket.stage.in_((*OPEN, "resolved"))
    )
    return (await session.scalars(query.order_by(Ticket.id.desc()).limit(MOST))).all()
