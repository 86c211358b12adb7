"""What is known of a lead, as the policies about leads ask for it (domain.lead_fact)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from db.calendar import calendars
from db.lead import Lead


async def facts_of(session: AsyncSession, lead: Lead, calendar: str | None) -> dict[str, Any]:
    """`calendar` says what working time is; None counts every hour as such."""
    working = True
    if calendar is not None:
        clock = (await calendars(session)).working_time(calendar)
        working = clock.next_opening(lead.created_at) == lead.created_at
    told = {name: getattr(lead, name) for name in ("source", "campaign", "product", "language", "industry", "size")}
    return told | {
        "intent": lead.intent,
        "region": lead.region_id,
        "budget": lead.amount,
        "touches": lead.touches,
        "came_back": lead.came_back,
        "in_working_time": working,
        "has_phone": lead.phone is not None,
        "has_email": lead.email is not None,
        **{f"x_{key}": value for key, value in lead.custom.items()},
    }
