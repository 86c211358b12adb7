"""A won deal's order, placed once: its lines, its payment plan, its commission, the customer's service queue."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import select
from temporalio import activity

from activities.collection import CollectionTerms, terms_of
from activities.process import ProcessActivities
from db.customer import Customer
from db.order import lines_of_quote, place_order
from domain.order import order_lines


class OrderRequest(BaseModel):
    deal_id: str
    contract_id: str
    customer_id: str
    owner_id: str
    quote_id: str | None = None
    title: str = ""
    amount: int
    currency: str
    at: datetime


class PlacedOrder(BaseModel):
    """The order, and the terms it is collected under.

    `service_tier` is the queue the customer was put into, where this order changed it.
    """

    order_id: str
    number: str
    service_tier: str | None = None
    collection: CollectionTerms


class OrderActivities(ProcessActivities):
    @activity.defn
    async def place_order(self, request: OrderRequest) -> PlacedOrder:
        """One order a deal (`deal/<id>/order`): a repeat gives the one that is there."""
        ordered_on = request.at.astimezone(self.zone).date()
        async with self.db.session(f"deal/{request.deal_id}") as session:
            quoted = await lines_of_quote(session, request.quote_id) if request.quote_id else []
            lines = order_lines(request.title, request.amount, quoted)
            values = request.model_dump(exclude={"at", "owner_id"})
            order = await place_order(session, values, ordered_on, lines, request.owner_id)
            tier = await session.scalar(select(Customer.service_tier).where(Customer.id == order.customer_id))
            happened = {"order": ordered_on} | ({"contract_signed": ordered_on} if request.contract_id else {})
            terms = await terms_of(
                session, str(self.zone), amount=order.amount, currency=order.currency, happened=happened, tier=tier
            )
        return PlacedOrder(order_id=order.id, number=order.number, service_tier=order.service_tier, collection=terms)
