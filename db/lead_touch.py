"""Telling a lead's process that they turned to us again, in the transaction that keeps what they said."""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.lead import Lead
from db.lead_origin import LeadTouch
from db.outbox import enqueue


async def move_touches(session: AsyncSession, lead_id: str, into: str) -> None:
    """One lead turned out to be another: each time they turned to us counts for that one, whose process hears of it."""
    moved = select(LeadTouch.id).where(LeadTouch.lead_id == lead_id).order_by(LeadTouch.no)
    ids = list(await session.scalars(moved))
    if not ids:
        return  # moved before
    most = await session.scalar(select(func.max(LeadTouch.no)).where(LeadTouch.lead_id == into)) or 0
    for no, touch in enumerate(ids, start=most + 1):
        await session.execute(update(LeadTouch).where(LeadTouch.id == touch).values(lead_id=into, no=no))
    counted = update(Lead).where(Lead.id == into).values(touches=Lead.touches + len(ids))
    await session.execute(counted)
    lead = await session.get_one(Lead, into, populate_existing=True)
    start = {
        "lead_id": lead.id, "region_id": lead.region_id, "amount": lead.amount, "currency": lead.currency,
        "customer_id": lead.customer_id,
    }  # fmt: skip
    payload = {
        "workflow": "LeadWorkflow",
        "id": f"lead/{into}",
        "input": {name: value for name, value in start.items() if value is not None},
        "signal": "touched",
        "message": {"id": lead_id, "source": "merged"},
    }
    await enqueue(session, f"lead/{into}/touch/{lead_id}", "start", payload)
