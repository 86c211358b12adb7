"""Allocation of a region's pool: previewed, run, followed, stopped and undone."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided, Services
from db.allocation import Allocation, ends_of, find_allocation, list_allocations, rows_of, shares_of
from domain.access import Action, Actor
from domain.allocation import MOST, Count, Mode, Terms, Wanted
from domain.ids import RecordId

router = APIRouter(
    prefix="/api/allocations", tags=["allocations"], dependencies=[Depends(require(Action.CUSTOMER_ASSIGN))]
)
PAGE = 50
ROWS = 200

End = Literal["taken", "full", "followed", "moved"]
Number = Annotated[int, Field(ge=1, le=MOST)]


class TermsBody(BaseModel):
    """How a region's pool is to be allocated.

    `even` shares all that fit, or `most`, evenly; `each` gives everybody so many; `quota` each up to their own number
    in `quotas` (by person). `people` none: everybody who sells in the region. `seed` deals as another time with the
    same one.
    """

    model_config = ConfigDict(extra="forbid")

    region: RecordId
    mode: Mode = "even"
    each: Number | None = None
    most: Number | None = None
    quotas: Annotated[dict[RecordId, Count], Field(max_length=500)] = {}
    people: Annotated[list[RecordId], Field(max_length=500)] = []
    pool: Annotated[str, Field(max_length=60)] | None = None
    wanted: Wanted = Wanted()
    seed: Annotated[int, Field(ge=0, lt=2**53)] | None = None

    @property
    def terms(self) -> Terms:
        asked = self.model_dump(exclude={"region", "seed", "wanted", "people"})
        return Terms(**asked, people=tuple(self.people), wanted=self.wanted)


class ShareView(BaseModel):
    """What one person gets; `has` and `room` (null: any number) are as they were when it was planned."""

    model_config = ConfigDict(from_attributes=True)

    person_id: str
    has: int
    room: int | None
    planned: int
    given: int
    undone: int
    why: str | None = Field(description="Why it is nothing: away, full or no_quota.")


class AllocationView(BaseModel):
    """How far it is: `done` of `planned` rows are carried out, `given` customers changed hands."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    region_id: str
    status: str = Field(description="planning, previewed, running, stopped, done, undoing, undone or skipped.")
    terms: dict[str, Any]
    seed: int
    found: int = Field(description="Customers of the pool that fit the terms.")
    planned: int
    done: int
    given: int
    undone: int
    asked_by: str | None = Field(description="Null: the clock.")
    asked_at: datetime
    started_by: str | None
    started_at: datetime | None
    ended_at: datetime | None
    undone_at: datetime | None


class AllocationDetail(AllocationView):
    shares: list[ShareView] = []
    ends: dict[str, int] = Field(default_factory=dict, description="Rows that did not go as planned, by why.")


class AllocationsView(BaseModel):
    items: list[AllocationView]
    next: str | None = Field(description="Send it as `after` for the ones after these; null: there are none.")


class RowView(BaseModel):
    """Who gets which customer; `end` null: as planned."""

    no: int
    customer_id: str
    name: str
    person_id: str
    end: str | None


@router.post("", status_code=202)
async def preview_allocation(
    body: TermsBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> AllocationDetail:
    """Have planned who would get how many customers, and which; nothing changes hands.

    Read it until it is no longer `planning`; then run it to carry it out, unless `planned` is 0.
    """
    made = await services.allocations.preview(actor, key, body.region, body.terms, seed=body.seed)
    return await _detail(services, actor, made)


@router.get("")
async def get_allocations(
    actor: CurrentActor, services: Provided, region: RecordId | None = None, after: RecordId | None = None
) -> AllocationsView:
    """The latest first, 50 at a time."""
    async with services.db.session(actor.id) as session:
        found = await list_allocations(session, actor, region_id=region, after=after, limit=PAGE + 1)
    items = [AllocationView.model_validate(one) for one in found[:PAGE]]
    return AllocationsView(items=items, next=items[-1].id if len(found) > PAGE else None)


@router.get("/{allocation_id}")
async def get_allocation(allocation_id: RecordId, actor: CurrentActor, services: Provided) -> AllocationDetail:
    """How far it is, and what each person gets."""
    return await _detail(services, actor, allocation_id)


@router.get("/{allocation_id}/rows")
async def get_rows(
    allocation_id: RecordId,
    actor: CurrentActor,
    services: Provided,
    end: End | None = None,
    after: Annotated[int, Query(ge=0, le=MOST)] = 0,
) -> list[RowView]:
    """The plan from a place on, 200 rows at a time; with `end` only those that did not go as planned."""
    async with services.db.session(actor.id) as session:
        await find_allocation(session, actor, allocation_id)
        rows = await rows_of(session, allocation_id, ends=[end] if end else (), after=after, limit=ROWS)
    return [RowView(**row._asdict()) for row in rows]


@router.post("/{allocation_id}/run", status_code=202)
async def run_allocation(
    allocation_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> AllocationDetail:
    """Carry out exactly what was previewed, or go on after a stop.

    409 allocation_changed where it is no longer as it was seen: `gone` customers, `people` who cannot take their share.
    """
    await services.allocations.run(actor, key, allocation_id)
    return await _detail(services, actor, allocation_id)


@router.post("/{allocation_id}/stop")
async def stop_allocation(
    allocation_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> AllocationDetail:
    """What changed hands stays so; the rest stays in the pool."""
    await services.allocations.stop(actor, key, allocation_id)
    return await _detail(services, actor, allocation_id)


@router.post("/{allocation_id}/undo", status_code=202)
async def undo_allocation(
    allocation_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> AllocationDetail:
    """Take everything back into the pool but what was tended or changed hands since (`ends`: followed, moved)."""
    await services.allocations.undo(actor, key, allocation_id)
    return await _detail(services, actor, allocation_id)


async def _detail(services: Services, actor: Actor, allocation_id: str) -> AllocationDetail:
    async with services.db.session(actor.id) as session:
        found: Allocation = await find_allocation(session, actor, allocation_id)
        shares = [ShareView.model_validate(one) for one in await shares_of(session, allocation_id)]
        ends = await ends_of(session, allocation_id)
    known = AllocationView.model_validate(found).model_dump()
    return AllocationDetail(**known, shares=shares, ends=ends)
