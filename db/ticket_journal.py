"""What came to the service desk by mail and made no ticket: read by whoever leads it, and turned into one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.ticket_intake import TicketInbound
from domain.refusal import not_found


async def without_ticket(session: AsyncSession, *, before: str | None, limit: int) -> Sequence[TicketInbound]:
    """The newest first; `before` is the last one that was shown."""
    query = select(TicketInbound).where(TicketInbound.ticket_id.is_(None))
    if before and (last := await session.get(TicketInbound, before)) is not None:
        older = and_(TicketInbound.at == last.at, TicketInbound.id < last.id)
        query = query.where(or_(TicketInbound.at < last.at, older))
    return (await session.scalars(query.order_by(TicketInbound.at.desc(), TicketInbound.id.desc()).limit(limit))).all()


async def find_inbound(session: AsyncSession, inbound_id: str) -> TicketInbound:
    """Raises Refused (404)."""
    row = await session.get(TicketInbound, inbound_id)
    if row is None:
        raise not_found("mail")
    return row


async def belongs_to(session: AsyncSession, inbound_id: str, ticket_id: str) -> None:
    """From now on it has a ticket."""
    await session.execute(update(TicketInbound).where(TicketInbound.id == inbound_id).values(ticket_id=ticket_id))
