"""What we say in a ticket: written first, shown and mailed once its process has taken it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.contact_double import standing_by_id
from db.letter import write_letter
from db.live import announce
from db.ticket import Ticket, TicketMessage

LETTER = "ticket_reply"
"""The letter policy's key of an answer by mail."""


REFERRED = 10
"""Earlier messages that an answer refers to."""
LATER = 2**62
"""A revision beyond every process's: what a page shows of the ticket is read anew whatever it has."""


def mail_id(message_id: str) -> str:
    """What an answer of ours is known by, so that theirs finds its ticket."""
    return f"<{message_id}@throughline>"


def letter_key(message_id: str) -> str:
    """One answer is one letter, however often its process writes its rows."""
    return f"ticket_message/{message_id}"


async def take_spoken(session: AsyncSession, ticket_id: str, message_ids: Sequence[str]) -> None:
    """Drafts become part of the conversation; answers are laid down to be mailed, in this very transaction."""
    taken = (
        update(TicketMessage)
        .where(TicketMessage.id.in_(message_ids), TicketMessage.status == "draft")
        .values(status="pending")
        .returning(TicketMessage)
    )
    ticket = await session.get_one(Ticket, ticket_id, populate_existing=True)
    for message in (await session.scalars(taken)).all():
        if message.direction == "note":
            message.status = "received"
        else:
            message.mail_id = mail_id(message.id)
            await _mail(session, ticket, message)


async def _mail(session: AsyncSession, ticket: Ticket, message: TicketMessage) -> None:
    """To whom wrote it, else to the customer's contact. Who has no address is told another way: it counts as sent."""
    address = ticket.from_email or await _address(session, ticket)
    if address is None:
        message.status, message.error = "sent", "no_address"
        return
    letter = {
        "key": letter_key(message.id), "customer_id": ticket.customer_id, "contact_id": ticket.contact_id,
        "template": LETTER, "language": ticket.language, "line_id": ticket.id,
        "params": {
            "number": ticket.number, "title": ticket.subject, "text": message.body, "owner_id": message.author_id,
            "ticket_id": ticket.id, "message_id": message.id,
        },
        "documents": [one["hash"] for one in message.attachments],
    }  # fmt: skip
    await write_letter(session, letter, to=address)


async def message_delivered(session: AsyncSession, message_id: str, error: str | None = None) -> None:
    """What became of an answer by mail; pages that show it read it anew."""
    message = await session.get(TicketMessage, message_id)
    if message is None:
        return
    message.status, message.error = ("failed", error[:500]) if error else ("sent", None)
    ticket = await session.get_one(Ticket, message.ticket_id)
    await announce(session, "ticket", ticket.id, LATER, region=ticket.region_id, owner=ticket.assignee_id)


async def references_to(session: AsyncSession, message_id: str) -> list[str]:
    """The mail ids a mail program threads an answer by: what the customer wrote before it, the latest last."""
    message = await session.get_one(TicketMessage, message_id)
    theirs = select(TicketMessage.mail_id).where(
        TicketMessage.ticket_id == message.ticket_id, TicketMessage.direction == "in", TicketMessage.at < message.at,
        TicketMessage.mail_id.is_not(None),
    )  # fmt: skip
    latest = await session.scalars(theirs.order_by(TicketMessage.at.desc()).limit(REFERRED))
    return [one for one in latest if one and one.startswith("<")][::-1]


async def _address(session: AsyncSession, ticket: Ticket) -> str | None:
    if ticket.contact_id is None:
        return None
    contact = await standing_by_id(session, ticket.contact_id)
    return contact.email if contact else None
