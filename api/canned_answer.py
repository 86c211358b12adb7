"""The answers agents keep at hand: searched, added, changed, retired."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from db.canned_answer import find_answer, find_answers
from domain.access import Action
from domain.ids import RecordId
from domain.text import ON_ONE_LINE

router = APIRouter(prefix="/api/answers", tags=["tickets"], dependencies=[Depends(require(Action.TICKET_WORK))])


class CannedAnswerView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    body: str = Field(description="May name {{ contact }}, {{ customer }}, {{ number }}, {{ subject }}, {{ agent }}.")
    language: str
    used: int
    changed_at: datetime


class CannedAnswerBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=120), ON_ONE_LINE]
    body: str = Field(min_length=1, max_length=8_000)
    language: Literal["zh_CN", "en"]


@router.get("")
async def list_answers(
    actor: CurrentActor, services: Provided, text: Annotated[str, Query(max_length=100)] = ""
) -> list[CannedAnswerView]:
    """At most 200, what is used most first."""
    async with services.db.session(actor.id) as session:
        return [CannedAnswerView.model_validate(one) for one in await find_answers(session, text)]


@router.post("", status_code=201)
async def add_answer(
    body: CannedAnswerBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> CannedAnswerView:
    answer_id = await services.canned_answers.add(actor, key, **body.model_dump())
    async with services.db.session(actor.id) as session:
        return CannedAnswerView.model_validate(await find_answer(session, answer_id))


@router.put("/{answer_id}")
async def change_answer(
    answer_id: RecordId, body: CannedAnswerBody, actor: CurrentActor, services: Provided
) -> CannedAnswerView:
    await services.canned_answers.change(actor, answer_id, **body.model_dump())
    async with services.db.session(actor.id) as session:
        return CannedAnswerView.model_validate(await find_answer(session, answer_id))


@router.delete("/{answer_id}", status_code=204)
async def retire_answer(answer_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    """It is offered no more."""
    await services.canned_answers.retire(actor, answer_id)
    return Response(status_code=204)
