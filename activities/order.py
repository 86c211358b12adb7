"""A won deal's order, placed once: its lines, its payment plan, its commission, the customer's service queue."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.collection import CollectionTerms, terms_of
from activities.process import ProcessActivities
from db.contract import Contract
from db.customer import Customer
from db.customer_signpost import living
from db.order import lines_of_quote, place_order
from domain.order import order_lines
from domain.order_plan import PlanPart, parts_of


class OrderRequest(BaseModel):
    """`plan`: the parts a person confirmed; without them the policy in force chooses."""

    deal_id: str
    contract_id: str
    customer_id: str
    owner_id: str
    quote_id: str | None = None
    title: str = ""
    amount: int
    currency: str
    at: datetime
    plan: list[PlanPart] = []


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
            customer_id = await living(session, request.customer_id)
            values = request.model_dump(exclude={"at", "owner_id", "plan"}) | {"customer_id": customer_id}
            order = await place_order(session, values, ordered_on, lines, request.owner_id)
            tier = await session.scalar(select(Customer.service_tier).where(Customer.id == order.customer_id))
            happened = {"order": ordered_on}
            if request.contract_id:
                happened["contract_signed"] = await self._signed_on(session, request.contract_id) or ordered_on
            terms = await terms_of(
                session, str(self.zone), amount=order.amount, currency=order.currency, happened=happened, tier=tier,
                agreed=parts_of(request.plan),
            )  # fmt: skip
        return PlacedOrder(order_id=order.id, number=order.number, service_tier=order.service_tier, collection=terms)

    async def _signed_on(self, session: AsyncSession, contract_id: str) -> date | None:
        """The day in the company's zone on which everybody had signed it; None where it was only approved."""
        contract = await session.get(Contract, contract_id)
        if contract is None or contract.status != "signed" or contract.closed_at is None:
            return None
        return contract.closed_at.astimezone(self.zone).date()
