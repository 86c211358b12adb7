"""Follow-ups: what was done for a customer, and what is planned next."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from api.signpost import follow_signpost
from commands.follow_up import FollowUpBody
from db.customer_case import find_customer
from db.follow_up import follow_ups_of, next_steps
from domain.access import Action
from domain.follow_up import How, Outcome
from domain.ids import RecordId

router = APIRouter(prefix="/api", tags=["customers"], dependencies=[Depends(follow_signpost)])
PAGE = 50


class FollowUpView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    customer_id: str
    region_id: str
    contact_id: str | None
    by: str
    at: datetime
    how: How
    outcome: Outcome
    note: str
    next_at: datetime | None
    next_done_at: datetime | None = Field(description="When they followed up again, or said that it need not be done.")
    documents: list[str] = Field(description="Hashes of files: `/documents/<hash>`.")
    latitude: float | None
    longitude: float | None


class FollowUpsView(BaseModel):
    items: list[FollowUpView]
    next: str | None = Field(description="Send it as `before` for the ones before these; null: there are none.")


class FollowUpMade(BaseModel):
    id: str


@router.post(
    "/customers/{customer_id}/follow-ups", status_code=201, dependencies=[Depends(require(Action.CUSTOMER_WORK))]
)
async def follow_up(
    customer_id: RecordId, body: FollowUpBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> FollowUpMade:
    """A call, visit or message, what came of it, and when you go on. The owner's keeps the customer theirs."""
    return FollowUpMade(id=await services.follow_ups.add(actor, key, customer_id, body))


@router.get("/customers/{customer_id}/follow-ups", dependencies=[Depends(require(Action.CUSTOMER_READ))])
async def list_follow_ups(
    customer_id: RecordId, actor: CurrentActor, services: Provided, before: Annotated[RecordId | None, Query()] = None
) -> FollowUpsView:
    """Everybody's for a customer you may see, 50 at a time, the newest first."""
    async with services.db.session(actor.id) as session:
        await find_customer(session, actor, customer_id)
        found = await follow_ups_of(session, customer_id, before, PAGE + 1)
    items = [FollowUpView.model_validate(one) for one in found[:PAGE]]
    return FollowUpsView(items=items, next=items[-1].id if len(found) > PAGE else None)


@router.get("/follow-ups/next", dependencies=[Depends(require(Action.CUSTOMER_WORK))])
async def list_next_steps(actor: CurrentActor, services: Provided) -> list[FollowUpView]:
    """What you planned next with customers, the earliest 50."""
    async with services.db.session(actor.id) as session:
        found = await next_steps(session, actor, limit=PAGE)
    return [FollowUpView.model_validate(one.follow_up) for one in found]


@router.post("/follow-ups/{follow_up_id}/done", status_code=204, dependencies=[Depends(require(Action.CUSTOMER_WORK))])
async def finish_next_step(follow_up_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    """What you planned next need not be done any more."""
    await services.follow_ups.finish(actor, follow_up_id)
    return Response(status_code=204)
