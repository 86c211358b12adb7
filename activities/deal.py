"""Deals: their row on the board, and the order a won one becomes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from pydantic import BaseModel
from temporalio import activity

from activities.policy import PinnedPolicy
from activities.process import ProcessActivities
from db.deal import Deal, place_order
from db.policy import current_policy
from db.projection import write_record
from domain.collection import PaymentPlanPolicy, plan
from domain.pipeline import SALES
from domain.policy import load
from domain.process import ProcessState


class DealState(ProcessState):
    """`version` counts what people changed, so that a stale page is noticed. `priority`: 0 none, 1 low ... 3 high."""

    pipeline: PinnedPolicy
    pipeline_key: str = SALES
    priority: int = 0
    quote_id: str | None = None
    quote_status: str | None = None
    lead_id: str | None = None
    close_on: date | None = None
    next_step: str | None = None
    contract_id: str | None = None
    contract_status: str | None = None
    order_id: str | None = None
    collection_id: str | None = None
    lost_reason: str | None = None
    stage_since: datetime
    active_at: datetime
    stalled_at: datetime | None = None
    moved_by: str | None = None
    version: int = 1


class OrderRequest(BaseModel):
    deal_id: str
    contract_id: str
    customer_id: str
    amount: int
    currency: str
    at: datetime


class PlannedInstalment(BaseModel):
    no: int
    amount: int
    due_on: date
    due_at: datetime


class PlacedOrder(BaseModel):
    """The order and its payment plan, under the collection policy's version of that moment."""

    order_id: str
    number: str
    policy_version: int
    remind_before: timedelta
    escalate_after: timedelta
    instalments: list[PlannedInstalment]


class DealActivities(ProcessActivities):
    @activity.defn
    async def project_deal(self, state: DealState) -> None:
        async with self.projecting("deal", state) as session:
            if session is None:
                return
            fields = {
                "title", "customer_id", "lead_id", "line_id", "region_id", "owner_id", "stage", "amount", "currency",
                "close_on", "next_step", "contract_id", "contract_status", "order_id", "collection_id", "lost_reason",
                "opened_at", "stage_since", "active_at", "stalled_at", "moved_by", "closed_at", "version", "revision",
                "pipeline_key", "priority", "quote_id", "quote_status",
            }  # fmt: skip
            row = {"id": state.record_id, **state.model_dump(include=fields)}
            await write_record(session, Deal, row, prefix="D", year=self.year(state))

    @activity.defn
    async def place_order(self, request: OrderRequest) -> PlacedOrder:
        """One order a deal (`deal/<id>/order`): a repeat gives the one that is there."""
        ordered_on = request.at.astimezone(self.zone).date()
        async with self.db.session(f"deal/{request.deal_id}") as session:
            order = await place_order(session, request.model_dump(exclude={"at"}), ordered_on)
            version, document = await current_policy(session, PaymentPlanPolicy.kind)
        policy = load(PaymentPlanPolicy, document)
        instalments = [
            PlannedInstalment(no=i.no, amount=i.amount, due_on=i.due_on, due_at=self._end_of(i.due_on))
            for i in plan(order.amount, policy, order.ordered_on)
        ]
        return PlacedOrder(
            order_id=order.id, number=order.number, policy_version=version, instalments=instalments,
            remind_before=policy.remind_before, escalate_after=policy.escalate_after,
        )  # fmt: skip

    def _end_of(self, day: date) -> datetime:
        """Due on a day means until its end in the company's zone."""
        return datetime.combine(day + timedelta(days=1), time(), self.zone)
