"""What people and other systems do on a collection, beside recording what came in."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.answer import ACCEPTED, Answered, answered
from api.auth import CurrentActor
from api.body import IdempotencyKey
from api.services import Provided
from domain.dunning import Reason as DisputeReason
from domain.ids import RecordId
from domain.money import LARGEST
from domain.payment_plan import MOST_PARTS, Event
from workflows.collection_message import PlannedRow

router = APIRouter(prefix="/api/collections", tags=["collections"])

Amount = Annotated[
    int, Field(strict=True, gt=0, le=LARGEST, description="In minor units of the collection's currency.")
]
Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]
Version = Annotated[int, Field(ge=0, le=2**31 - 1, description="The collection's `version` as you saw it.")]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReversalBody(Body):
    reason: Why


class MoveBody(Body):
    to: RecordId = Field(description="The collection it belonged to.")
    reason: Why


class SurplusBody(Body):
    """Pays instalments here, the oldest or `instalment_id` first, or goes `to` another collection of the customer."""

    amount: Amount
    instalment_id: RecordId | None = None
    to: RecordId | None = None


class CreditBody(Body):
    amount: Amount
    reason: Why
    instalment_id: RecordId | None = None
    version: Version | None = None


class RefundBody(Body):
    amount: Amount
    reason: Why
    version: Version | None = None


class PromiseBody(Body):
    amount: Amount
    promised_on: date
    contact_id: RecordId | None = Field(None, description="Who on the customer's side gave it.")
    note: Note | None = None


class DisputeBody(Body):
    reason: DisputeReason
    instalment_id: RecordId | None = Field(None, description="null: all that is owed.")
    note: Note | None = None


class ResolutionBody(Body):
    resolution: Why


class PlanRowBody(Body):
    """Due on a day, or some days after an event."""

    id: RecordId | None = Field(None, description="null: a new instalment.")
    amount: Amount
    due_on: date | None = None
    event: Event | None = None
    days: Annotated[int, Field(strict=True, ge=0, le=3_660)] = 0


class PlanBody(Body):
    """All instalments as they are to be; they come to exactly the order's amount."""

    rows: Annotated[list[PlanRowBody], Field(min_length=1, max_length=MOST_PARTS)]
    version: Version

    @property
    def planned(self) -> list[PlannedRow]:
        return [PlannedRow(**row.model_dump()) for row in self.rows]


class EventBody(Body):
    event: Event
    on: date


@router.post("/{collection_id}/payments/{payment_id}/reverse", responses=ACCEPTED)
async def reverse_payment(
    collection_id: RecordId, payment_id: RecordId, body: ReversalBody, key: IdempotencyKey, actor: CurrentActor,
    services: Provided, out: Response,
) -> Answered:  # fmt: skip
    """The bank took it back, or it was recorded in error: what it paid is owed again."""
    answer = await services.collections.reverse_payment(actor, key, collection_id, payment_id, reason=body.reason)
    return answered(out, collection_id, answer)


@router.post("/{collection_id}/payments/{payment_id}/move", responses=ACCEPTED)
async def move_payment(
    collection_id: RecordId, payment_id: RecordId, body: MoveBody, key: IdempotencyKey, actor: CurrentActor,
    services: Provided, out: Response,
) -> Answered:  # fmt: skip
    """It belonged to another collection, and goes there."""
    answer = await services.collections.move_payment(
        actor, key, collection_id, payment_id, to=body.to, reason=body.reason
    )
    return answered(out, collection_id, answer)


@router.post("/{collection_id}/surplus", responses=ACCEPTED)
async def use_surplus(
    collection_id: RecordId, body: SurplusBody, key: IdempotencyKey, actor: CurrentActor, services: Provided,
    out: Response,
) -> Answered:  # fmt: skip
    """Use the customer's credit."""
    answer = await services.collections.use_surplus(actor, key, collection_id, **body.model_dump())
    return answered(out, collection_id, answer)


@router.post("/{collection_id}/credit-notes", responses=ACCEPTED)
async def credit_note(
    collection_id: RecordId, body: CreditBody, key: IdempotencyKey, actor: CurrentActor, services: Provided,
    out: Response,
) -> Answered:  # fmt: skip
    """Less is owed; what had been paid of it becomes the customer's credit."""
    answer = await services.collections.credit_note(actor, key, collection_id, **body.model_dump())
    return answered(out, collection_id, answer)


@router.post("/{collection_id}/write-offs", responses=ACCEPTED)
async def write_off(
    collection_id: RecordId, body: CreditBody, key: IdempotencyKey, actor: CurrentActor, services: Provided,
    out: Response,
) -> Answered:  # fmt: skip
    """Ask for an approval to give up what is owed; `result.approval_id` is its id."""
    answer = await services.collections.write_off(actor, key, collection_id, **body.model_dump())
    return answered(out, collection_id, answer)


@router.post("/{collection_id}/refunds", responses=ACCEPTED)
async def refund(
    collection_id: RecordId, body: RefundBody, key: IdempotencyKey, actor: CurrentActor, services: Provided,
    out: Response,
) -> Answered:  # fmt: skip
    """Ask for an approval to pay the customer's credit out."""
    answer = await services.collections.refund(actor, key, collection_id, **body.model_dump())
    return answered(out, collection_id, answer)


@router.post("/{collection_id}/promises", responses=ACCEPTED)
async def promise(
    collection_id: RecordId, body: PromiseBody, key: IdempotencyKey, actor: CurrentActor, services: Provided,
    out: Response,
) -> Answered:  # fmt: skip
    """Record the customer's word to pay by a day; overdue levels wait for it."""
    answer = await services.collections.promise(actor, key, collection_id, **body.model_dump())
    return answered(out, collection_id, answer)


@router.post("/{collection_id}/disputes", responses=ACCEPTED)
async def dispute(
    collection_id: RecordId, body: DisputeBody, key: IdempotencyKey, actor: CurrentActor, services: Provided,
    out: Response,
) -> Answered:  # fmt: skip
    """Record what the customer disputes; the clock stands still until it is resolved."""
    answer = await services.collections.dispute(actor, key, collection_id, **body.model_dump())
    return answered(out, collection_id, answer)


@router.post("/{collection_id}/disputes/{dispute_id}/resolve", responses=ACCEPTED)
async def resolve(
    collection_id: RecordId, dispute_id: RecordId, body: ResolutionBody, key: IdempotencyKey, actor: CurrentActor,
    services: Provided, out: Response,
) -> Answered:  # fmt: skip
    answer = await services.collections.resolve(actor, key, collection_id, dispute_id, resolution=body.resolution)
    return answered(out, collection_id, answer)


@router.put("/{collection_id}/plan", responses=ACCEPTED)
async def change_plan(
    collection_id: RecordId, body: PlanBody, key: IdempotencyKey, actor: CurrentActor, services: Provided,
    out: Response,
) -> Answered:  # fmt: skip
    """Another payment plan for what is not settled yet."""
    answer = await services.collections.change_plan(actor, key, collection_id, rows=body.planned, version=body.version)
    return answered(out, collection_id, answer)


@router.post("/{collection_id}/events", responses=ACCEPTED)
async def record_event(
    collection_id: RecordId, body: EventBody, key: IdempotencyKey, actor: CurrentActor, services: Provided,
    out: Response,
) -> Answered:  # fmt: skip
    """Something happened that instalments fall due after, such as the delivery."""
    answer = await services.collections.record_event(actor, key, collection_id, event=body.event, on=body.on)
    return answered(out, collection_id, answer)
