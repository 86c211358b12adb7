"""Tickets that may be one: of the same customer, in the last days, about the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.scope import within
from db.ticket import Ticket, TicketMessage
from domain.access import Actor
from domain.ticket import OPEN
from domain.ticket_repeat import LIKE, likeness

LATELY = timedelta(days=14)
LOOKED_AT, SHOWN = 30, 3


class Repeat(NamedTuple):
    """`same` is what they share beside their words: fault_code, equipment, or nothing."""

    ticket: Ticket
    likeness: float
    same: str


async def repeats(session: AsyncSession, actor: Actor, ticket: Ticket) -> Sequence[Repeat]:
    """Open tickets of the same customer, person or machine that say nearly the same, the likest first."""
    whose = [Ticket.customer_id == ticket.customer_id] if ticket.customer_id else []
    whose += [Ticket.equipment_id == ticket.equipment_id] if ticket.equipment_id else []
    whose += [Ticket.from_phone == ticket.from_phone] if ticket.from_phone else []
    if ticket.from_email:
        whose.append(func.lower(Ticket.from_email) == ticket.from_email.lower())
    if not whose or ticket.stage not in OPEN:
        return []
    others = select(Ticket).where(
        or_(*whose), Ticket.id != ticket.id, Ticket.stage.in_(OPEN), within(actor, "ticket"),
        Ticket.opened_at.between(ticket.opened_at - LATELY, ticket.opened_at + LATELY),
    )  # fmt: skip
    found = (await session.scalars(others.order_by(Ticket.id.desc()).limit(LOOKED_AT))).all()
    if not found:
        return []
    words = await _words(session, [ticket.id, *(one.id for one in found)])
    own = f"{ticket.subject} {words.get(ticket.id, '')}"
    judged = [_judged(ticket, one, likeness(own, f"{one.subject} {words.get(one.id, '')}")) for one in found]
    likely = [one for one in judged if one.likeness >= LIKE or one.same == "fault_code"]
    return sorted(likely, key=lambda one: (one.same == "fault_code", one.likeness), reverse=True)[:SHOWN]


def _judged(ticket: Ticket, other: Ticket, like: float) -> Repeat:
    machine = ticket.equipment_id is not None and ticket.equipment_id == other.equipment_id
    code = machine and ticket.fault_code is not None and ticket.fault_code == other.fault_code
    return Repeat(other, like, "fault_code" if code else "equipment" if machine else "")


async def _words(session: AsyncSession, ticket_ids: Sequence[str]) -> dict[str, str]:
    """What each began with: a ticket's first message has its id."""
    first = select(TicketMessage.id, TicketMessage.body).where(
        and_(TicketMessage.id.in_(ticket_ids), TicketMessage.direction == "in")
    )
    return {row.id: row.body for row in await session.execute(first)}
