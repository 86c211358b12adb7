"""Submits contracts for approval without the deal's whole way before it, for stories about approving."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from sqlalchemy import Select, select

from api.services import Services
from commands.temporal import update_id
from db.actor import actor_of
from db.base import new_id
from db.contract import Approval
from db.customer import Assignment, Customer
from db.deal import Deal
from db.process import Task
from domain.process import Command
from workflows.contract import ContractStart, ContractWorkflow, contract_workflow_id

YUAN = 100


async def draft_contract(
    services: Services,
    people: dict[str, str],
    *,
    title: str = "三年平台许可",
    customer: str = "恒远物流",
    yuan: int = 180_000,
    owner: str = "li.wei",
    region: str = "east",
) -> str:
    """A contract that waits for its first version, and a deal's row behind it. Its id."""
    contract_id, deal_id, customer_id, now = new_id(), new_id(), new_id(), datetime.now(UTC)
    shared = {
        "customer_id": customer_id, "line_id": deal_id, "region_id": people[region], "owner_id": people[owner],
        "title": title, "amount": yuan * YUAN, "currency": services.settings.currency,
    }  # fmt: skip
    async with services.db.session() as session:
        session.add(Customer(id=customer_id, name=customer))
        await session.flush()
        session.add(Assignment(customer_id=customer_id, region_id=people[region], owner_id=people[owner]))
        session.add(
            Deal(
                id=deal_id, number=f"D-{deal_id[-6:]}", stage="negotiation", opened_at=now, stage_since=now,
                active_at=now, version=1, revision=1, contract_id=contract_id, **shared,
            )
        )  # fmt: skip
        actor = await actor_of(session, people[owner])
    start = ContractStart(contract_id=contract_id, deal_id=deal_id, **shared)
    opened = Command(actor=actor, key=update_id(actor, contract_id))
    workflow_id = contract_workflow_id(contract_id)
    await services.leads.desk.processes.open(ContractWorkflow.run, start, workflow_id, ContractWorkflow.opened, opened)
    await first_row(services, select(Task.id).where(Task.workflow_id == workflow_id))
    return contract_id


async def submit_version(
    services: Services, contract_id: str, *, owner_id: str, yuan: int, version: int = 1, note: str | None = None
) -> str:
    """The id of the first approver's task, once it is there."""
    async with services.db.session() as session:
        actor = await actor_of(session, owner_id)
    await services.contracts.submit(actor, new_id(), contract_id, version=version, amount=yuan * YUAN, note=note)
    return await approval_task(services, contract_id)


async def submitted(
    services: Services,
    people: dict[str, str],
    *,
    title: str = "三年平台许可",
    yuan: int = 180_000,
    owner: str = "li.wei",
    region: str = "east",
    note: str | None = None,
) -> str:
    """A contract in approval: the id of its first approver's task."""
    contract_id = await draft_contract(services, people, title=title, yuan=yuan, owner=owner, region=region)
    return await submit_version(services, contract_id, owner_id=people[owner], yuan=yuan, note=note)


async def approval_task(services: Services, contract_id: str) -> str:
    """The open task of a contract's approval, once it is there."""
    query = (
        select(Task.id)
        .join(Approval, Approval.id == Task.record_id)
        .where(Approval.subject_id == contract_id, Task.status == "open")
    )
    return await first_row(services, query)


async def first_row(services: Services, query: Select[str]) -> str:
    """What the query finds, once it finds something: rows follow a process by milliseconds, or more when it is slow."""
    async with asyncio.timeout(30):
        while True:
            async with services.db.session() as session:
                if (found := await session.scalar(query)) is not None:
                    return found
