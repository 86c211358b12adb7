"""Orders: what a won deal became, line by line."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor, require
from api.services import Provided
from db.order import find_order, order_case
from domain.access import Action
from domain.ids import RecordId

router = APIRouter(prefix="/api/orders", tags=["deals"], dependencies=[Depends(require(Action.DEAL_READ))])


class View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class OrderLineView(View):
    no: int
    kind: str = Field(description="product, or adjustment: what the contract says beside the quote.")
    code: str
    name: str
    quantity: Decimal
    unit: str
    unit_price: int
    discount_bp: int = Field(description="Basis points.")
    tax_bp: int
    amount: int = Field(description="After discount, with tax, in minor units; those of an order sum to its amount.")


class CommissionView(View):
    owner_id: str
    basis: int
    currency: str
    recorded_at: datetime


class OrderView(View):
    id: str
    number: str
    deal_id: str
    contract_id: str
    quote_id: str | None
    customer_id: str
    title: str
    amount: int
    currency: str
    ordered_on: date
    service_tier: str | None = Field(description="The service queue it put the customer into, where it changed that.")
    lines: list[OrderLineView]
    commission: CommissionView | None = Field(description="Finance and managers are shown it.")


@router.get("/{order_id}")
async def get_order(order_id: RecordId, actor: CurrentActor, services: Provided) -> OrderView:
    async with services.db.session(actor.id) as session:
        order, _ = await find_order(session, actor, order_id)
        case = await order_case(session, order, actor)
    fields = {column.key: getattr(order, column.key) for column in order.__table__.columns}
    return OrderView(
        **{name: fields[name] for name in OrderView.model_fields.keys() & fields.keys()},
        lines=[OrderLineView.model_validate(line) for line in case.lines],
        commission=CommissionView.model_validate(case.commission) if case.commission else None,
    )
