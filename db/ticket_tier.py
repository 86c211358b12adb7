"""A customer's service tier, and the tickets that run by it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import new_id
from db.customer import Customer
from db.outbox import enqueue_all
from db.ticket import Ticket
from domain.ticket import ENDED


async def serve_by(session: AsyncSession, customer_id: str, tier: str, by: str = "system") -> bool:
    """The only way a tier changes: the customer's tickets hear of it. False where it is theirs already.

    Whoever calls it has the customer's row locked or is alone in changing it: this locks it.
    """
    changed = update(Customer).where(Customer.id == customer_id, Customer.service_tier != tier)
    if await session.scalar(changed.values(service_tier=tier).returning(Customer.id)) is None:
        return False
    await tell_tickets(session, customer_id, tier, by)
    return True


async def tell_tickets(session: AsyncSession, customer_id: str, tier: str, by: str = "system") -> None:
    """What the customer's tickets are to run by: they may have come from another customer."""
    running = select(Ticket.id).where(Ticket.customer_id == customer_id, Ticket.stage.not_in(ENDED))
    news, change = {"tier": tier, "by": by, "at": datetime.now(UTC).isoformat()}, new_id()
    told = {
        f"ticket/{one}/tier/{change}": {"id": f"ticket/{one}", "signal": "tier_changed", "input": news}
        for one in await session.scalars(running)
    }
    if told:
        await enqueue_all(session, "signal", told)


async def tier_for(session: AsyncSession, ticket_id: str) -> str | None:
    """What the ticket's customer is served by now; None without a customer."""
    query = select(Customer.service_tier).join(Ticket, Ticket.customer_id == Customer.id).where(Ticket.id == ticket_id)
    return await session.scalar(query)
