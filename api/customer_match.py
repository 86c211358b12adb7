"""Customers entered one by one; what one would be a duplicate of; pairs that may be one, and merges."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor
from api.body import IdempotencyKey
from api.services import Provided
from commands.customer import NewCustomer
from commands.customer_match import Dismissal
from commands.customer_merge import MergeBody, Undone
from domain.ids import RecordId
from domain.text import ON_ONE_LINE

router = APIRouter(prefix="/api/customers", tags=["customers"])

Line = Annotated[str, Field(max_length=300), ON_ONE_LINE]


class Made(BaseModel):
    id: str


class MatchBody(BaseModel):
    """What is known of them; each may be left out. Name, code, phone, e-mail and domain each find by themselves;
    address and city make it surer."""

    model_config = ConfigDict(extra="forbid")

    name: Line = ""
    tax_number: Line = ""
    phone: Line = ""
    email: Line = ""
    domain: Line = ""
    address: Line = ""
    city: Line = ""


class MatchView(BaseModel):
    """`seen` false: it exists, is somebody else's, and you may not see more than that; `pooled`: nobody's, it lies in
    the pool of your region, where you see it by its id and the region's."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    points: int = Field(description="0 to 100: how sure it is that it is the same.")
    level: Literal["certain", "likely", "possible", "unlike"]
    reasons: list[str] = Field(description="What is shared, the strongest first, then what speaks against it.")
    seen: bool
    title: str
    number: str
    owner_id: str | None
    region_id: str | None
    pooled: bool


class MatchesView(BaseModel):
    matches: list[MatchView] = Field(description="At most 5, the surest first.")


@router.post("", status_code=201)
async def create_customer(body: NewCustomer, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Made:
    """Enter a customer. One with the credit code of another is refused; one that looks like another wants a reason."""
    return Made(id=await services.customers.create(actor, key, body))


@router.post("/match")
async def match_customer(body: MatchBody, actor: CurrentActor, services: Provided) -> MatchesView:
    """What a customer like this would be a duplicate of. Nothing is kept."""
    found = await services.customer_matches.match(actor, body.model_dump())
    return MatchesView(matches=[MatchView.model_validate(one) for one in found])


@router.post("/duplicates/dismiss", status_code=204)
async def dismiss_duplicate(body: Dismissal, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    """Two customers that look like one are not: they are shown again only once one of them changes."""
    await services.customer_matches.dismiss(actor, key, body)
    return Response(status_code=204)


@router.post("/duplicates/look", status_code=202)
async def look_for_duplicates(key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    """Compare all customers now; it is done every night by itself."""
    await services.customer_matches.look(actor, key)
    return Response(status_code=202)


@router.post("/{customer_id}/merge", status_code=201)
async def merge_customers(
    customer_id: RecordId, body: MergeBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Made:
    """Merge others into this customer; the merge's id. Their addresses lead to it from then on."""
    return Made(id=await services.customer_merges.merge(actor, key, customer_id, body))


@router.post("/merges/{merge_id}/undo")
async def undo_merge(merge_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Undone:
    """Take a merge back as a whole; the answer lists what stays because somebody changed it since."""
    return await services.customer_merges.undo(actor, key, merge_id)
