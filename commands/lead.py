"""Leads under way: contacted, given to somebody, qualified into a deal, closed, put to sleep, opened again."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.lead import Former, Match
from commands.idempotency import claim
from commands.lead_intake import LeadIntake
from commands.task import BULK
from commands.temporal import update_id
from db.calendar import calendars
from db.customer import Contact, Customer
from db.lead import Lead
from db.lead_claim import claimed_since, claimed_with, forget_claim, lock_claims, note_claim
from db.lead_turn import LeadTurn, open_leads, selling_roles, sells_in
from db.policy import current_policy, documents
from db.process import Process, Task
from db.scope import customers_within, tasks_within, visible, within_sight
from domain.access import Action, Actor
from domain.lead import LeadPolicy
from domain.lead_assignment import LeadAssignmentPolicy
from domain.pipeline import pipeline_kind
from domain.policy import load
from domain.pool_claim import day_began
from domain.process import Answer, Command
from domain.refusal import Refused, forbidden, invalid, not_found
from workflows.lead import LeadWorkflow
from workflows.lead_message import (
    AssignLead,
    CloseLead,
    LeadStart,
    LogContact,
    QualifyLead,
    ReopenLead,
    ReviewMatch,
    SleepLead,
    lead_workflow_id,
)

MORNING = time(9)
"""When a day begins that no calendar says the working time of."""


class LeadCommands(LeadIntake):
    async def contact(
        self, actor: Actor, key: str, lead_id: str, *,
        how: str, note: str, outcome: str = "reached", next_on: date | None = None,
    ) -> Answer:  # fmt: skip
        """`next_on` is the day to get in touch again. Raises Refused (422) for one that has passed."""
        next_at = await self._morning(lead_id, next_on, "next_on") if next_on else None
        return await self.desk.update(
            actor, key, "lead", lead_id, LeadWorkflow.contact, LogContact,
            how=how, note=note, outcome=outcome, next_at=next_at,
        )  # fmt: skip

    async def qualify(
        self, actor: Actor, key: str, lead_id: str, *,
        title: str, amount: int, close_on: date | None, next_step: str | None,
        customer_id: str | None = None, contact_id: str | None = None, pipeline: str | None = None,
    ) -> Answer:  # fmt: skip
        """The answer's result has the new deal's id. Without `customer_id` the lead becomes a customer of its own,
        unless it is known to come from one."""
        fields = {
            "title": title, "amount": amount, "close_on": close_on, "next_step": next_step,
            "customer_id": customer_id, "contact_id": contact_id, "pipeline": pipeline,
        }  # fmt: skip
        async with self.desk.db.session(actor.id) as session:
            lead = await visible(session, actor, "lead", lead_id)
            await _check_customer(session, actor, lead, customer_id, contact_id)
            if pipeline is not None:
                await _check_pipeline(session, pipeline)
            # The deal's id is chosen here, so that a repeat opens the same deal.
            deal_id = await claim(session, actor, key, "QualifyLead", f"lead/{lead_id}", fields)
        command = QualifyLead(
            actor=actor, key=update_id(actor, key), deal_id=deal_id, title=title, amount=amount, close_on=close_on,
            next_step=next_step, customer_id=customer_id, contact_id=contact_id, pipeline=pipeline,
        )  # fmt: skip
        answer = await self.desk.send(actor, key, lead_workflow_id(lead_id), LeadWorkflow.qualify, command)
        # Also where it was accepted only: the id was chosen before, and the page can wait for that deal.
        return answer.model_copy(update={"result": {"deal_id": deal_id}})

    async def dismiss(self, actor: Actor, key: str, lead_id: str, *, reason: str, note: str | None = None) -> Answer:
        """`reason` is the key of one of the policy's. Raises Refused (422) for another, or where words are needed."""
        async with self.desk.db.session(actor.id) as session:
            known = (await _policy(session, lead_id)).reason(reason)
        if known is None:
            raise invalid("reason_unknown", "reason")
        if known.explain and not note:
            raise invalid("reason_words_needed", "note")
        return await self.desk.update(
            actor, key, "lead", lead_id, LeadWorkflow.dismiss, CloseLead, key_of=reason, reason=note
        )

    async def sleep(self, actor: Actor, key: str, lead_id: str, *, until: date, why: str | None = None) -> Answer:
        """Until work begins on that day. Raises Refused (422) for a day that has passed or is beyond the policy's."""
        at = await self._morning(lead_id, until, "until")
        return await self.desk.update(actor, key, "lead", lead_id, LeadWorkflow.sleep, SleepLead, until=at, why=why)

    async def wake(self, actor: Actor, key: str, lead_id: str) -> Answer:
        return await self.desk.update(actor, key, "lead", lead_id, LeadWorkflow.wake, Command)

    async def take(self, actor: Actor, key: str, lead_id: str) -> Answer:
        """Out of the pool. Raises Refused (409) for who comes second, has their hands full, had it lately, or has
        claimed as many today as they may; what was claimed with this key before is claimed again, whatever they have
        or had since."""
        async with self.desk.db.session(actor.id) as session:
            await _check_seen(session, actor, lead_id)
            policy = load(LeadAssignmentPolicy, (await current_policy(session, LeadAssignmentPolicy.kind))[1])
            roles = (await selling_roles(session, [actor.id])).get(actor.id, frozenset())
            # Last, since all that one person claims in the same moment waits for it.
            await lock_claims(session, actor.id)
            if not await claimed_with(session, actor.id, key, lead_id):
                await _check_cooled(session, policy.cooling_off, actor.id, lead_id)
                await _check_room(session, policy.capacity.of(actor.id, roles), actor.id)
                since = day_began(datetime.now(UTC), self.desk.settings.zone)
                await _check_claims(session, policy.claims.of(actor.id, roles), actor.id, key, since)
                await note_claim(session, actor.id, key, lead_id)
        try:
            return await self.desk.update(actor, key, "lead", lead_id, LeadWorkflow.take, Command)
        except Refused as refused:
            if refused.status != 503:  # not confirmed: it may be theirs
                async with self.desk.db.session(actor.id) as session:
                    await forget_claim(session, actor.id, key, lead_id)
            raise

    async def assign(self, actor: Actor, key: str, lead_id: str, *, to: str, why: str | None = None) -> Answer:
        """By a manager. Raises Refused (422) for somebody who does not sell in the lead's region."""
        actor.require(Action.TASK_HAND_ON)
        async with self.desk.db.session(actor.id) as session:
            lead = await visible(session, actor, "lead", lead_id)
            if not await sells_in(session, to, lead.region_id):
                raise invalid("owner_not_selling", "to")
        return await self.desk.update(actor, key, "lead", lead_id, LeadWorkflow.assign, AssignLead, to=to, why=why)

    async def assign_many(
        self, actor: Actor, key: str, lead_ids: Collection[str], *, to: str, why: str | None = None
    ) -> dict[str, Answer | Refused]:
        """Each by itself: what is refused for one holds up no other."""
        actor.require(Action.TASK_HAND_ON)
        if len(lead_ids) > BULK:
            raise invalid("too_many", "leads", most=BULK)
        few = asyncio.Semaphore(8)

        async def one(lead_id: str) -> Answer | Refused:
            async with few:
                try:
                    return await self.assign(actor, f"{key}/{lead_id}", lead_id, to=to, why=why)
                except Refused as refused:
                    return refused

        ends = await asyncio.gather(*map(one, lead_ids))
        return dict(zip(lead_ids, ends, strict=True))

    async def reopen(self, actor: Actor, key: str, lead_id: str) -> Answer:
        """A closed lead begins again with who had it last, if they can have it. Raises Refused (409) for another."""
        async with self.desk.db.session(actor.id) as session:
            lead: Lead = await visible(session, actor, "lead", lead_id)
            if not actor.reaches(Action.LEAD_WORK, owner=lead.owner_id, region=lead.region_id):
                raise forbidden(Action.LEAD_WORK)
            if lead.stage != "closed":
                raise Refused("lead_open", 409, stage=lead.stage)
            await claim(session, actor, key, "ReopenLead", f"lead/{lead_id}", {})
            former = Former(
                stage=lead.stage, owner_id=lead.owner_id, closed_at=lead.closed_at, customer_id=lead.customer_id,
                deal_id=lead.deal_id,
            )  # fmt: skip
        start = LeadStart(
            lead_id=lead_id, region_id=lead.region_id, amount=lead.amount, currency=lead.currency,
            customer_id=lead.customer_id,
        )  # fmt: skip
        command = ReopenLead(actor=actor, key=update_id(actor, key), former=former)
        return await self.desk.processes.open(
            LeadWorkflow.run, start, lead_workflow_id(lead_id), LeadWorkflow.reopen, command, again=True
        )

    async def review(
        self, actor: Actor, key: str, task_id: str, *, kind: str | None = None, same: str | None = None
    ) -> Answer:
        """Whether a lead is the same as a likely match (`kind`: lead or customer, `same` its id), or something new."""
        async with self.desk.db.session(actor.id) as session:
            task = await session.scalar(select(Task).where(Task.id == task_id, tasks_within(actor)))
            if task is None:
                raise not_found("task")
            if task.kind != "review_match":
                raise Refused("not_decidable", 409, kind=task.kind)
            await claim(session, actor, key, "ReviewMatch", f"task/{task_id}", {"kind": kind, "same": same})
        match = Match.model_validate({"kind": kind, "id": same}) if kind and same else None
        command = ReviewMatch(actor=actor, key=update_id(actor, key), task_id=task_id, match=match)
        return await self.desk.send(actor, key, task.workflow_id, LeadWorkflow.review, command)

    async def _morning(self, lead_id: str, day: date, field: str) -> datetime:
        """When work begins on a day, in the calendar that the lead counts by. Raises Refused (422)."""
        async with self.desk.db.session() as session:
            policy = await _policy(session, lead_id)
            clock = (await calendars(session)).working_time(policy.calendar) if policy.calendar else None
        zone = clock.zone if clock else ZoneInfo(self.desk.settings.zone)
        now = datetime.now(UTC)
        if not now.year <= day.year < 2199:
            raise invalid("date_out_of_reach", field)
        begins = datetime.combine(day, time() if clock else MORNING, zone)
        at = clock.next_opening(begins) if clock else begins.astimezone(UTC)
        if day <= now.astimezone(zone).date():
            raise invalid("date_not_ahead", field)
        if at - now > policy.sleeps:
            raise invalid("date_beyond_policy", field, days=policy.sleeps.days)
        return at


async def _policy(session: AsyncSession, lead_id: str) -> LeadPolicy:
    """The one that a lead began with; for one that has only just come in, the one in force."""
    process = await session.get(Process, lead_workflow_id(lead_id))
    version = process.policies.get(LeadPolicy.kind) if process else None
    if version is None:
        return load(LeadPolicy, (await current_policy(session, LeadPolicy.kind))[1])
    return load(LeadPolicy, (await documents(session, LeadPolicy.kind, [version]))[version])


async def _check_seen(session: AsyncSession, actor: Actor, lead_id: str) -> None:
    """Who still has the lead before them that somebody else claimed meanwhile hears so. Raises Refused: 404, 409."""
    if await within_sight(session, actor, "lead", lead_id):
        return
    lead = await session.get(Lead, lead_id)
    if lead is None or lead.why.get("how") != "claimed" or not await sells_in(session, actor.id, lead.region_id):
        raise not_found("lead")
    raise Refused("lead_taken", 409, by=lead.owner_id, stage=lead.stage)


async def _check_room(session: AsyncSession, most: int | None, person_id: str) -> None:
    if most is not None and (await open_leads(session, [person_id])).get(person_id, 0) >= most:
        raise Refused("hands_full", 409, most=most)


async def _check_claims(session: AsyncSession, most: int | None, person_id: str, key: str, since: datetime) -> None:
    if most is not None and await claimed_since(session, person_id, since, besides=key) >= most:
        raise Refused("lead_daily_full", 409, most=most)


async def _check_cooled(session: AsyncSession, cooling_off: timedelta | None, person_id: str, lead_id: str) -> None:
    if await session.scalar(select(Lead.owner_id).where(Lead.id == lead_id)) == person_id:
        raise Refused("lead_yours", 409)
    got = await session.scalar(select(LeadTurn.at).where(LeadTurn.lead_id == lead_id, LeadTurn.person_id == person_id))
    if cooling_off is not None and got is not None and got + cooling_off > datetime.now(UTC):
        raise Refused("lead_cooling", 409, until=(got + cooling_off).isoformat())


async def _check_pipeline(session: AsyncSession, key: str) -> None:
    try:
        _, document = await current_policy(session, pipeline_kind(key))
    except Refused:
        raise invalid("pipeline_unknown", "pipeline", pipeline=key) from None
    if document.get("retired"):
        raise invalid("pipeline_retired", "pipeline", pipeline=key)


async def _check_customer(
    session: AsyncSession, actor: Actor, lead: Lead, customer_id: str | None, contact_id: str | None
) -> None:
    """A customer that the lead is known or likely to be, or that the person sees; a contact of that customer."""
    if customer_id is not None and customer_id != lead.customer_id:
        seen = select(Customer.id).where(Customer.id == customer_id, customers_within(actor))
        if await session.scalar(seen) is None:
            raise invalid("customer_unknown", "customer_id")
    if contact_id is not None:
        of = customer_id or lead.customer_id
        if await session.scalar(select(Contact.id).where(Contact.id == contact_id, Contact.customer_id == of)) is None:
            raise invalid("contact_unknown", "contact_id")
