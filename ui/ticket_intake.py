"""What of a ticket's page comes from outside: how it came in, what it may be a repeat of, how it went."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db.equipment import Equipment
from db.ticket import Ticket
from db.ticket_intake import TicketInbound, TicketRating, inbound_of
from db.ticket_repeat import repeats
from domain.access import Action, Actor
from locales import N_

NOTED = {
    "another_sender": N_("From another address than the ticket's; they answered a mail of ours."),
    "number_of_another": N_("Its subject names another ticket, which its sender is no part of."),
    "malformed": N_("The mail is malformed: something may be missing. It is kept as it came."),
    "text_cut": N_("The mail is very long; what is shown ends early. It is kept as it came."),
    "attachments_cut": N_("It has more attachments than are taken. It is kept as it came."),
    "empty": N_("The mail has no text."),
    "unreadable": N_("The mail could not be read. It is kept as it came."),
    "too_large": N_("The mail is too large; only its head was read."),
    "serial_unknown": N_("Its serial number is not in the register."),
}
"""What was odd about a message, in words."""


async def from_outside(session: AsyncSession, actor: Actor, ticket: Ticket) -> dict[str, Any]:
    """`came_in` by message id: its line of the journal, and what of it is to be said."""
    lines = await inbound_of(session, ticket.id)
    machine = await session.get(Equipment, ticket.equipment_id) if ticket.equipment_id else None
    return {
        "came_in": {line.message_id: (line, _odd(line)) for line in lines if line.message_id},
        "repeats": await repeats(session, actor, ticket),
        "rating": await session.get(TicketRating, ticket.id),
        "machine": machine if machine and actor.scope(Action.EQUIPMENT_READ) is not None else None,
    }


def _odd(line: TicketInbound) -> list[str]:
    return [NOTED[note] for note in line.notes if note in NOTED]
