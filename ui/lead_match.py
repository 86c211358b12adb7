"""How a lead is known: each time they turned to us, and whom they are like. A partial of the lead's page.

{% include "lead/touches.html" %} after `context |= await touches(request, session, services, lead)`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from commands.lead_check import Checked, Collision
from db.lead import Lead
from db.lead_form import LeadForm
from db.lead_origin import LeadTouch
from ui.names import Names

SHORT = 20


async def touches(session: AsyncSession, lead: Lead) -> dict[str, Any]:
    """`touches`, the newest first, and `form_names` of the forms they came through."""
    query = select(LeadTouch).where(LeadTouch.lead_id == lead.id).order_by(LeadTouch.no.desc()).limit(SHORT)
    found = list(await session.scalars(query))
    keys = {touch.form_key for touch in found if touch.form_key}
    named = await session.execute(select(LeadForm.key, LeadForm.name).where(LeadForm.key.in_(keys)))
    return {"touches": found, "form_names": {row.key: row.name or row.key for row in named}}


def collided(checked: Checked, called: Names) -> list[dict[str, Any]]:
    """As the warning shows it: whose it is, what is shared, and a link for those who may follow it."""
    return [
        {
            "kind": one.kind,
            "title": one.title,
            "number": one.number,
            "stage": one.stage,
            "why": one.why,
            "certain": one.certain,
            "owner": called.person(one.owner_id),
            "region": called.unit(one.region_id),
            "pooled": one.pooled,
            "href": _href(one),
        }
        for one in checked.collisions
    ]


def _href(one: Collision) -> str:
    if one.pooled:
        return f"/pool/{one.id}/{one.region_id}" if one.id else "/pool"
    return f"/{one.kind}s/{one.id}" if one.seen else ""
