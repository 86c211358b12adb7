"""Leads: listed, brought in, contacted, qualified or dismissed."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.answer import ACCEPTED, Answered, answered
from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from commands.lead_intake import NewLead
from db import lead_list
from db.lead_list import Listed, Sought
from db.scope import Whose
from domain.access import Action
from domain.ids import RecordId
from domain.money import MinorUnits
from domain.text import ON_ONE_LINE

router = APIRouter(prefix="/api/leads", tags=["leads"])
PAGE = 50

Stage = Literal["new", "assigned", "contacted", "converted", "closed"]


class LeadView(BaseModel):
    """`due_at`: until when first contact is to be made. `deal_id` and `customer_id` once it is converted."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    number: str
    source: str
    company: str
    name: str
    phone: str | None
    email: str | None
    message: str | None
    amount: int | None = Field(description="In minor units of `currency`: what they said they want to spend.")
    currency: str
    region_id: str
    owner_id: str | None
    stage: Stage
    due_at: datetime | None
    customer_id: str | None
    deal_id: str | None
    close_reason: str | None
    utm: dict[str, str]
    created_at: datetime
    revision: int = Field(description="Grows with every change.")


class LeadsView(BaseModel):
    items: list[LeadView]
    next: str | None = Field(description="Send it as `after` for the leads after these; null: there are none.")


class LeadSearch(BaseModel):
    whose: Whose = Field("all", description="Always within what you may see.")
    stage: Stage | None = Field(None, description="Without it, every lead that is still open.")
    region_id: RecordId | None = None
    text: str = Field("", max_length=100, description="Part of the company, name, number, phone or e-mail.")
    after: RecordId | None = None


class LeadBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    company: Annotated[str, Field(min_length=1, max_length=200), ON_ONE_LINE]
    name: Annotated[str, Field(min_length=1, max_length=200), ON_ONE_LINE]
    phone: str | None = Field(None, max_length=64, description="Without a country code, one of the company's country.")
    email: str | None = Field(None, max_length=254)
    message: str | None = Field(None, max_length=20_000)
    amount: MinorUnits | None = Field(None, description="In minor units of the company's currency.")
    region: str = Field(max_length=100, description="A region's code, such as east.")
    owner_id: RecordId | None = Field(None, description="Who sells it; without it, the next in turn.")
    utm: dict[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=200)]] = Field({}, max_length=20)


class LeadMade(BaseModel):
    id: str


class ContactBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    how: Literal["call", "visit", "wechat", "mail"]
    note: str = Field("", max_length=4_000)


class QualifyBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=200, description="The deal's."), ON_ONE_LINE]
    amount: MinorUnits = Field(description="In minor units of the company's currency.")
    close_on: date | None = None
    next_step: Annotated[str, Field(max_length=200), ON_ONE_LINE] | None = None


class DismissBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=500), ON_ONE_LINE]


@router.get("", dependencies=[Depends(require(Action.LEAD_READ))])
async def list_leads(search: Annotated[LeadSearch, Query()], actor: CurrentActor, services: Provided) -> LeadsView:
    """Leads you may see, 50 at a time, by time left to first contact, then the newest first."""
    sought = Sought(whose=search.whose, stage=search.stage, region=search.region_id, text=search.text)
    async with services.db.session(actor.id) as session:
        found = await lead_list.list_leads(session, actor, sought, after=search.after, limit=PAGE + 1)
    items = [_view(listed) for listed in found[:PAGE]]
    return LeadsView(items=items, next=items[-1].id if len(found) > PAGE else None)


@router.post("", status_code=201)
async def create_lead(lead: LeadBody, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> LeadMade:
    """Bring a lead in. Its process starts at once and assigns it."""
    return LeadMade(id=await services.leads.create(actor, key, NewLead(source="api", **lead.model_dump())))


@router.get("/{lead_id}")
async def get_lead(lead_id: RecordId, actor: CurrentActor, services: Provided) -> LeadView:
    async with services.db.session(actor.id) as session:
        return _view(await lead_list.find_lead(session, actor, lead_id))


@router.post("/{lead_id}/contact", responses=ACCEPTED)
async def contact(
    lead_id: RecordId, body: ContactBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Say that the lead was contacted; the first time stops its clock."""
    answer = await services.leads.contact(actor, key, lead_id, how=body.how, note=body.note)
    return answered(out, lead_id, answer)


@router.post("/{lead_id}/qualify", responses=ACCEPTED)
async def qualify(
    lead_id: RecordId, body: QualifyBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Make it a customer with a deal; `result.deal_id` is the deal's id."""
    answer = await services.leads.qualify(actor, key, lead_id, **body.model_dump())
    return answered(out, lead_id, answer)


@router.post("/{lead_id}/dismiss", responses=ACCEPTED)
async def dismiss(
    lead_id: RecordId, body: DismissBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Close it without a deal."""
    return answered(out, lead_id, await services.leads.dismiss(actor, key, lead_id, reason=body.reason))


def _view(listed: Listed) -> LeadView:
    return LeadView.model_validate(listed.lead)
