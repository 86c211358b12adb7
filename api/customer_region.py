"""The regions that follow a customer, and what is known of it for who has it next."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from api.signpost import follow_signpost
from db.customer_portrait import portrait_of
from db.customer_region import followings_of, seen_customer, whole_customer
from domain.access import Action
from domain.customer_pool import Tier
from domain.ids import RecordId

router = APIRouter(
    prefix="/api/customers/{customer_id}",
    tags=["customers"],
    dependencies=[Depends(follow_signpost), Depends(require(Action.CUSTOMER_READ))],
)


class FollowingView(BaseModel):
    """`owner_id`, `tier` and the dates are null where you are not told; `pooled`: it lies in the region's pool."""

    model_config = ConfigDict(from_attributes=True)

    region_id: str
    owner_id: str | None
    pooled: bool
    tier: str | None
    since: datetime | None
    due_at: datetime | None


class FollowBody(BaseModel):
    """Without an owner it lies in the region's pool."""

    model_config = ConfigDict(extra="forbid")

    region: RecordId
    owner: RecordId | None = None
    tier: Tier = "C"


class SuggestionView(BaseModel):
    """The tier a customer seems to be of; a person sets it."""

    tier: str
    score: Annotated[int, Field(ge=0, le=100)]
    reasons: list[dict[str, str | int]] = Field(description="`code` and `points` of each.")


class PortraitView(BaseModel):
    """`step`: keep_date, go_on_with_deal, find_contact, answer_lead, find_right_person, ask_again or call."""

    customer_id: str
    name: str
    lines: list[tuple[str, str]] = Field(description="(code of the fact, value).")
    step: str
    suggestion: SuggestionView


@router.get("/regions")
async def get_regions(customer_id: RecordId, actor: CurrentActor, services: Provided) -> list[FollowingView]:
    """Those that follow it, the one that did first at the head."""
    async with services.db.session(actor.id) as session:
        await seen_customer(session, actor, customer_id)
        return [FollowingView.model_validate(one) for one in await followings_of(session, actor, customer_id)]


@router.post("/regions", status_code=204)
async def follow_customer(
    customer_id: RecordId, body: FollowBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    """Another region follows the customer, too. 409 region_follows_already."""
    await services.customer_regions.follow(
        actor, key, customer_id, body.region, owner_id=body.owner, tier=body.tier
    )  # fmt: skip
    return Response(status_code=204)


@router.post("/regions/{region_id}/end", status_code=204)
async def end_following(
    customer_id: RecordId, region_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    """The region no longer follows it. 409 last_region."""
    await services.customer_regions.end(actor, key, customer_id, region_id)
    return Response(status_code=204)


@router.get("/portrait")
async def get_portrait(customer_id: RecordId, actor: CurrentActor, services: Provided) -> PortraitView:
    """What a new owner is told first, and the tier it seems to be of."""
    async with services.db.session(actor.id) as session:
        await whole_customer(session, actor, customer_id)
        found = await portrait_of(session, actor, customer_id, datetime.now(UTC))
    said = found.suggestion
    reasons: list[dict[str, str | int]] = [{"code": one.code, "points": one.points} for one in said.reasons]
    return PortraitView(
        customer_id=customer_id, name=found.name, lines=found.lines, step=found.step,
        suggestion=SuggestionView(tier=said.tier, score=said.score, reasons=reasons),
    )  # fmt: skip
