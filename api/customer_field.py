"""A customer's fields: read as far as one may see them, and changed."""

from typing import Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from api.signpost import follow_signpost
from commands.customer_edit import CustomerEditBody, editable
from db.customer_case import find_customer
from db.customer_field import field_policy, values_of
from domain.access import Action
from domain.customer_field import fields, for_reader
from domain.field import FieldType
from domain.ids import RecordId
from domain.refusal import Refused

router = APIRouter(prefix="/api", tags=["customers"], dependencies=[Depends(follow_signpost)])


class LabelView(BaseModel):
    zh: str
    en: str


class OptionView(BaseModel):
    value: str
    label: LabelView
    retired: bool


class FieldView(BaseModel):
    key: str
    label: LabelView
    type: FieldType
    builtin: bool
    required: bool
    unique: bool
    options: list[OptionView]
    kinds: list[str] = Field(description="Kinds of customer that have it; none: all.")
    masked: bool = Field(
        description="You see a part of it. It stays where you send it empty or as you see it; else it is replaced,"
        " where it is a single value."
    )


class FieldValuesView(BaseModel):
    kind: str
    values: dict[str, Any] = Field(description="As they are kept, by the field's key; masked ones as text.")
    based_on: str | None = Field(description="Send it with your change; null: you may not change this customer.")


@router.get("/customer-fields", dependencies=[Depends(require(Action.CUSTOMER_READ))])
async def list_fields(actor: CurrentActor, services: Provided) -> list[FieldView]:
    """The fields that customers have, the product's first, as far as you may see them."""
    async with services.db.session(actor.id) as session:
        readable = for_reader(actor, fields(await field_policy(session)))
    return [
        FieldView.model_validate(field.model_dump(mode="json") | {"masked": field.key in readable.masked})
        for field in readable.fields
    ]


@router.get("/customers/{customer_id}/fields", dependencies=[Depends(require(Action.CUSTOMER_READ))])
async def get_fields(customer_id: RecordId, actor: CurrentActor, services: Provided) -> FieldValuesView:
    """What is known of a customer, as far as you may see it."""
    async with services.db.session(actor.id) as session:
        customer = await find_customer(session, actor, customer_id)
        readable = for_reader(actor, fields(await field_policy(session)))
        try:
            based_on = (await editable(session, actor, customer_id)).based_on
        except Refused:
            based_on = None
    return FieldValuesView(kind=customer.kind, values=readable.values(values_of(customer)), based_on=based_on)


@router.patch("/customers/{customer_id}", status_code=204, dependencies=[Depends(require(Action.CUSTOMER_WORK))])
async def change_fields(
    customer_id: RecordId, body: CustomerEditBody, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    """Change what is known of a customer; what you leave out stays as it is."""
    await services.customer_edits.edit(actor, key, customer_id, body)
    return Response(status_code=204)
