"""Collections: what is owed, what was paid."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert
from temporalio import activity

from activities.process import ProcessActivities
from db.collection import Collection, Payment, write_instalments
from db.projection import write_record
from domain.process import ProcessState


class InstalmentState(BaseModel):
    """`status`: planned, due, overdue, paid."""

    id: str
    no: int
    amount: int
    due_on: date
    due_at: datetime
    paid: int = 0
    status: str = "planned"
    paid_at: datetime | None = None
    task_id: str | None = None

    @property
    def open(self) -> int:
        return self.amount - self.paid


class PaymentState(BaseModel):
    id: str
    amount: int
    received_on: date
    reference: str | None = None
    by: str
    at: datetime
    revision: int


class CollectionState(ProcessState):
    """`payments` are those the read model may not have yet; the instalments hold the sums."""

    stage: str = "open"
    order_id: str
    deal_id: str
    remind_before: timedelta
    escalate_after: timedelta
    instalments: list[InstalmentState]
    payments: list[PaymentState] = []

    @property
    def paid(self) -> int:
        return sum(i.paid for i in self.instalments)

    @property
    def outstanding(self) -> int:
        return sum(i.open for i in self.instalments)

    def confirm(self, revision: int) -> None:
        super().confirm(revision)
        self.payments = [p for p in self.payments if p.revision > revision]


class CollectionActivities(ProcessActivities):
    @activity.defn
    async def project_collection(self, state: CollectionState) -> None:
        async with self.projecting("collection", state) as session:
            if session is None:
                return
            fields = {
                "order_id", "deal_id", "line_id", "customer_id", "region_id", "owner_id", "title", "amount", "currency",
                "opened_at", "closed_at", "revision",
            }  # fmt: skip
            row = {
                "id": state.record_id,
                "status": state.stage,
                "paid": state.paid,
                "next_due_on": min((i.due_on for i in state.instalments if i.open), default=None),
                **state.model_dump(include=fields),
            }
            await write_record(session, Collection, row, prefix="P", year=self.year(state))
            await write_instalments(
                session,
                [
                    {"collection_id": state.record_id, **i.model_dump(exclude={"due_at", "task_id"})}
                    for i in state.instalments
                ],
            )
            if state.payments:
                payments = [
                    {
                        "id": p.id, "collection_id": state.record_id, "amount": p.amount, "currency": state.currency,
                        "received_on": p.received_on, "reference": p.reference, "recorded_by": p.by,
                        "recorded_at": p.at,
                    }
                    for p in state.payments
                ]  # fmt: skip
                await session.execute(insert(Payment).values(payments).on_conflict_do_nothing(index_elements=["id"]))
