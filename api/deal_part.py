"""What hangs on a deal (people, competitors, files), and how it goes over: copied, split, handed on, reopened."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.answer import ACCEPTED, Answered, answered
from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.deal import Title
from api.document import chunks_of
from api.services import Provided
from commands.contact import ContactBody
from db.customer_field import readable_by
from db.deal_part import parts_of
from db.scope import visible
from domain.access import Action
from domain.deal import Attitude, CompetitorStatus, Part, PersonRole
from domain.ids import RecordId
from domain.money import LARGEST, MinorUnits
from domain.text import ON_ONE_LINE

router = APIRouter(prefix="/api/deals", tags=["deals"], dependencies=[Depends(require(Action.DEAL_READ))])

Called = Annotated[str, Field(min_length=1, max_length=120), ON_ONE_LINE]
Short = Annotated[str, Field(max_length=120), ON_ONE_LINE]
Long = Annotated[str, Field(max_length=1_000)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1, description="The deal's version you saw.")]


class PersonView(BaseModel):
    contact_id: str
    name: str | None = Field(description="null: their data were erased.")
    title: str | None
    phone: str | None
    email: str | None
    role: str
    attitude: str
    note: str


class CompetitorView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    strengths: str
    status: str


class FileView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    hash: str = Field(description="GET /documents/{hash} gives the file.")
    name: str
    size: int = Field(description="Bytes.")
    media_type: str
    added_by: str
    added_at: datetime


class PartsView(BaseModel):
    people: list[PersonView]
    competitors: list[CompetitorView]
    files: list[FileView]


class PersonBody(BaseModel):
    """One of the customer's contacts by `contact_id`, or a `contact` who is new."""

    model_config = ConfigDict(extra="forbid")

    contact_id: RecordId | None = None
    contact: ContactBody | None = None
    role: PersonRole
    attitude: Attitude = "unknown"
    note: Long = ""

    @model_validator(mode="after")
    def names_one(self) -> Self:
        if (self.contact_id is None) == (self.contact is None):
            raise ValueError("Give a contact_id or a contact.")
        return self


class CompetitorBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    competitor_id: RecordId | None = Field(None, description="The one to change; left out, one is added.")
    name: Called
    strengths: Long = ""
    status: CompetitorStatus = "active"


class CopyBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Title
    amount: MinorUnits
    close_on: date | None = None
    parts: list[Part] = []


class SplitBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Version
    title: Title
    amount: Annotated[int, Field(ge=1, le=LARGEST, description="What goes over, in minor units.")]


class HandOverBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Version
    to: RecordId = Field(description="Somebody who sells in the deal's region.")
    note: Annotated[str, Field(max_length=500), ON_ONE_LINE] = ""


class ReopenBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, Field(max_length=500), ON_ONE_LINE] = ""


@router.get("/{deal_id}/parts")
async def get_parts(deal_id: RecordId, actor: CurrentActor, services: Provided) -> PartsView:
    """People on the customer's side, competitors, files."""
    async with services.db.session(actor.id) as session:
        await visible(session, actor, "deal", deal_id)
        parts = await parts_of(session, deal_id)
        readable = await readable_by(session, actor)
    people = [
        PersonView(
            contact_id=part.contact_id, role=part.role, attitude=part.attitude, note=part.note,
            name=contact.name if contact else None, title=contact.title if contact else None,
            phone=readable.reached("phone", contact.phone) if contact else None,
            email=readable.reached("email", contact.email) if contact else None,
        )
        for part, contact in parts.people
    ]  # fmt: skip
    return PartsView(
        people=people,
        competitors=[CompetitorView.model_validate(one) for one in parts.competitors],
        files=[FileView.model_validate(one) for one in parts.files],
    )


@router.post("/{deal_id}/people", responses=ACCEPTED)
async def keep_person(
    deal_id: RecordId, body: PersonBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Say which part one of the customer's people plays; said again, it changes."""
    contact_id = body.contact_id
    if body.contact is not None:
        contact_id = await services.deals.new_contact(actor, key, deal_id, body.contact)
    answer = await services.deals.keep_person(
        actor, key, deal_id, contact_id=contact_id or "", role=body.role, attitude=body.attitude, note=body.note
    )
    return answered(out, deal_id, answer)


@router.delete("/{deal_id}/people/{contact_id}", responses=ACCEPTED)
async def drop_person(
    deal_id: RecordId,
    contact_id: RecordId,
    key: IdempotencyKey,
    actor: CurrentActor,
    services: Provided,
    out: Response,
) -> Answered:
    return answered(out, deal_id, await services.deals.drop_person(actor, key, deal_id, contact_id=contact_id))


@router.post("/{deal_id}/competitors", responses=ACCEPTED)
async def keep_competitor(
    deal_id: RecordId, body: CompetitorBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    return answered(out, deal_id, await services.deals.keep_competitor(actor, key, deal_id, **body.model_dump()))


@router.delete("/{deal_id}/competitors/{competitor_id}", responses=ACCEPTED)
async def drop_competitor(
    deal_id: RecordId,
    competitor_id: RecordId,
    key: IdempotencyKey,
    actor: CurrentActor,
    services: Provided,
    out: Response,
) -> Answered:
    answer = await services.deals.drop_competitor(actor, key, deal_id, competitor_id=competitor_id)
    return answered(out, deal_id, answer)


@router.post("/{deal_id}/files", responses=ACCEPTED)
async def add_file(
    deal_id: RecordId,
    file: UploadFile,
    key: IdempotencyKey,
    actor: CurrentActor,
    services: Provided,
    out: Response,
) -> Answered:
    """Hang a file on the deal: text, a picture, PDF or an office document of at most 25 MB."""
    async with services.db.session(actor.id) as session:
        await visible(session, actor, "deal", deal_id)
    stored = await services.documents.add_file(actor, file.filename or "", chunks_of(file))
    return answered(out, deal_id, await services.deals.keep_file(actor, key, deal_id, stored))


@router.delete("/{deal_id}/files/{file_id}", responses=ACCEPTED)
async def drop_file(
    deal_id: RecordId, file_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    return answered(out, deal_id, await services.deals.drop_file(actor, key, deal_id, file_id=file_id))


@router.post("/{deal_id}/copy", status_code=201, responses=ACCEPTED)
async def copy_deal(
    deal_id: RecordId, body: CopyBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """A new deal with the same customer, in the first stage, with the parts you choose."""
    new_id, answer = await services.deals.copy(actor, key, deal_id, **body.model_dump())
    return answered(out, new_id, answer, created=True)


@router.post("/{deal_id}/split", status_code=201, responses=ACCEPTED)
async def split_deal(
    deal_id: RecordId, body: SplitBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Part of the amount becomes a deal of its own in the same stage; the answer's id is the new deal's."""
    new_id, answer = await services.deals.split(actor, key, deal_id, **body.model_dump())
    return answered(out, new_id, answer, created=True)


@router.post("/{deal_id}/hand-over", responses=ACCEPTED)
async def hand_over(
    deal_id: RecordId, body: HandOverBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """To a colleague, with contract, quote, collection and the tasks its owner was asked."""
    return answered(out, deal_id, await services.deals.hand_over(actor, key, deal_id, **body.model_dump()))


@router.post("/{deal_id}/reopen", responses=ACCEPTED)
async def reopen(
    deal_id: RecordId, body: ReopenBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """A lost deal goes on in the stage it was lost in."""
    return answered(out, deal_id, await services.deals.reopen(actor, key, deal_id, note=body.note))
