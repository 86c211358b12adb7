"""What hangs on a deal: who matters on the customer's side, who else bids, its files."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from activities.policy import PinnedPolicy
from commands.contact import ContactBody
from commands.desk import Desk
from commands.document import Stored
from commands.idempotency import claim
from db.customer import Contact, known
from db.deal import Deal
from db.policy import current_policy
from db.scope import visible
from domain.access import Action, Actor
from domain.deal import DealPerson
from domain.pipeline import pipeline_kind
from domain.process import Answer
from domain.refusal import Refused, forbidden, invalid
from workflows.deal import DealWorkflow
from workflows.deal_record import DropCompetitor, DropFile, DropPerson, KeepCompetitor, KeepFile, KeepPerson


class DealPeople:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def pinned(self, session: AsyncSession, pipeline_key: str) -> PinnedPolicy:
        """The pipeline's version in force, for a deal that begins now. Raises Refused (422) for one there is not."""
        kind = pipeline_kind(pipeline_key)
        try:
            version, document = await current_policy(session, kind)
        except Refused:
            raise invalid("pipeline_unknown", "pipeline", pipeline=pipeline_key) from None
        return PinnedPolicy(kind=kind, version=version, document=document)

    async def keep_person(
        self, actor: Actor, key: str, deal_id: str, *, contact_id: str, role: str, attitude: str, note: str
    ) -> Answer:
        """A contact of the deal's customer, with the part they play; said again, it changes."""
        async with self.desk.db.session(actor.id) as session:
            deal: Deal = await visible(session, actor, "deal", deal_id)
            known = select(Contact.id).where(Contact.id == contact_id, Contact.customer_id == deal.customer_id)
            if await session.scalar(known) is None:
                raise invalid("contact_unknown", "contact_id")
        person = DealPerson(contact_id=contact_id, role=role, attitude=attitude, note=note)
        return await self.desk.update(
            actor, key, "deal", deal_id, DealWorkflow.keep_person, KeepPerson, person=person.model_dump()
        )

    async def new_contact(self, actor: Actor, key: str, deal_id: str, contact: ContactBody) -> str:
        """A contact of the deal's customer, made once per key; its id."""
        async with self.desk.db.session(actor.id) as session:
            deal: Deal = await visible(session, actor, "deal", deal_id)
            if not actor.reaches(Action.DEAL_WORK, owner=deal.owner_id, region=deal.region_id):
                raise forbidden(Action.DEAL_WORK)
            asked = contact.values(self.desk.settings.country)
            # A key of its own: the same form's key is then used for the deal's part.
            made = await claim(session, actor, f"{key}:contact", "NewContact", f"deal/{deal_id}", asked)
            row = {"id": made, "customer_id": deal.customer_id, "origin": f"contact/{made}", **asked}
            new = insert(Contact).values(row)
            await session.execute(new.on_conflict_do_nothing(index_elements=["origin"], index_where=known("origin")))
        return made

    async def drop_person(self, actor: Actor, key: str, deal_id: str, *, contact_id: str) -> Answer:
        return await self.desk.update(
            actor, key, "deal", deal_id, DealWorkflow.drop_person, DropPerson, contact_id=contact_id
        )

    async def keep_competitor(
        self, actor: Actor, key: str, deal_id: str, *, competitor_id: str | None, name: str, strengths: str, status: str
    ) -> Answer:
        """Adds one, or changes the one of this id; the answer's result has its id."""
        return await self.desk.update(
            actor, key, "deal", deal_id, DealWorkflow.keep_competitor, KeepCompetitor,
            competitor_id=competitor_id, name=name, strengths=strengths, status=status,
        )  # fmt: skip

    async def drop_competitor(self, actor: Actor, key: str, deal_id: str, *, competitor_id: str) -> Answer:
        return await self.desk.update(
            actor, key, "deal", deal_id, DealWorkflow.drop_competitor, DropCompetitor, competitor_id=competitor_id
        )

    async def keep_file(self, actor: Actor, key: str, deal_id: str, stored: Stored) -> Answer:
        """A file that this person has just put into the document store."""
        return await self.desk.update(
            actor, key, "deal", deal_id, DealWorkflow.keep_file, KeepFile,
            hash=stored.hash, name=stored.name, size=stored.size, media_type=stored.media_type,
        )  # fmt: skip

    async def drop_file(self, actor: Actor, key: str, deal_id: str, *, file_id: str) -> Answer:
        return await self.desk.update(actor, key, "deal", deal_id, DealWorkflow.drop_file, DropFile, file_id=file_id)
