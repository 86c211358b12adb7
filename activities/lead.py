"""Leads: who takes the next one, and what a qualified one becomes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import update
from temporalio import activity

from activities.process import ProcessActivities
from db.customer import convert_lead
from db.lead import Lead, next_owner
from domain.process import ProcessState


class LeadState(ProcessState):
    """`tried` are the people it was assigned to, in order; `deal` what the person who qualified it asked for."""

    stage: str = "new"
    first_contact: float = 0
    remind: float = 0
    due_at: datetime | None = None
    tried: list[str] = []
    deal_id: str | None = None
    deal: dict[str, Any] = {}
    close_reason: str | None = None


class Turn(BaseModel):
    """Who takes the lead: the one in the region whose last turn is longest ago, leaving out those who had it."""

    lead_id: str
    region_id: str
    without: list[str]


class Conversion(BaseModel):
    lead_id: str
    owner_id: str
    region_id: str


class LeadActivities(ProcessActivities):
    @activity.defn
    async def project_lead(self, state: LeadState) -> None:
        async with self.projecting("lead", state) as session:
            if session is None:
                return
            row = {
                "owner_id": state.owner_id,
                "stage": state.stage,
                "due_at": state.due_at,
                "customer_id": state.customer_id,
                "deal_id": state.deal_id if state.stage == "converted" else None,
                "close_reason": state.close_reason,
                "revision": state.revision,
            }
            await session.execute(update(Lead).where(Lead.id == state.record_id).values(row))

    @activity.defn
    async def take_turn(self, turn: Turn) -> str | None:
        """The next owner's id; None where nobody in the region is left. A repeat for the same lead gives the same."""
        async with self.db.session() as session:
            return await next_owner(session, turn.lead_id, turn.region_id, turn.without)

    @activity.defn
    async def convert_lead(self, conversion: Conversion) -> str:
        """Makes customer, contact and assignment from the lead, once, and gives the customer's id."""
        async with self.db.session() as session:
            return await convert_lead(session, conversion.lead_id, conversion.owner_id, conversion.region_id)
