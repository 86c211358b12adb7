"""Collections: what orders owe, and the payments on them."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.answer import ACCEPTED, Answered, answered
from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.collection_view import (
    CaseView,
    CollectionsView,
    CollectionView,
    DisputeView,
    EntryView,
    InstalmentView,
    PaymentView,
    PromiseView,
    RequestView,
)
from api.services import Provided
from db import collection_list
from db.collection_case import find_case
from db.collection_list import Sought, Status
from db.scope import Whose
from domain.access import Action
from domain.ids import RecordId
from domain.money import MinorUnits
from domain.text import ON_ONE_LINE

router = APIRouter(prefix="/api/collections", tags=["collections"])
PAGE = 50


class CollectionSearch(BaseModel):
    whose: Whose = Field("all", description="Always within what you may see.")
    status: Status = Field("owed", description="owed: open and overdue ones together.")
    region_id: RecordId | None = None
    text: str = Field("", max_length=100, description="Part of the title, number or customer.")
    after: RecordId | None = None


class PaymentBody(BaseModel):
    """Pays the oldest instalments first, `instalment_id` before them."""

    model_config = ConfigDict(extra="forbid")

    amount: Annotated[MinorUnits, Field(gt=0)]
    received_on: date
    reference: Annotated[str, Field(max_length=200), ON_ONE_LINE] | None = Field(
        None, description="What the bank statement says."
    )
    paid_before: MinorUnits | None = Field(
        None, description="`paid` as you saw it: where a payment has come since, this one is refused (409)."
    )
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = Field(
        None, description="`amount` is in its minor units; null: the collection's."
    )
    rate: Annotated[str, Field(max_length=30)] | None = Field(
        None, description="A decimal: one unit of `currency` in the collection's. Needed for another currency."
    )
    counted: Annotated[MinorUnits, Field(gt=0)] | None = Field(
        None,
        description="What it settles in the collection's currency; null: its worth at `rate`. The exchange bears the "
        "difference.",
    )
    instalment_id: RecordId | None = None
    surplus: bool = Field(False, description="Keep what is more than owed as the customer's credit.")


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
async def get_collection(collection_id: RecordId, actor: CurrentActor, services: Provided) -> CaseView:
    """The payment plan with what was paid on it, its ledger, and what is promised, disputed and asked for."""
    async with services.db.session(actor.id) as session:
        case = await find_case(session, actor, collection_id)
    return CaseView(
        **CollectionView.model_validate(case.collection).model_dump(),
        instalments=[InstalmentView.model_validate(instalment) for instalment in case.instalments],
        payments=[PaymentView.model_validate(payment) for payment, _ in case.payments],
        promises=[PromiseView.model_validate(promise) for promise in case.promises],
        disputes=[DisputeView.model_validate(dispute) for dispute in case.disputes],
        requests=[RequestView.model_validate(request) for request, _ in case.requests],
        ledger=[EntryView.model_validate(entry) for entry in case.entries],
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
    answer = await services.collections.record_payment(actor, key, collection_id, **body.model_dump(), source="api")
    return answered(out, collection_id, answer, created=True)
