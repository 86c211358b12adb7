"""Absences, and who stands in meanwhile."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.answer import ACCEPTED, Answered, answered
from api.auth import CurrentActor
from api.body import IdempotencyKey
from api.services import Provided
from commands.absence import arranged_by
from db import absence as absences
from domain.absence import AbsenceChange, AbsencePlan
from domain.access import Actor
from domain.ids import RecordId

router = APIRouter(prefix="/api/absences", tags=["absences"])


class AbsenceView(BaseModel):
    """From `starts_at` until `ends_at`, the first moment back, `substitute` has the person's tasks of `kinds`."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    person_id: str
    substitute: str = Field(description="`person:<id>`, or `role:<role>:<region id or *>`: whoever holds it.")
    kinds: list[str] = Field(description="Kinds of task; none: all.")
    starts_at: datetime
    ends_at: datetime
    reason: str | None = Field(description="For the person themselves and those they report to; else null.")
    stage: str = Field(description="coming, away, over, cancelled")
    created_by: str
    closed_at: datetime | None
    revision: int


class NewAbsence(AbsencePlan):
    person_id: RecordId | None = Field(None, description="Somebody who reports to you; null: yourself.")


class Search(BaseModel):
    person_id: RecordId | None = None
    past: bool = Field(False, description="Those that are over or were called off, the latest first.")


@router.get("")
async def list_absences(
    search: Annotated[Search, Query()], actor: CurrentActor, services: Provided
) -> list[AbsenceView]:
    """Your own, those of the people below you, and those in which you stand in; at most 200."""
    async with services.db.session(actor.id) as session:
        found = await absences.list_absences(session, actor, person_id=search.person_id, past=search.past)
        return await _views(session, actor, found)


@router.get("/{absence_id}")
async def get_absence(absence_id: RecordId, actor: CurrentActor, services: Provided) -> AbsenceView:
    async with services.db.session(actor.id) as session:
        return (await _views(session, actor, [await absences.find_absence(session, actor, absence_id)]))[0]


async def _views(session: AsyncSession, actor: Actor, found: Sequence[absences.Absence]) -> list[AbsenceView]:
    """A substitute learns that somebody is away, not why."""
    arranged = await arranged_by(session, actor, {one.person_id for one in found})
    views = [AbsenceView.model_validate(one) for one in found]
    return [view if view.person_id in arranged else view.model_copy(update={"reason": None}) for view in views]


@router.post("", status_code=201, responses=ACCEPTED)
async def plan_absence(
    new: NewAbsence, key: IdempotencyKey, response: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """Be away, or let somebody be who reports to you.

    Where the result has `nobody_from`, the substitutes are away as well from then on, and tasks stay where they are.
    """
    plan = AbsencePlan(**new.model_dump(exclude={"person_id"}))
    answer = await services.absences.plan(actor, key, new.person_id or actor.id, plan)
    return answered(response, answer.result["absence_id"], answer, created=True)


@router.patch("/{absence_id}", responses=ACCEPTED)
async def change_absence(
    absence_id: RecordId, wish: AbsenceChange, key: IdempotencyKey, response: Response, actor: CurrentActor,
    services: Provided,
) -> Answered:  # fmt: skip
    """Other times, or somebody else instead; null: as it is."""
    return answered(response, absence_id, await services.absences.change(actor, key, absence_id, wish))


@router.delete("/{absence_id}", responses=ACCEPTED)
async def end_absence(
    absence_id: RecordId, key: IdempotencyKey, response: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """Be back early, or not away at all."""
    return answered(response, absence_id, await services.absences.end(actor, key, absence_id))
