"""Which ticket a message goes on in. Nobody gets into a ticket by knowing its number: it is on every mail's subject."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.contact_double import one_with
from db.customer import Contact
from db.policy import current_policy
from db.ticket import Ticket, TicketMessage, goes_on_as
from db.ticket_intake import took_part
from domain.policy import load
from domain.ticket import ServicePolicy, may_come_back
from domain.ticket_number import numbers_in


async def proven(session: AsyncSession, *, number: str | None, record_ids: Sequence[str]) -> str | None:
    """By what only somebody we wrote to knows: the number's own address, or the id of a mail of ours."""
    if number is not None:
        return await session.scalar(select(Ticket.id).where(Ticket.number == number))
    if not record_ids:
        return None
    said = select(TicketMessage.ticket_id).where(TicketMessage.id.in_(record_ids)).limit(1)
    return await session.scalar(said) or await session.scalar(select(Ticket.id).where(Ticket.id.in_(record_ids)))


async def answered_by(session: AsyncSession, *, sender: str, subject: str, references: Sequence[str]) -> str | None:
    """By a mail it answers or a number it names, and only for a sender who is part of that ticket."""
    if references:
        said = select(TicketMessage.ticket_id).where(TicketMessage.mail_id.in_(references)).distinct()
        for ticket_id in await session.scalars(said.limit(5)):
            if await is_part_of(session, ticket_id, sender):
                return ticket_id
    numbers = numbers_in(subject)
    if numbers:
        for ticket_id in await session.scalars(select(Ticket.id).where(Ticket.number.in_(numbers)).limit(5)):
            if await is_part_of(session, ticket_id, sender):
                return ticket_id
    return None


async def is_part_of(session: AsyncSession, ticket_id: str, sender: str) -> bool:
    """Whoever it is from, its contact, and who wrote in it or was named in a mail of it."""
    ticket = await session.get(Ticket, ticket_id)
    if ticket is None or not sender:
        return False
    if sender in ((ticket.from_email or "").lower(), ticket.from_phone):
        return True
    if ticket.contact_id:
        alike = await one_with(session, ticket.contact_id)
        same = or_(func.lower(Contact.email) == sender, Contact.phone == sender)
        if await session.scalar(select(Contact.id).where(Contact.id.in_(alike), same).limit(1)) is not None:
            return True
    return await took_part(session, ticket_id, sender)


async def open_to(session: AsyncSession, ticket_id: str | None) -> Ticket | None:
    """The ticket itself or the end of its chain of mergers, unless that ended too long ago to come back."""
    ticket = await goes_on_as(session, ticket_id) if ticket_id else None
    if ticket is None or ticket.stage != "closed":
        return ticket
    policy = load(ServicePolicy, (await current_policy(session, ServicePolicy.kind))[1])
    return ticket if may_come_back(ticket.closed_at, policy, datetime.now(UTC)) else None
