"""A won deal's order, placed once: its lines, its payment plan, its commission, the customer's service queue."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from pydantic import BaseModel
from temporalio import activity

from activities.process import ProcessActivities
from db.order import place_order
from db.policy import current_policy
from domain.collection import PaymentPlanPolicy, plan
from domain.order import Line, order_lines
from domain.policy import load


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


class PlannedInstalment(BaseModel):
    no: int
    amount: int
    due_on: date
    due_at: datetime


class PlacedOrder(BaseModel):
    """The order and its payment plan, under the collection policy's version of that moment.

    `service_tier` is the queue the customer was put into, where this order changed it.
    """

    order_id: str
    number: str
    service_tier: str | None = None
    policy_version: int
    remind_before: timedelta
    escalate_after: timedelta
    instalments: list[PlannedInstalment]


class OrderActivities(ProcessActivities):
    @activity.defn
    async def place_order(self, request: OrderRequest) -> PlacedOrder:
        """One order a deal (`deal/<id>/order`): a repeat gives the one that is there."""
        ordered_on = request.at.astimezone(self.zone).date()
        quoted: list[Line] = []
        async with self.db.session(f"deal/{request.deal_id}") as session:
            lines = order_lines(request.title, request.amount, quoted)
            values = request.model_dump(exclude={"at", "owner_id"})
            order = await place_order(session, values, ordered_on, lines, request.owner_id)
            version, document = await current_policy(session, PaymentPlanPolicy.kind)
        policy = load(PaymentPlanPolicy, document)
        instalments = [
            PlannedInstalment(no=i.no, amount=i.amount, due_on=i.due_on, due_at=self._end_of(i.due_on))
            for i in plan(order.amount, policy, order.ordered_on)
        ]
        return PlacedOrder(
            order_id=order.id, number=order.number, service_tier=order.service_tier, policy_version=version,
            instalments=instalments, remind_before=policy.remind_before, escalate_after=policy.escalate_after,
        )  # fmt: skip

    def _end_of(self, day: date) -> datetime:
        """Due on a day means until its end in the company's zone."""
        return datetime.combine(day + timedelta(days=1), time(), self.zone)
