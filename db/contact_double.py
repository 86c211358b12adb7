"""Contacts of one customer who are one person since a merge: one is listed and stands for the others, whose rows stay
for whatever refers to them, and are contacts of their own again once the merge is undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.customer import Contact, Customer
from domain.contact_double import Double, Somebody

LONGEST = 20
"""Merges one after another that a contact may have come through."""


async def somebodies(session: AsyncSession, customers: Sequence[str]) -> list[Somebody]:
    """The listed contacts of these customers, in the customers' order."""
    query = select(Contact, Customer.name).join(Customer, Customer.id == Contact.customer_id)
    query = query.where(Contact.customer_id.in_(customers), Contact.listed).order_by(Contact.id)
    found = [
        Somebody(
            id=one.id, customer_id=one.customer_id, name=one.name, phone=one.phone, email=one.email, title=one.title,
            role=one.role, nameless=one.name in (one.phone, one.email, company[:80]),
        )
        for one, company in await session.execute(query)
    ]  # fmt: skip
    return sorted(found, key=lambda one: customers.index(one.customer_id))


async def join(session: AsyncSession, found: Sequence[Double]) -> None:
    """From now on one stands for the other, and has what it lacked."""
    for one in found:
        double = update(Contact).where(Contact.id == one.id)
        await session.execute(double.values(same_as=one.same_as, given=one.given))
        if one.given:
            await session.execute(update(Contact).where(Contact.id == one.same_as).values(**one.given))


async def part(session: AsyncSession, customers: Sequence[str]) -> None:
    """Those whose stand-in belongs to another customer by now are contacts of their own again."""
    known = aliased(Contact)
    elsewhere = known.customer_id != Contact.customer_id
    await _part(session, known, Contact.customer_id.in_(customers), elsewhere)


async def part_from(session: AsyncSession, contacts: Sequence[str]) -> None:
    """Those for whom one of these contacts stands, who goes, are contacts of their own again."""
    await _part(session, aliased(Contact), Contact.same_as.in_(contacts))


async def _part(session: AsyncSession, known: Any, *which: ColumnElement[bool]) -> None:
    query = select(Contact, known).join(known, known.id == Contact.same_as).where(*which)
    rows = await session.execute(query.execution_options(populate_existing=True))
    for double, stand_in in rows.all():
        for name, value in (double.given or {}).items():
            if getattr(stand_in, name) == value:
                setattr(stand_in, name, None)
        double.same_as, double.given = None, None
    await session.flush()


async def standing(session: AsyncSession, contact: Contact) -> Contact:
    """Who is listed in the contact's place; itself mostly."""
    for _ in range(LONGEST):
        if contact.same_as is None or (known := await session.get(Contact, contact.same_as)) is None:
            break
        contact = known
    return contact


async def standing_by_id(session: AsyncSession, contact_id: str) -> Contact | None:
    contact = await session.get(Contact, contact_id)
    return await standing(session, contact) if contact else None


async def one_with(session: AsyncSession, contact_id: str) -> set[str]:
    """The ids of all who are one person with this contact."""
    contact = await standing_by_id(session, contact_id)
    found = {contact_id} if contact is None else {contact_id, contact.id}
    doubles = select(Contact.id).where(Contact.same_as.in_(found))
    return found | set(await session.scalars(doubles))
