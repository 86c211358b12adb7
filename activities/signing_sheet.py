"""The record of a signing: every event with its time, hash and means, drawn once as a PDF when it has ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.process import ProcessActivities
from db.contract import Contract
from db.customer import Contact, Customer
from db.document import remember_document
from db.engine import Database
from db.person import Person
from db.signing import Signing, SigningEvent, signatures_of
from db.signing_invitation import SigningAnswer
from domain.file_type import PDF


class SheetRequest(BaseModel):
    signing_id: str


@dataclass(frozen=True)
class SheetCase:
    """`called` has people and contacts by id; `answers` what the other party said, in order."""

    number: str
    title: str
    customer: str
    signing: Signing
    events: Sequence[SigningEvent]
    answers: Sequence[SigningAnswer]
    called: Mapping[str, str]


class SheetMaker(Protocol):
    async def make(self, case: SheetCase) -> tuple[str, int]:
        """Hash and size of the kept PDF."""
        ...


class SheetActivities(ProcessActivities):
    def __init__(self, db: Database, zone: str, maker: SheetMaker) -> None:
        super().__init__(db, zone)
        self.maker = maker

    @activity.defn
    async def keep_evidence(self, request: SheetRequest) -> str:
        """The sheet's hash. The events are those that the read model has: the process waits for them."""
        async with self.db.session() as session:
            case = await _case(session, request.signing_id)
        digest, size = await self.maker.make(case)
        async with self.db.session(f"workflow:{activity.info().workflow_id}") as session:
            name = f"{case.number}-{case.signing.version_no}-evidence.pdf"
            await remember_document(session, hash=digest, name=name, media_type=PDF, size=size, added_by="system")
        return digest


async def _case(session: AsyncSession, signing_id: str) -> SheetCase:
    signing = await session.get_one(Signing, signing_id)
    contract = await session.get_one(Contract, signing.contract_id)
    customer = await session.get_one(Customer, signing.customer_id)
    events = await session.scalars(
        select(SigningEvent).where(SigningEvent.signing_id == signing_id).order_by(SigningEvent.at, SigningEvent.id)
    )
    answers = await session.scalars(
        select(SigningAnswer).where(SigningAnswer.signing_id == signing_id).order_by(SigningAnswer.at)
    )
    listed = list(events)
    places = await signatures_of(session, [signing_id])
    ids = {one.who for one in listed if one.who and one.who != "system"} | {
        who for one in places for who in (one.by, one.behalf_of) if who
    }
    people = await session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    contacts = await session.execute(select(Contact.id, Contact.name).where(Contact.id.in_(ids)))
    return SheetCase(
        number=contract.number, title=signing.title, customer=customer.name, signing=signing, events=listed,
        answers=list(answers), called=dict(people.all()) | dict(contacts.all()),
    )  # fmt: skip
