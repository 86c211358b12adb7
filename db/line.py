"""A deal's whole line from lead to cash, with all that its page shows of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.collection import Collection, Instalment
from db.customer import Customer
from db.deal import Deal
from db.lead import Lead
from db.order import Order
from db.process import Process, Task
from db.record import Idempotency
from db.subject import SubjectCase, subject_case

JUST_ASKED = timedelta(minutes=10)


class Line(NamedTuple):
    """`processes` in the order they were opened, `tasks` the open ones by due time, `contract` the deal's newest."""

    deal: Deal
    customer: Customer
    lead: Lead | None
    processes: Sequence[Process]
    tasks: Sequence[Task]
    contract: SubjectCase | None
    order: Order | None
    collection: Collection | None
    instalments: Sequence[Instalment]


async def line_of(session: AsyncSession, deal: Deal) -> Line:
    """Whether somebody may see the deal is asked before. A row that its process has not written yet is None."""
    of_line = select(Process).where(Process.line_id == deal.line_id).order_by(Process.opened_at, Process.workflow_id)
    open_tasks = select(Task).where(Task.line_id == deal.line_id, Task.status == "open")
    instalments = select(Instalment).where(Instalment.collection_id == deal.collection_id).order_by(Instalment.no)
    return Line(
        deal=deal,
        customer=await session.get_one(Customer, deal.customer_id),
        lead=await session.get(Lead, deal.lead_id) if deal.lead_id else None,
        processes=(await session.scalars(of_line)).all(),
        tasks=(await session.scalars(open_tasks.order_by(Task.due_at, Task.id))).all(),
        contract=await subject_case(session, "contract", deal.contract_id) if deal.contract_id else None,
        order=await session.get(Order, deal.order_id) if deal.order_id else None,
        collection=await session.get(Collection, deal.collection_id) if deal.collection_id else None,
        instalments=(await session.scalars(instalments)).all() if deal.collection_id else [],
    )


async def asked_for(session: AsyncSession, actor_id: str, record_id: str) -> bool:
    """Whether this person has just asked for what will have this id, so that its first row is on its way."""
    asked = select(Idempotency.key).where(
        Idempotency.actor == actor_id,
        Idempotency.chosen_id == record_id,
        Idempotency.created_at > func.now() - JUST_ASKED,
    )
    return await session.scalar(asked) is not None
