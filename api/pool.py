"""The pool of customers: what lies in it, claimed, given back, assigned, and when one's own go back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.answer import ACCEPTED, Answered, answered
from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from commands.pool import BULK, Outcome
from db.pool import Narrowed, Place, PoolReader, list_due
from domain.access import Action
from domain.customer_pool import Tier
from domain.ids import RecordId

router = APIRouter(prefix="/api/pool", tags=["pool"])
PAGE = 50


class PlaceBody(BaseModel):
    """A customer in a region."""

    model_config = ConfigDict(extra="forbid")

    customer_id: RecordId
    region_id: RecordId

    @property
    def place(self) -> Place:
        return self.customer_id, self.region_id


class PlacesBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    places: list[PlaceBody] = Field(min_length=1, max_length=BULK)

    @property
    def all(self) -> list[Place]:
        return [one.place for one in self.places]


class AssignPlacesBody(PlacesBody):
    to: RecordId
    reason: str = Field("", max_length=500, description="Why they may have more than they may; goes beyond capacity.")


class GiveBackBody(PlacesBody):
    note: str = Field(min_length=1, max_length=500, description="Why, for who has it next.")


class TierBody(PlacesBody):
    tier: Tier


class ProtectBody(PlacesBody):
    until: AwareDatetime | None = Field(None, description="It does not go back before; null: no longer protected.")


class PlaceEnd(BaseModel):
    """`refused` is the code of the refusal, with its `params`; null where it was done."""

    customer_id: str
    region_id: str
    refused: str | None = None
    params: dict[str, Any] = {}


class PoolEntry(BaseModel):
    """What the pool hides until it is claimed is null, and named in `hidden`."""

    customer_id: str
    region_id: str
    name: str
    tier: str
    pool: str | None
    industry: str | None
    province: str | None
    city: str | None
    phone: str | None
    email: str | None
    hidden: list[str]
    since: datetime = Field(description="Since when it has been in the pool.")
    reason: str | None = Field(description="Why it came back.")
    note: str | None
    last_owner_id: str | None
    free_at: datetime | None = Field(description="From when you may claim it, where that is not at once.")


class PoolView(BaseModel):
    items: list[PoolEntry]
    next: str | None = Field(description="`after` of the next page.")


class QuotaView(BaseModel):
    """null: no limit."""

    total: int
    total_most: int | None
    today: int
    today_most: int | None
    left: int | None = Field(description="How many more you may claim now.")


class DueView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    customer_id: str
    region_id: str
    tier: str
    due_at: datetime | None = Field(description="When it goes back; null: not by itself.")
    due_why: str | None
    warn_at: datetime | None
    protected: str | None = Field(description="deal or contract: what keeps it as long as it lasts.")
    locked_until: datetime | None
    extended_until: datetime | None


class PoolSearch(BaseModel):
    text: str = Field("", max_length=100)
    region_id: RecordId | None = None
    tier: Tier | None = None
    after: Annotated[str | None, Field(max_length=80, pattern="^[0-9a-f-]{36}~[0-9a-f-]{36}$")] = None


@router.get("", dependencies=[Depends(require(Action.CUSTOMER_CLAIM))])
async def list_pool(search: Annotated[PoolSearch, Query()], actor: CurrentActor, services: Provided) -> PoolView:
    """Customers of the pools you see, 50 at a time, the latest first."""
    now = services.pool.now()
    async with services.db.session(actor.id) as session:
        reader = await PoolReader.of(session, actor)
        after = _place(search.after) if search.after else None
        narrowed = Narrowed(search.region_id, search.tier)
        found = await reader.page(session, narrowed, text=search.text, after=after, limit=PAGE + 1)
        items = [PoolEntry(**reader.shown(entry, now)) for entry in found[:PAGE]]
    more = len(found) > PAGE
    return PoolView(items=items, next=f"{items[-1].customer_id}~{items[-1].region_id}" if more else None)


@router.get("/quota", dependencies=[Depends(require(Action.CUSTOMER_CLAIM))])
async def quota(actor: CurrentActor, services: Provided) -> QuotaView:
    """How many customers you have, and may still claim."""
    room = await services.pool.room(actor)
    return QuotaView(
        total=room.total, total_most=room.quota.total, today=room.today, today_most=room.quota.daily, left=room.left
    )


@router.get("/mine", dependencies=[Depends(require(Action.CUSTOMER_WORK))])
async def mine(actor: CurrentActor, services: Provided) -> list[DueView]:
    """Your own customers by when they go back, the first 200."""
    async with services.db.session(actor.id) as session:
        found = await list_due(session, actor.id, limit=200)
    return [DueView.model_validate(entry.place) for entry in found]


@router.post("/claim", dependencies=[Depends(require(Action.CUSTOMER_CLAIM))])
async def claim(body: PlacesBody, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> list[PlaceEnd]:
    """Claim customers; each is answered for itself: whoever comes second learns who was quicker."""
    return _ends(body, await services.pool.claim(actor, key, body.all))


@router.post("/assign", dependencies=[Depends(require(Action.CUSTOMER_ASSIGN))])
async def assign(
    body: AssignPlacesBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> list[PlaceEnd]:
    """Give customers to somebody, out of the pool or from somebody else."""
    return _ends(body, await services.pool.assign(actor, key, body.all, body.to, reason=body.reason))


@router.post("/give-back", dependencies=[Depends(require(Action.CUSTOMER_WORK))])
async def give_back(body: GiveBackBody, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> list[PlaceEnd]:
    """Give customers back to their pool."""
    return _ends(body, await services.pool.give_back(actor, key, body.all, note=body.note))


@router.post("/tier", dependencies=[Depends(require(Action.CUSTOMER_WORK))])
async def set_tier(body: TierBody, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> list[PlaceEnd]:
    """Set how often customers are to be tended; when they go back follows from it."""
    return _ends(body, await services.pool.set_tier(actor, key, body.all, body.tier))


@router.post("/protect", dependencies=[Depends(require(Action.CUSTOMER_ASSIGN))])
async def protect(body: ProtectBody, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> list[PlaceEnd]:
    """Keep customers from going back until a day, or no longer."""
    return _ends(body, await services.pool.protect(actor, key, body.all, body.until))


class ExtensionBody(PlaceBody):
    until: AwareDatetime = Field(description="Later than when it goes back, within a year.")
    why: str = Field(min_length=1, max_length=500)


class ExtensionDecision(BaseModel):
    model_config = ConfigDict(extra="forbid")

    grant: bool
    until: AwareDatetime | None = Field(None, description="Another instant than was asked for.")
    comment: str = Field("", max_length=2_000)


@router.post("/extensions", dependencies=[Depends(require(Action.CUSTOMER_WORK))], responses=ACCEPTED)
async def ask_extension(
    body: ExtensionBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Ask your manager to let you keep a customer longer."""
    answer = await services.extensions.ask(actor, key, body.place, until=body.until, why=body.why)
    return answered(out, body.customer_id, answer)


@router.post("/extensions/{task_id}", dependencies=[Depends(require(Action.TASK_WORK))], responses=ACCEPTED)
async def decide_extension(
    task_id: RecordId, body: ExtensionDecision, key: IdempotencyKey, actor: CurrentActor, services: Provided,
    out: Response,
) -> Answered:  # fmt: skip
    """Grant an extension that was asked for, or not."""
    return answered(out, task_id, await services.extensions.decide(actor, key, task_id, **body.model_dump()))


def _place(text: str) -> Place:
    customer, _, region = text.partition("~")
    return customer, region


def _ends(body: PlacesBody, outcome: Outcome) -> list[PlaceEnd]:
    ends = []
    for place in dict.fromkeys(body.all):
        refused = outcome.refused.get(place)
        told = {"refused": refused.code, "params": refused.params} if refused else {}
        ends.append(PlaceEnd(customer_id=place[0], region_id=place[1], **told))
    return ends
