"""Shifts and skills of those who answer tickets, and the text models that route."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from db import shift as shifts
from db.person import member
from db.shift import Shift, people_of
from db.ticket_routing import in_triage, models
from domain.access import Action
from domain.document import Key
from domain.ids import RecordId
from domain.shift import ShiftDetails

router = APIRouter(prefix="/api", tags=["shifts"], dependencies=[Depends(require(Action.TICKET_READ))])

Level = Annotated[int, Field(ge=1, le=3)]


class ShiftView(BaseModel):
    """Hours of a week that repeat, by the wall clock of `zone`; null days: always. `people` are ids."""

    id: str
    name: str
    unit_id: str
    zone: str
    week: dict[str, Any]
    starts_on: date | None
    ends_on: date | None
    people: list[str]


class Made(BaseModel):
    id: str


class Skills(BaseModel):
    """Level 1 (learning) to 3 (senior) by skill, and by language (zh_CN, en)."""

    model_config = ConfigDict(extra="forbid")

    skills: Annotated[dict[Key, Level], Field(max_length=60)] = {}
    languages: Annotated[dict[Annotated[str, Field(pattern="^(zh_CN|en)$")], Level], Field(max_length=10)] = {}


class ModelView(BaseModel):
    """A text model that was trained; the newest is in use. `measure`: by language and queue, cross-validated."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    trained_at: datetime
    trained_by: str | None
    rows: int
    confidence: float
    measure: dict[str, Any]


class TriageView(BaseModel):
    """A ticket for which a person must choose the queue (`POST /api/tickets/{id}/change`), with the best guesses."""

    ticket_id: str
    number: str
    subject: str
    opened_at: datetime
    guesses: list[dict[str, Any]]
    keywords: list[str]


@router.get("/shifts")
async def list_shifts(actor: CurrentActor, services: Provided) -> list[ShiftView]:
    """Those of the units you reach."""
    async with services.db.session(actor.id) as session:
        found = await shifts.list_shifts(session, actor)
        return [_view(shift, [person.id for person in people]) for shift, _, people in found]


@router.get("/shifts/{shift_id}")
async def get_shift(shift_id: RecordId, actor: CurrentActor, services: Provided) -> ShiftView:
    async with services.db.session(actor.id) as session:
        shift = await shifts.find_shift(session, actor, shift_id)
        people = (await people_of(session, [shift_id])).get(shift_id, [])
        return _view(shift, [person.id for person in people])


@router.post("/shifts", status_code=201)
async def add_shift(details: ShiftDetails, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Made:
    """Tickets that wait in a queue hear of it at once."""
    return Made(id=await services.shifts.add(actor, key, details))


@router.put("/shifts/{shift_id}", status_code=204)
async def change_shift(shift_id: RecordId, details: ShiftDetails, actor: CurrentActor, services: Provided) -> Response:
    """As a whole."""
    await services.shifts.change(actor, shift_id, details)
    return Response(status_code=204)


@router.delete("/shifts/{shift_id}", status_code=204)
async def remove_shift(shift_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    await services.shifts.remove(actor, shift_id)
    return Response(status_code=204)


@router.get("/people/{person_id}/skills")
async def get_skills(person_id: RecordId, actor: CurrentActor, services: Provided) -> Skills:
    async with services.db.session(actor.id) as session:
        await member(session, person_id)
        skills, languages = (await shifts.skills_of(session, [person_id])).get(person_id, ({}, {}))
    return Skills.model_construct(skills=dict(skills), languages=dict(languages))


@router.put("/people/{person_id}/skills", status_code=204)
async def set_skills(person_id: RecordId, said: Skills, actor: CurrentActor, services: Provided) -> Response:
    """All of them at once."""
    languages: Mapping[str, int] = said.languages
    await services.shifts.set_skills(actor, person_id, said.skills, languages)
    return Response(status_code=204)


@router.get("/ticket-triage")
async def list_triage(actor: CurrentActor, services: Provided) -> list[TriageView]:
    """Who waits longest first; at most 100."""
    async with services.db.session(actor.id) as session:
        return [
            TriageView(
                ticket_id=ticket.id, number=ticket.number, subject=ticket.subject, opened_at=ticket.opened_at,
                guesses=route.guesses if route else [], keywords=route.keywords if route else [],
            )
            for ticket, route in await in_triage(session, actor)
        ]  # fmt: skip


@router.get("/ticket-models", dependencies=[Depends(require(Action.TICKET_MANAGE))])
async def list_models(actor: CurrentActor, services: Provided) -> list[ModelView]:
    """The newest first; at most 20."""
    async with services.db.session(actor.id) as session:
        return [ModelView.model_validate(one) for one in await models(session)]


@router.post("/ticket-models/train", status_code=202)
async def train_model(key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    """Begins training from the answered tickets; the model is listed when it is ready."""
    await services.ticket_training.start(actor, key)
    return Response(status_code=202)


def _view(shift: Shift, people: list[str]) -> ShiftView:
    said = {name: getattr(shift, name) for name in ("id", "name", "unit_id", "zone", "week", "starts_on", "ends_on")}
    return ShiftView(**said, people=people)
