"""Leads taken in, from wherever they come: recognised where they are known, else written with what starts them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from commands.desk import Desk
from commands.idempotency import Claim, claim_once
from db.base import new_id
from db.lead import Lead, sellers
from db.lead_match import find_alike
from db.lead_origin import LeadTouch
from db.outbox import enqueue, payload_of
from db.person import OrgUnit
from db.projection import next_number
from domain.access import Action, Actor
from domain.contact import phone_number
from domain.lead_match import Recognised, Somebody, kept_apart, recognise
from domain.person import email_address
from domain.refusal import forbidden, invalid
from workflows.lead_message import LeadStart, lead_workflow_id

AT_ONCE = 4
"""Leads that one process writes at the same time. Each holds the running number's lock for its last statements, and
would hold it for as long as all the others are busy: a rush waits here, before any lock and without a connection."""
TOLD = {"source", "campaign", "utm", "form_key", "message", "consent"}

"""What each touch keeps of an enquiry."""
FILLED = ("phone", "email", "amount", "campaign", "product", "language", "industry", "size", "intent")


class NewLead(BaseModel):
    """`amount` in minor units: their budget. `region` is a region's code. With `owner_id` it is not assigned in turn.

    `apart` keeps it as a lead of its own though it is known, with the reason in `note`.
    """

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
    campaign: str | None = None
    product: str | None = None
    language: str | None = None
    industry: str | None = None
    size: str | None = None
    intent: str | None = None
    behaviour: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    consent: dict[str, Any] | None = None
    form_key: str | None = None
    apart: bool = False
    note: str | None = None

    @property
    def somebody(self) -> Somebody:
        return Somebody(company=self.company, name=self.name, phone=self.phone, email=self.email)


class Taken(NamedTuple):
    """The lead it is now: `fresh` where it is a new one, else one more touch of a lead there was."""

    lead_id: str
    fresh: bool


class LeadIntake:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._regions: dict[str, str] = {}
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def capture(self, lead: NewLead, key: str | None = None) -> str:
        """Writes the lead and, in the same transaction, what will start its process; gives the lead's id.

        A public form has no actor: `key` is the form's own, and a repeat finds the lead it made.
        """
        return (await self.take_in(lead, Actor(id="public"), key or new_id())).lead_id

    async def create(self, actor: Actor, key: str, lead: NewLead) -> str:
        """Brought in by a person or their program, for whom they may: themselves, or anybody of their region.

        Raises Refused (422) for a number or an address that cannot be used, and for an owner who does not sell there.
        """
        return (await self.bring(actor, key, lead)).lead_id

    async def bring(self, actor: Actor, key: str, lead: NewLead) -> Taken:
        """`create`, saying whether it is a new one."""
        actor.require(Action.LEAD_CREATE)
        return await self.take_in(self.reachable(lead), actor, key)

    def reachable(self, lead: NewLead) -> NewLead:
        """With number and address as they are kept. Raises Refused (422) naming the one that cannot be used."""
        phone = phone_number(lead.phone, self.desk.settings.country) if lead.phone else None
        email = email_address(lead.email) if lead.email else None
        return lead.model_copy(update={"phone": phone, "email": email})

    async def take_in(self, lead: NewLead, actor: Actor, key: str) -> Taken:
        """What is to be kept already stands in it as it is kept (`reachable`). The same key finds what it made."""
        async with self._gate, self.desk.db.session(actor.id) as session:
            return await self.take_in_within(session, lead, actor, key)

    async def take_in_within(self, session: AsyncSession, lead: NewLead, actor: Actor, key: str) -> Taken:
        region_id = await self._region(session, lead.region)
        if lead.owner_id is not None:
            await _may_own(session, actor, lead.owner_id, region_id)
        asked = await claim_once(session, actor, key, "NewLead", "lead", lead.model_dump(exclude_defaults=True))
        if not asked.fresh:
            return await _taken_before(session, asked.id)
        await _one_after_the_other(session, lead)
        alike = await find_alike(session, lead.somebody)
        # Somebody looked and keeps it apart: what it is like is shown all the same.
        found = kept_apart(lead.somebody, alike) if lead.apart else recognise(lead.somebody, alike)
        if found.lead_id is not None:
            return await self._touch(session, lead, found, asked)
        await self._begin(session, lead, region_id, found, asked.id)
        return Taken(asked.id, True)

    async def _region(self, session: AsyncSession, code: str) -> str:
        """Remembered: a region's code keeps its id, and an enquiry one statement less."""
        if code not in self._regions:
            found = await session.scalar(select(OrgUnit.id).where(OrgUnit.code == code, OrgUnit.kind == "region"))
            if found is None:
                raise invalid("region_unknown", "region", region=code)
            self._regions[code] = found
        return self._regions[code]

    async def _begin(
        self, session: AsyncSession, lead: NewLead, region_id: str, found: Recognised, lead_id: str
    ) -> None:
        settings = self.desk.settings
        matches = [{"kind": like.kind, "id": like.id, "why": list(like.why)} for like in found.likely]
        start = LeadStart(
            lead_id=lead_id, region_id=region_id, owner_id=lead.owner_id, amount=lead.amount,
            currency=settings.currency, customer_id=found.customer_id, matches=matches,
        )  # fmt: skip
        await enqueue(session, lead_workflow_id(lead_id), "start", _start(start))
        row = lead.model_dump(exclude={"region", "owner_id", "apart", "note"})
        # The number last: whoever takes one keeps all others waiting until the transaction ends.
        number = await next_number(session, "L", datetime.now(ZoneInfo(settings.zone)).year)
        made = Lead(id=lead_id, number=number, region_id=region_id, currency=settings.currency, **row)
        session.add_all([made, _touch_row(lead, lead_id, lead_id, 1, found.why)])

    async def _touch(self, session: AsyncSession, lead: NewLead, found: Recognised, asked: Claim) -> Taken:
        """One more time that a known lead turns to us; its process hears of it, and begins again where it had ended."""
        assert found.lead_id is not None  # noqa: S101 - asked before
        change = update(Lead).where(Lead.id == found.lead_id)
        counted = {"touches": Lead.touches + 1, "came_back": Lead.came_back + int(found.came_back)}
        known = (
            await session.execute(
                change.values(counted).returning(
                    Lead.touches, Lead.region_id, Lead.currency, Lead.amount, Lead.customer_id, Lead.revision
                )
            )
        ).one()
        await _fill_gaps(session, found.lead_id, lead)
        session.add(_touch_row(lead, asked.id, found.lead_id, known.touches, found.why))
        workflow_id = lead_workflow_id(found.lead_id)
        start = LeadStart(
            lead_id=found.lead_id, region_id=known.region_id, amount=known.amount, currency=known.currency,
            customer_id=known.customer_id,
        )  # fmt: skip
        payload = _start(start)
        if known.revision == 0:  # its process has not begun: it is to begin as it was meant to
            payload = await payload_of(session, workflow_id) or payload
        news = {"signal": "touched", "message": {"id": asked.id, "source": lead.source}}
        await enqueue(session, f"{workflow_id}/touch/{asked.id}", "start", payload | news)
        return Taken(found.lead_id, False)


def _start(start: LeadStart) -> dict[str, Any]:
    return {
        "workflow": "LeadWorkflow",
        "id": lead_workflow_id(start.lead_id),
        "input": start.model_dump(mode="json", exclude_none=True),
    }


def _touch_row(lead: NewLead, touch_id: str, lead_id: str, no: int, why: Sequence[str]) -> LeadTouch:
    return LeadTouch(
        id=touch_id, lead_id=lead_id, no=no, why=list(why), note=lead.note, **lead.model_dump(include=TOLD)
    )


async def _may_own(session: AsyncSession, actor: Actor, owner_id: str, region_id: str) -> None:
    if not actor.reaches(Action.LEAD_CREATE, owner=owner_id, region=region_id):
        raise forbidden(Action.LEAD_CREATE)
    if owner_id not in await sellers(session, region_id):
        raise invalid("owner_not_selling", "owner_id")


async def _taken_before(session: AsyncSession, chosen: str) -> Taken:
    """The id chosen for a key is the lead's, or that of the touch it became; a first touch has its lead's."""
    touch = await session.get_one(LeadTouch, chosen)
    return Taken(touch.lead_id, touch.no == 1)


async def _one_after_the_other(session: AsyncSession, lead: NewLead) -> None:
    """Two enquiries of one person at once: the second waits, and finds the lead that the first made."""
    shared = sorted(part for part in (lead.phone, lead.email) if part)
    locks = [func.pg_advisory_xact_lock(func.hashtextextended(f"lead/{part}", 0)) for part in shared]
    if locks:
        await session.execute(select(*locks))


async def _fill_gaps(session: AsyncSession, lead_id: str, lead: NewLead) -> None:
    """What the lead did not say before, it says now; what it said stays."""
    said = {name: value for name in FILLED if (value := getattr(lead, name))}
    if said:
        gaps = ", ".join(f"{name} = coalesce({name}, :{name})" for name in said)
        await session.execute(text(f"update lead set {gaps} where id = :id"), said | {"id": lead_id})  # noqa: S608
