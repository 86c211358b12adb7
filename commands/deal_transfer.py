"""Deals that go over: copied, split, handed to a colleague, taken up again after they were lost."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from activities.deal import DealState
from activities.policy import PinnedPolicy
from commands.deal_people import DealPeople
from commands.idempotency import claim
from commands.temporal import ProcessUnknown, update_id
from db.base import new_id
from db.colleague import sellers_in
from db.deal import Deal
from db.deal_part import Parts, parts_of
from db.policy import documents
from db.process import Process
from db.quote import Invoice
from db.scope import visible
from domain.access import Action, Actor, Role
from domain.deal import Competitor, DealFile, DealPerson, Part
from domain.pipeline import pipeline_kind
from domain.process import Answer, Command, Given
from domain.refusal import forbidden, invalid
from workflows.deal import DealStart, DealWorkflow, deal_workflow_id
from workflows.deal_transfer import HandOverDeal, ReopenDeal, SplitDeal

SELLS = frozenset({Role.SALES, Role.SENIOR_SALES, Role.REGIONAL_MANAGER})


class DealTransfers(DealPeople):
    async def copy(
        self, actor: Actor, key: str, deal_id: str, *, title: str, amount: int, close_on: date | None,
        parts: Collection[Part],
    ) -> tuple[str, Answer]:  # fmt: skip
        """A new deal in the first stage with the same customer, owner and the chosen parts; its id."""
        fields = {"title": title, "amount": amount, "close_on": close_on, "parts": sorted(parts)}
        async with self.desk.db.session(actor.id) as session:
            deal: Deal = await visible(session, actor, "deal", deal_id)
            if not actor.reaches(Action.DEAL_CREATE, owner=deal.owner_id, region=deal.region_id):
                raise forbidden(Action.DEAL_CREATE)
            new_id = await claim(session, actor, key, "CopyDeal", f"deal/{deal_id}", fields)
            pipeline = await self.pinned(session, deal.pipeline_key)
            kept = await parts_of(session, deal_id)
        start = DealStart(
            deal_id=new_id, line_id=new_id, customer_id=deal.customer_id, region_id=deal.region_id,
            owner_id=deal.owner_id, title=title, amount=amount, currency=deal.currency, close_on=close_on,
            people=_people(kept) if "people" in parts else [],
            competitors=_competitors(kept, same=False) if "competitors" in parts else [],
            files=_files(kept, same=False) if "files" in parts else [],
            copied_from=deal.id, by=actor.id, pipeline=pipeline,
        )  # fmt: skip
        opened = Command(actor=actor, key=update_id(actor, key))
        answer = await self.desk.processes.open(
            DealWorkflow.run, start, deal_workflow_id(new_id), DealWorkflow.opened, opened
        )
        return new_id, answer

    async def split(
        self, actor: Actor, key: str, deal_id: str, *, version: int, title: str, amount: int
    ) -> tuple[str, Answer]:
        """The new deal's id: it stands where this one stands, and both are worth together what this one was."""
        fields = {"version": version, "title": title, "amount": amount}
        async with self.desk.db.session(actor.id) as session:
            await visible(session, actor, "deal", deal_id)
            new_id = await claim(session, actor, key, "SplitDeal", f"deal/{deal_id}", fields)
        command = SplitDeal(actor=actor, key=update_id(actor, key), deal_id=new_id, **fields)
        answer = await self.desk.send(actor, key, deal_workflow_id(deal_id), DealWorkflow.split, command)
        return new_id, answer

    async def hand_over(self, actor: Actor, key: str, deal_id: str, *, version: int, to: str, note: str = "") -> Answer:
        """To somebody at work who sells in the deal's region, with all that is under way behind it."""
        async with self.desk.db.session(actor.id) as session:
            deal: Deal = await visible(session, actor, "deal", deal_id)
            if to not in {one.person.id for one in await sellers_in(session, deal.region_id, SELLS)}:
                raise invalid("does_not_sell_here", "to")
        return await self.desk.update(
            actor, key, "deal", deal_id, DealWorkflow.hand_over, HandOverDeal, version=version, to=to, note=note
        )

    async def reopen(self, actor: Actor, key: str, deal_id: str, *, note: str = "") -> Answer:
        """A lost deal goes on in the stage it was lost in, as a new run of its process; its contract is made anew."""
        processes, sent = self.desk.processes, update_id(actor, key)
        async with self.desk.db.session(actor.id) as session:
            deal: Deal = await visible(session, actor, "deal", deal_id)
            if not actor.reaches(Action.DEAL_WORK, owner=deal.owner_id, region=deal.region_id):
                raise forbidden(Action.DEAL_WORK)
            await claim(session, actor, key, "ReopenDeal", f"deal/{deal_id}", {"note": note})
            start = await _as_it_was(session, deal, actor, sent) if deal.closed_at and deal.lost_in else None
        asked = ReopenDeal(actor=actor, key=sent, note=note)
        answers: dict[str, Given] = {}
        with suppress(ProcessUnknown):  # lost so long ago that Temporal keeps it no longer
            answers = await processes.answers(deal_workflow_id(deal_id))
        if given := answers.get(sent):
            return Answer(revision=given.revision, seen=True, result=given.result)
        if start is None:
            # Not lost, as far as is seen here. It is for a running process to say so, and who was first.
            return await self.desk.send(actor, key, deal_workflow_id(deal_id), DealWorkflow.reopened, asked)
        if start.state is not None:
            start.state.answers = answers
        return await processes.open(
            DealWorkflow.run, start, deal_workflow_id(deal_id), DealWorkflow.reopened, asked, again=True
        )


GONE = ("contract_id", "contract_status", "closed_at", "end_reason", "end_note", "lost_to", "lost_in")
"""What a reopened deal begins without."""

QUOTE_STAYS = (None, "accepted", "refused", "lapsed", "withdrawn")


async def _as_it_was(session: AsyncSession, deal: Deal, actor: Actor, key: str) -> DealStart:
    """The start of the run that goes on: all from the rows, so that it may be years later."""
    process = await session.get_one(Process, deal_workflow_id(deal.id))
    kind, kept = pipeline_kind(deal.pipeline_key), await parts_of(session, deal.id)
    version = process.policies[kind]
    document = (await documents(session, kind, [version]))[version]
    pipeline = PinnedPolicy(kind=kind, version=version, document=document)
    names = DealState.model_fields.keys() & {column.key for column in Deal.__table__.columns}
    row = {name: getattr(deal, name) for name in names}
    gone: dict[str, str | None] = dict.fromkeys(GONE)
    if deal.quote_status not in QUOTE_STAYS:
        gone["quote_status"] = "withdrawn"  # as it was when the deal was lost, though the deal did not live to hear it
    invoice = await session.get(Invoice, deal.invoice_id) if deal.invoice_id else None
    if invoice is not None and invoice.status in ("draft", "prepared", "withdrawn"):
        gone["invoice_id"] = None
    state = DealState(
        **{**row, **gone, "stage": deal.lost_in, "moved_by": actor.id, "actions": []},
        record_id=deal.id, policies=process.policies, pipeline=pipeline, people=_people(kept),
        competitors=_competitors(kept, same=True), files=_files(kept, same=True), has_parts=any(kept),
        reopened_by=actor.id, reopened_key=key,
    )  # fmt: skip
    return DealStart(
        deal_id=deal.id, line_id=deal.line_id, lead_id=deal.lead_id, customer_id=deal.customer_id,
        region_id=deal.region_id, owner_id=deal.owner_id, title=deal.title, amount=deal.amount,
        currency=deal.currency, by=actor.id, pipeline=pipeline, state=state,
    )  # fmt: skip


def _people(parts: Parts) -> list[DealPerson]:
    return [
        DealPerson(contact_id=part.contact_id, role=part.role, attitude=part.attitude, note=part.note)
        for part, _ in parts.people
    ]


def _competitors(parts: Parts, *, same: bool) -> list[Competitor]:
    return [
        Competitor(id=one.id if same else new_id(), name=one.name, strengths=one.strengths, status=one.status)
        for one in parts.competitors
    ]


def _files(parts: Parts, *, same: bool) -> list[DealFile]:
    return [
        DealFile(
            id=one.id if same else new_id(), hash=one.hash, name=one.name, size=one.size,
            media_type=one.media_type, by=one.added_by, at=one.added_at,
        )
        for one in parts.files
    ]  # fmt: skip
