"""Leads taken in: from a public form, a person, or a person's program."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlalchemy import select

from commands.desk import Desk
from commands.idempotency import claim_once
from db.base import new_id
from db.lead import Lead, sellers
from db.outbox import enqueue
from db.person import OrgUnit
from db.projection import next_number
from domain.access import Action, Actor
from domain.contact import phone_number
from domain.person import email_address
from domain.refusal import forbidden, invalid
from workflows.lead import LeadStart, lead_workflow_id


class NewLead(BaseModel):
    """`amount` in minor units; `region` is a region's code. With `owner_id` it is not assigned in turn."""

    source: str
    company: str
    name: str
    phone: str | None = None
    email: str | None = None
    message: str | None = None
    amount: int | None = None
    region: str
    utm: dict[str, str] = {}
    owner_id: str | None = None


class LeadIntake:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def capture(self, lead: NewLead, key: str | None = None) -> str:
        """Writes the lead and, in the same transaction, what will start its process; gives the lead's id.

        A public form has no actor: `key` is the form's own, and a repeat finds the lead it made.
        """
        return await self._take_in(lead, Actor(id="public"), key or new_id())

    async def create(self, actor: Actor, key: str, lead: NewLead) -> str:
        """Brought in by a person or their program, for whom they may: themselves, or anybody of their region.

        Raises Refused (422) for a number or an address that cannot be used, and for an owner who does not sell there.
        """
        actor.require(Action.LEAD_CREATE)
        phone = phone_number(lead.phone, self.desk.settings.country) if lead.phone else None
        email = email_address(lead.email) if lead.email else None
        return await self._take_in(lead.model_copy(update={"phone": phone, "email": email}), actor, key)

    async def _take_in(self, lead: NewLead, actor: Actor, key: str) -> str:
        settings = self.desk.settings
        async with self.desk.db.session(actor.id) as session:
            region_id = await session.scalar(
                select(OrgUnit.id).where(OrgUnit.code == lead.region, OrgUnit.kind == "region")
            )
            if region_id is None:
                raise invalid("region_unknown", "region", region=lead.region)
            if lead.owner_id is not None:
                if not actor.reaches(Action.LEAD_CREATE, owner=lead.owner_id, region=region_id):
                    raise forbidden(Action.LEAD_CREATE)
                if lead.owner_id not in await sellers(session, region_id):
                    raise invalid("owner_not_selling", "owner_id")
            lead_id, fresh = await claim_once(session, actor, key, "NewLead", "lead", lead.model_dump())
            if fresh:
                start = LeadStart(
                    lead_id=lead_id, region_id=region_id, owner_id=lead.owner_id, amount=lead.amount,
                    currency=settings.currency,
                )  # fmt: skip
                await enqueue(session, lead_workflow_id(lead_id), "start", _start(start))
                # The number last: whoever takes one keeps all others waiting until the transaction ends.
                number = await next_number(session, "L", datetime.now(ZoneInfo(settings.zone)).year)
                row = lead.model_dump(exclude={"region", "owner_id"})
                session.add(Lead(id=lead_id, number=number, region_id=region_id, currency=settings.currency, **row))
        return lead_id


def _start(start: LeadStart) -> dict[str, Any]:
    return {
        "workflow": "LeadWorkflow",
        "id": lead_workflow_id(start.lead_id),
        "input": start.model_dump(mode="json", exclude_none=True),
    }
