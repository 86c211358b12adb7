"""The people at a customer: added and corrected by whoever works on that customer."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from commands.billing import may_edit
from commands.idempotency import claim_once
from db.contact_double import standing
from db.customer import Assignment, Contact, Customer
from db.customer_field import readable_by
from db.engine import Database
from db.scope import customers_within
from domain.access import Action, Actor
from domain.contact import phone_number
from domain.customer_field import Readable, Way
from domain.follow_up import ContactRole
from domain.person import email_address
from domain.refusal import forbidden, not_found
from domain.text import ON_ONE_LINE

WAYS: tuple[Way, ...] = ("phone", "email")


class ContactBody(BaseModel):
    """Somebody at a customer. A number without a country code is one of the company's own country."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=80), ON_ONE_LINE]
    title: Annotated[str, Field(max_length=120), ON_ONE_LINE] | None = None
    phone: Annotated[str, Field(max_length=40), ON_ONE_LINE] | None = None
    email: Annotated[str, Field(max_length=254), ON_ONE_LINE] | None = None
    role: ContactRole | None = None

    def values(self, country: str) -> dict[str, str | None]:
        """As it is kept: the number as E.164. Raises Refused (422) `phone_invalid` or `email_invalid`."""
        return {
            "name": self.name,
            "title": self.title or None,
            "role": self.role,
            "phone": phone_number(self.phone, country) if self.phone else None,
            "email": email_address(self.email) if self.email else None,
        }


class ContactCommands:
    def __init__(self, db: Database, country: str) -> None:
        self.db = db
        self.country = country

    async def add(self, actor: Actor, key: str, customer_id: str, body: ContactBody) -> str:
        """The new contact's id, made once per key. Raises Refused: 404, 403, 422."""
        values = body.values(self.country)
        async with self.db.session(actor.id) as session:
            await self._works_on(session, actor, customer_id)
            made = await claim_once(session, actor, key, "AddContact", f"customer/{customer_id}", values)
            if made.fresh:
                session.add(Contact(id=made.id, customer_id=customer_id, origin=f"contact/{made.id}", **values))
            return made.id

    async def change(self, actor: Actor, key: str, customer_id: str, contact_id: str, body: ContactBody) -> None:
        """Replaces what is known of a contact; what they may not see stays as long as they type nothing else there.
        Raises Refused: 404, 403, 422."""
        async with self.db.session(actor.id) as session:
            await self._works_on(session, actor, customer_id)
            query = select(Contact).where(Contact.id == contact_id, Contact.customer_id == customer_id)
            contact = await session.scalar(query.with_for_update())
            if contact is None:
                raise not_found("contact")
            contact = await standing(session, contact)
            values = _replacing(contact, body, await readable_by(session, actor)).values(self.country)
            asked: dict[str, Any] = {"contact": contact_id, **body.model_dump()}
            if (await claim_once(session, actor, key, "ChangeContact", f"customer/{customer_id}", asked)).fresh:
                for name, value in values.items():
                    setattr(contact, name, value)

    async def _works_on(self, session: AsyncSession, actor: Actor, customer_id: str) -> None:
        seen = select(Customer.id).where(Customer.id == customer_id, customers_within(actor))
        if await session.scalar(seen) is None:
            raise not_found("customer")
        follows = await session.scalars(select(Assignment).where(Assignment.customer_id == customer_id))
        if not any(may_edit(actor, one) for one in follows):
            raise forbidden(Action.CUSTOMER_WORK)


def _replacing(contact: Contact, body: ContactBody, readable: Readable) -> ContactBody:
    """With the number and address there are, where they are not seen and nothing else was typed."""
    seen = {field.key for field in readable.open}
    kept: dict[str, str | None] = {}
    for way in WAYS:
        held: str | None = getattr(contact, way)
        if way not in seen and getattr(body, way) in (None, "", readable.reached(way, held)):
            kept[way] = held
    return body.model_copy(update=kept)
