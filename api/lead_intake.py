"""Leads brought in by other systems: one, or many at once; and what one would collide with, before it is sent."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor
from api.body import IdempotencyKey
from api.lead import LeadBody
from api.services import Provided
from commands.lead_intake import NewLead
from domain.access import Action
from domain.refusal import Refused
from domain.text import ON_ONE_LINE

router = APIRouter(prefix="/api/leads", tags=["leads"])
MOST = 200

Word = Annotated[str, Field(max_length=120), ON_ONE_LINE]


class LeadIn(LeadBody):
    campaign: Word | None = None
    product: Word | None = None
    language: Literal["zh_CN", "en"] | None = Field(None, description="What to answer in.")
    industry: Word | None = Field(None, description="manufacturing, retail, logistics, ... or in their words.")
    size: Word | None = Field(None, description="micro (under 10 people), small (50), medium (500), large.")
    intent: Word | None = Field(None, description="buy, compare or learn.")
    behaviour: dict[Annotated[str, Field(max_length=60)], int] = Field({}, max_length=40, description="Counts.")
    custom: dict[Annotated[str, Field(max_length=60)], str | int | float | bool] = Field({}, max_length=40)
    apart: bool = Field(False, description="Keep it as a lead of its own though it is known; say why in `note`.")
    note: Annotated[str, Field(max_length=500), ON_ONE_LINE] | None = None

    def lead(self) -> NewLead:
        return NewLead(source="api", **self.model_dump())


class LeadTaken(BaseModel):
    """`fresh` false: the person was known, and this is one more touch of the lead with this id."""

    id: str
    fresh: bool


class BulkBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    leads: Annotated[list[LeadIn], Field(min_length=1, max_length=MOST)]


class BulkEnd(BaseModel):
    """What became of one of them, in the order they were sent: the lead, or why it was not taken."""

    id: str | None = None
    fresh: bool | None = None
    code: str | None = None
    field: str | None = None


class CollisionView(BaseModel):
    """`seen` false: it exists, is somebody else's, and you may not see more than whose it is; or it is a customer that
    lies in a pool you see (`pooled`), where you find it by `id` and `region_id`."""

    model_config = ConfigDict(from_attributes=True)

    kind: Literal["lead", "customer"]
    id: str
    why: list[str] = Field(
        description="What is shared: phone, email, name, company, near_company, same_sound, longer_company."
    )
    certain: bool
    seen: bool
    title: str
    number: str
    stage: str
    owner_id: str | None
    region_id: str | None
    pooled: bool = False


class CheckBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    company: Annotated[str, Field(max_length=200), ON_ONE_LINE] = ""
    name: Annotated[str, Field(max_length=200), ON_ONE_LINE] = ""
    phone: str | None = Field(None, max_length=64)
    email: str | None = Field(None, max_length=254)


class CheckedView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    collisions: list[CollisionView]
    same: bool = Field(description="It would be attached to what exists.")


@router.post("", status_code=201)
async def create_lead(lead: LeadIn, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> LeadTaken:
    """Bring a lead in. Its process starts at once and assigns it; a person who is known already is one more touch."""
    taken = await services.leads.bring(actor, key, lead.lead())
    return LeadTaken(id=taken.lead_id, fresh=taken.fresh)


@router.post("/bulk")
async def create_leads(body: BulkBody, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> list[BulkEnd]:
    """Bring up to 200 in, each for itself: one that cannot be used keeps no other back. Sent again under the same key,
    those that were taken are found, and the others tried anew."""
    actor.require(Action.LEAD_CREATE)
    return [await _one(services, actor, f"{key}/{no}", lead.lead()) for no, lead in enumerate(body.leads)]


async def _one(services: Any, actor: Any, key: str, lead: NewLead) -> BulkEnd:
    try:
        taken = await services.leads.bring(actor, key, lead)
    except Refused as refused:
        return BulkEnd(code=refused.code, field=refused.field)
    return BulkEnd(id=taken.lead_id, fresh=taken.fresh)


@router.post("/check")
async def check_lead(body: CheckBody, actor: CurrentActor, services: Provided) -> CheckedView:
    """Whether somebody like this is known already, and whose they are."""
    asked = NewLead(source="api", region="", **body.model_dump())
    return CheckedView.model_validate(await services.lead_check.check(actor, services.leads.reachable(asked)))
