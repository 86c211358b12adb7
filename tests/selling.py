"""Deals brought to where a story begins, by the real commands on the real servers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from itertools import pairwise
from typing import TypeVar
from uuid import uuid4

from sqlalchemy import select

from api.services import Services
from commands.deal import NewDeal
from db.actor import actor_of
from db.base import new_id
from db.contract import Contract
from db.customer import Assignment, Contact, Customer
from db.deal import Deal
from db.process import Task
from db.quote import Invoice
from domain.access import Actor

T = TypeVar("T")

YUAN = 100
STAGES = ("contact", "needs", "proposal", "negotiation")


class Selling:
    def __init__(self, services: Services, people: dict[str, str]) -> None:
        self.services = services
        self.people = people

    async def actor(self, name: str) -> Actor:
        async with self.services.db.session() as session:
            return await actor_of(session, self.people[name])

    async def customer(self, name: str = "蓝港食品", *, owner: str = "li.wei", region: str = "east") -> str:
        customer_id = new_id()
        async with self.services.db.session() as session:
            session.add(Customer(id=customer_id, name=name))
            await session.flush()
            session.add(Contact(customer_id=customer_id, name="周明", phone="+8613800138000"))
            session.add(Assignment(customer_id=customer_id, region_id=self.people[region], owner_id=self.people[owner]))
        return customer_id

    async def deal(
        self, title: str, *, amount: int = 480_000 * YUAN, stage: str = "contact", owner: str = "li.wei",
        region: str = "east", customer_id: str | None = None, close_on: date | None = date(2026, 12, 18),
        next_step: str | None = None,
    ) -> str:  # fmt: skip
        """The id of a deal that its owner has moved to this stage."""
        customer_id = customer_id or await self.customer(owner=owner, region=region)
        new = NewDeal(customer_id=customer_id, title=title, amount=amount, close_on=close_on, next_step=next_step)
        deal_id, _ = await self.services.deals.open(await self.actor(owner), uuid4().hex, new)
        await self.row(Deal, deal_id)
        for was, now in pairwise(STAGES[: STAGES.index(stage) + 1]):
            await self.move(deal_id, was, now, by=owner)
        return deal_id

    async def move(self, deal_id: str, was: str, now: str, *, by: str = "li.wei") -> None:
        await self.services.deals.move(
            await self.actor(by),
            uuid4().hex,
            deal_id,
            from_stage=was,
            to_stage=now,
            reason="fit" if now == "won" else None,
        )

    async def contract(self, deal_id: str) -> Contract:
        """The contract that negotiation opened."""

        async def opened() -> Contract | None:
            async with self.services.db.session() as session:
                return await session.scalar(select(Contract).where(Contract.deal_id == deal_id))

        return await self.until(opened)

    async def submitted(self, deal_id: str, *, owner: str = "li.wei") -> Contract:
        contract = await self.contract(deal_id)
        await self.services.contracts.submit(
            await self.actor(owner), uuid4().hex, contract.id, version=contract.version, amount=contract.amount
        )
        return contract

    async def decide(self, deal_id: str, by: str, outcome: str = "approve", comment: str | None = None) -> None:
        """The open approval task of the deal's line."""

        async def asked() -> Task | None:
            async with self.services.db.session() as session:
                deal = await session.get_one(Deal, deal_id)
                mine = select(Task).where(Task.line_id == deal.line_id, Task.kind == "approve", Task.status == "open")
                return await session.scalar(mine)

        task = await self.until(asked)
        await self.services.tasks.decide(
            await self.actor(by), uuid4().hex, task.id, outcome=outcome, version=task.version, comment=comment
        )

    async def asked_of(self, contract: Contract, kind: str) -> Task:
        """The contract's open task of this kind."""

        async def found() -> Task | None:
            async with self.services.db.session() as session:
                where = (Task.line_id == contract.line_id, Task.kind == kind, Task.status == "open")
                return await session.scalar(select(Task).where(*where))

        return await self.until(found)

    async def invoice(self, deal_id: str) -> Invoice:
        """The invoice draft that the proposal began, which waits for finance."""

        async def begun() -> Invoice | None:
            async with self.services.db.session() as session:
                asked = select(Task.record_id).where(Task.kind == "prepare_invoice", Task.status == "open")
                return await session.scalar(select(Invoice).where(Invoice.deal_id == deal_id, Invoice.id.in_(asked)))

        return await self.until(begun)

    async def prepared(self, invoice: Invoice, *, by: str = "he.jie") -> Invoice:
        async with self.services.db.session() as session:
            task_id = await session.scalar(select(Task.id).where(Task.record_id == invoice.id))
        await self.services.invoices.prepare(
            await self.actor(by), uuid4().hex, invoice.id, task_id or "", invoice_title="蓝港食品有限公司", number=None
        )
        return await self.row(Invoice, invoice.id, status="prepared")

    async def row(self, table: type[T], record_id: str, within: float = 20, **fits: object) -> T:
        """The row, once it is there and has these values, `within` so many seconds."""

        async def found() -> T | None:
            async with self.services.db.session() as session:
                row = await session.get(table, record_id)
            return row if row and all(getattr(row, name) == value for name, value in fits.items()) else None

        return await self.until(found, within)

    async def until(self, look: Callable[[], Awaitable[T | None]], within: float = 20) -> T:
        """Waits for the thing itself; processes need a moment."""
        async with asyncio.timeout(within):
            while (found := await look()) is None:
                await asyncio.sleep(0.02)
        return found
