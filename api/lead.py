"""Leads: listed, brought in, contacted, qualified or dismissed."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.answer import ACCEPTED, Answered, answered
from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from api.task import TaskEnd
from commands.task import BULK
from db import lead_list
from db.lead_list import Listed, Sought
from db.scope import Whose
from domain.access import Action
from domain.ids import RecordId
from domain.lead import Grade, How, Outcome
from domain.lead_score import Reckoned
from domain.money import MinorUnits
from domain.text import ON_ONE_LINE

router = APIRouter(prefix="/api/leads", tags=["leads"])
PAGE = 50

Stage = Literal["new", "pooled", "assigned", "contacted", "asleep", "converted", "closed"]


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
    score: int | None = Field(description="Points by the scoring policy; `reasons` says for what.")
    grade: Grade | None
    reasons: list[Reckoned]
    why: dict[str, Any] = Field(description="Why its owner has it: `how`, and of a turn the policy's row.")
    close_key: str | None = Field(description="Which of the policy's reasons it was closed for.")
    close_reason: str | None
    merged_into: str | None = Field(description="The lead that it turned out to be.")
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


class ContactBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    how: How
    note: str = Field("", max_length=4_000)
    outcome: Outcome = Field("reached", description="Which of them make it the first contact, the policy says.")
    next_on: date | None = Field(None, description="The day to get in touch again.")


class QualifyBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=200, description="The deal's."), ON_ONE_LINE]
    amount: MinorUnits = Field(description="In minor units of the company's currency.")
    close_on: date | None = None
    next_step: Annotated[str, Field(max_length=200), ON_ONE_LINE] | None = None
    customer_id: RecordId | None = Field(None, description="The customer it comes from; none: the one it is known to.")
    contact_id: RecordId | None = Field(None, description="One of that customer's; else found by number or address.")
    pipeline: Annotated[str, Field(max_length=60)] | None = Field(None, description="A pipeline's key.")


class DismissBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=60, description="The key of one of the policy's reasons.")]
    note: Annotated[str, Field(max_length=500), ON_ONE_LINE] | None = None


class SleepBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    until: date = Field(description="It wakes when work begins on this day.")
    why: Annotated[str, Field(max_length=500), ON_ONE_LINE] | None = None


class AssignBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    to: RecordId = Field(description="Somebody who sells in the lead's region.")
    why: Annotated[str, Field(max_length=500), ON_ONE_LINE] | None = None


class AssignManyBody(AssignBody):
    leads: list[RecordId] = Field(min_length=1, max_length=BULK)


class ReviewBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["lead", "customer"] | None = Field(None, description="Of the likely match; none: something new.")
    same: RecordId | None = None


@router.get("", dependencies=[Depends(require(Action.LEAD_READ))])
async def list_leads(search: Annotated[LeadSearch, Query()], actor: CurrentActor, services: Provided) -> LeadsView:
    """Leads you may see, 50 at a time, by time left to first contact, then the newest first."""
    sought = Sought(whose=search.whose, stage=search.stage, region=search.region_id, text=search.text)
    async with services.db.session(actor.id) as session:
        found = await lead_list.list_leads(session, actor, sought, after=search.after, limit=PAGE + 1)
    items = [_view(listed) for listed in found[:PAGE]]
    return LeadsView(items=items, next=items[-1].id if len(found) > PAGE else None)


@router.get("/{lead_id}")
async def get_lead(lead_id: RecordId, actor: CurrentActor, services: Provided) -> LeadView:
    async with services.db.session(actor.id) as session:
        return _view(await lead_list.find_lead(session, actor, lead_id))


@router.post("/{lead_id}/contact", responses=ACCEPTED)
async def contact(
    lead_id: RecordId, body: ContactBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Say that the lead was contacted; the first time stops its clock."""
    return answered(out, lead_id, await services.leads.contact(actor, key, lead_id, **body.model_dump()))


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
    return answered(out, lead_id, await services.leads.dismiss(actor, key, lead_id, **body.model_dump()))


@router.post("/{lead_id}/sleep", responses=ACCEPTED)
async def sleep(
    lead_id: RecordId, body: SleepBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Leave it alone until a day; then it is its owner's again."""
    return answered(out, lead_id, await services.leads.sleep(actor, key, lead_id, **body.model_dump()))


@router.post("/{lead_id}/wake", responses=ACCEPTED)
async def wake(
    lead_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Wake it up before its day."""
    return answered(out, lead_id, await services.leads.wake(actor, key, lead_id))


@router.post("/{lead_id}/claim", responses=ACCEPTED)
async def claim(
    lead_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Take it from the pool of your region; 409 where somebody was faster."""
    return answered(out, lead_id, await services.leads.take(actor, key, lead_id))


@router.post("/{lead_id}/assign", responses=ACCEPTED)
async def assign(
    lead_id: RecordId, body: AssignBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """As a manager, give it to somebody."""
    return answered(out, lead_id, await services.leads.assign(actor, key, lead_id, **body.model_dump()))


@router.post("/assign")
async def assign_many(
    body: AssignManyBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> list[TaskEnd]:
    """Give several at once to somebody; each is answered for itself."""
    ends = await services.leads.assign_many(actor, key, body.leads, to=body.to, why=body.why)
    return [TaskEnd.of(lead_id, end) for lead_id, end in ends.items()]


@router.post("/{lead_id}/reopen", responses=ACCEPTED)
async def reopen(
    lead_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Open a closed lead again."""
    return answered(out, lead_id, await services.leads.reopen(actor, key, lead_id))


@router.post("/matches/{task_id}", responses=ACCEPTED)
async def review(
    task_id: RecordId, body: ReviewBody, key: IdempotencyKey, actor: CurrentActor, services: Provided, out: Response
) -> Answered:
    """Say whether a lead is the same as a likely match, or something new; decided once."""
    return answered(out, task_id, await services.leads.review(actor, key, task_id, **body.model_dump()))


def _view(listed: Listed) -> LeadView:
    return LeadView.model_validate(listed.lead)
