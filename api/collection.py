"""Collections: what orders owe, and the payments on them."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.answer import ACCEPTED, Answered, answered
from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from db import collection_list
from db.collection_list import Sought, Status
from db.scope import Whose
from domain.access import Action
from domain.ids import RecordId
from domain.money import MinorUnits
from domain.text import ON_ONE_LINE

router = APIRouter(prefix="/api/collections", tags=["collections"])
PAGE = 50


class CollectionView(BaseModel):
    """Amounts are in minor units of `currency`."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    number: str
    order_id: str
    deal_id: str
    customer_id: str
    region_id: str
    owner_id: str
    title: str
    amount: int
    paid: int
    currency: str
    credited: int
    written_off: int
    surplus: int = Field(description="What the customer has too much with us.")
    status: str = Field(description="open, overdue, paid or written_off.")
    level: int = Field(description="The highest overdue level of an open instalment; 0: none.")
    promised_on: date | None
    promised: int | None
    disputed_at: datetime | None
    service_hold: bool
    version: int = Field(description="Counts what people changed; acts on the plan ask for it.")
    next_due_on: date | None
    opened_at: datetime
    closed_at: datetime | None
    revision: int = Field(description="Grows with every change.")


class CollectionsView(BaseModel):
    items: list[CollectionView]
    next: str | None = Field(description="Send it as `after` for the ones after these; null: there are none.")


class InstalmentView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    no: int
    amount: int
    paid: int
    credited: int
    written_off: int
    event: str | None = Field(description="What it falls due after; null: a day was agreed.")
    days: int = Field(description="So many days after the event.")
    due_on: date | None = Field(description="null: its event has not happened.")
    status: str = Field(description="waiting, planned, due, overdue, paid, credited or written_off.")
    level: int = Field(description="How many overdue levels it has reached.")
    disputed: bool
    paid_at: datetime | None


class PaymentView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    amount: int
    currency: str
    value: int = Field(description="Its worth in the collection's currency.")
    counted: int = Field(description="What it pays there.")
    rate: str | None
    received_on: date
    reference: str | None
    source: str = Field(description="hand, api, bank or transfer.")
    status: str = Field(description="received, reversed or moved.")
    recorded_by: str
    recorded_at: datetime


class PlanView(CollectionView):
    instalments: list[InstalmentView]
    payments: list[PaymentView] = Field(description="The latest first.")


class CollectionSearch(BaseModel):
    whose: Whose = Field("all", description="Always within what you may see.")
    status: Status = Field("owed", description="owed: open and overdue ones together.")
    region_id: RecordId | None = None
    text: str = Field("", max_length=100, description="Part of the title, number or customer.")
    after: RecordId | None = None


class PaymentBody(BaseModel):
    """Pays the oldest instalments first."""

    model_config = ConfigDict(extra="forbid")

    amount: Annotated[MinorUnits, Field(gt=0)]
    received_on: date
    reference: Annotated[str, Field(max_length=200), ON_ONE_LINE] | None = Field(
        None, description="What the bank statement says."
    )
    paid_before: MinorUnits | None = Field(
        None, description="`paid` as you saw it: where a payment has come since, this one is refused (409)."
    )


@router.get("", dependencies=[Depends(require(Action.COLLECTION_READ))])
async def list_collections(
    search: Annotated[CollectionSearch, Query()], actor: CurrentActor, services: Provided
) -> CollectionsView:
    """Collections you may see, 50 at a time, by next due date; paid ones with the last paid first."""
    sought = Sought(whose=search.whose, status=search.status, region=search.region_id, text=search.text)
    async with services.db.session(actor.id) as session:
        found = await collection_list.list_collections(session, actor, sought, after=search.after, limit=PAGE + 1)
    items = [CollectionView.model_validate(listed.collection) for listed in found[:PAGE]]
    return CollectionsView(items=items, next=items[-1].id if len(found) > PAGE else None)


@router.get("/{collection_id}")
async def get_collection(collection_id: RecordId, actor: CurrentActor, services: Provided) -> PlanView:
    """The payment plan with what was paid on it."""
    async with services.db.session(actor.id) as session:
        plan = await collection_list.find_plan(session, actor, collection_id)
    return PlanView(
        **CollectionView.model_validate(plan.collection).model_dump(),
        instalments=[InstalmentView.model_validate(instalment) for instalment in plan.instalments],
        payments=[PaymentView.model_validate(payment) for payment, _ in plan.payments],
    )


@router.post("/{collection_id}/payments", status_code=201, responses=ACCEPTED)
async def record_payment(
    collection_id: RecordId,
    body: PaymentBody,
    key: IdempotencyKey,
    actor: CurrentActor,
    services: Provided,
    out: Response,
) -> Answered:
    """Record money received; `result.payment_id` is the payment's id."""
    answer = await services.collections.record_payment(actor, key, collection_id, **body.model_dump())
    return answered(out, collection_id, answer, created=True)
