"""Allocations in stories: a region's pool, and plans made on the spot as the worker makes them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import insert, select, update
from temporalio.testing import ActivityEnvironment

from activities.allocation import AllocationActivities, AllocationPart
from api.services import Services
from commands.policy import publish_defaults
from db.actor import actor_of
from db.allocation import Allocation, AllocationShare, rows_of, shares_of
from db.allocation_run import give_next
from db.base import new_id
from db.customer import Assignment, Customer
from db.engine import Database
from domain.access import Actor
from domain.allocation import Terms

SIZE = 7


class Pool:
    """The pool of the region East, in which Li Wei and others sell and Zhao Min is the manager."""

    def __init__(self, services: Services, people: dict[str, str]) -> None:
        self.services = services
        self.people = people
        self.commands = services.allocations

    async def actor(self, name: str = "zhao.min") -> Actor:
        async with self.services.db.session() as session:
            return await actor_of(session, self.people[name])

    async def fill(self, count: int, region: str = "east", **values: object) -> list[str]:
        """Customers that lie in the pool; whatever lay or was owned there before is gone."""
        ids = [new_id() for _ in range(count)]
        where = self.people[region]
        await publish_defaults(self.services.db)
        async with self.services.db.session() as session:
            await session.execute(update(Allocation).where(Allocation.region_id == where).values(status="skipped"))
            await session.execute(update(Assignment).where(Assignment.region_id == where).values(region_id=new_id()))
            session.add_all([Customer(id=one, name=f"公海客户{no}", **values) for no, one in enumerate(ids)])
            await session.flush()
            rows = [{"customer_id": one, "region_id": where, "owner_id": None} for one in ids]
            await session.execute(insert(Assignment), rows)
        return ids

    async def preview(self, terms: Terms | None = None, *, by: str = "zhao.min", seed: int | None = None) -> str:
        actor = await self.actor(by)
        asked = await self.commands.preview(actor, uuid4().hex, self.people["east"], terms or Terms(), seed=seed)
        await plan_now(self.services.db, asked)
        return (await self.ended(asked, "previewed")).id

    async def start(self, allocation_id: str) -> None:
        await self.commands.run(await self.actor(), uuid4().hex, allocation_id)

    async def ended(self, allocation_id: str, *statuses: str) -> Allocation:
        for _ in range(400):
            async with self.services.db.session() as session:
                found = await session.get_one(Allocation, allocation_id)
            if found.status in (statuses or ("done",)):
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(found.status)

    async def owners(self, customers: Sequence[str]) -> dict[str, str | None]:
        async with self.services.db.session() as session:
            rows = select(Assignment.customer_id, Assignment.owner_id).where(
                Assignment.customer_id.in_(customers), Assignment.region_id == self.people["east"]
            )
            return dict((await session.execute(rows)).all())

    async def plan(self, allocation_id: str) -> dict[str, str]:
        async with self.services.db.session() as session:
            return {row.customer_id: row.person_id for row in await rows_of(session, allocation_id, limit=1000)}

    async def shares(self, allocation_id: str) -> dict[str, AllocationShare]:
        async with self.services.db.session() as session:
            return {share.person_id: share for share in await shares_of(session, allocation_id)}

    async def step(self, allocation_id: str, times: int = 1) -> None:
        for _ in range(times):
            async with self.services.db.session() as session:
                await give_next(session, allocation_id, SIZE, datetime.now(UTC))

    async def killed(self, allocation_id: str) -> None:
        """A part done, and the worker killed before it was committed."""
        with suppress(ConnectionError):
            async with self.services.db.session() as session:
                await give_next(session, allocation_id, SIZE, datetime.now(UTC))
                raise ConnectionError


async def plan_now(db: Database, allocation_id: str) -> None:
    act = AllocationActivities(db, "Asia/Shanghai")
    await ActivityEnvironment().run(act.plan_allocation, AllocationPart(allocation_id=allocation_id))
