"""A salesperson's book of customers: reckons what has no date yet, warns, gives back what is due; in batches."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.alive import alive
from activities.process import ProcessActivities
from db.base import new_id
from db.book import begin_look, fallen_due, next_look, remind_of, warn_of
from db.engine import Database
from db.live import announce
from db.notification import tell
from db.ownership import AssignmentChange, move
from db.person import Person
from db.pool_policy import Rules, region_codes, rules_in_force
from db.pool_product import product_lines
from db.reckon import reckon, to_reckon
from domain.access import Role, person_key, role_key
from domain.customer_pool import Back
from domain.process import Notice

BATCH = 2_000
"""Customers of one transaction: those that are given back wait for it."""
AT_ONCE = 4
"""Batches under way in a worker: many books fall due together, and the pages want PostgreSQL as well."""
LONGEST = "20s"


class Look(BaseModel):
    """The book of a person, as of an instant: nothing that is due later is touched."""

    owner_id: str
    at: datetime


class Looked(BaseModel):
    """What was done, and when the earliest of what is left is due or to be warned of; None: nothing will be."""

    warned: int = 0
    recycled: int = 0
    next_at: datetime | None = None


class BookActivities(ProcessActivities):
    def __init__(self, db: Database, zone: str) -> None:
        super().__init__(db, zone)
        self.few = asyncio.Semaphore(AT_ONCE)

    @activity.defn
    async def look(self, look: Look) -> Looked:
        """Each batch is a transaction, so that another try goes on where the last one ended."""
        async with alive():
            return await self._look(look)

    async def _look(self, look: Look) -> Looked:
        looked = Looked()
        async with self.session() as session:
            await begin_look(session, look.owner_id, look.at)
            rules = await rules_in_force(session)
            person = await session.get(Person, look.owner_id)
            left = person is not None and not person.active
        while not left and await self._reckon(look, rules):
            pass
        while batch := await self._recycle(look, rules, left):
            looked.recycled += batch
        if not left:
            await self._say_recycled(look)
        while batch := await self._warn(look, rules):
            looked.warned += batch
        async with self.session() as session:
            planned = await remind_of(session, look.owner_id, look.at)
            if planned and not left:
                owner = person_key(look.owner_id)
                await self._tell(session, look, "book.planned", owner, planned, link="/follow-ups")
        async with self.session() as session:
            looked.next_at = await next_look(session, look.owner_id)
        return looked

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        async with self.few, self.db.session("book") as session:
            await session.execute(text("select set_config('statement_timeout', :most, true)"), {"most": LONGEST})
            yield session

    async def _reckon(self, look: Look, rules: Rules) -> int:
        async with self.session() as session:
            places = await to_reckon(session, look.owner_id, rules.stamp, BATCH)
            if places:
                await reckon(session, places, rules)
        return len(places)

    async def _recycle(self, look: Look, rules: Rules, left: bool) -> int:
        async with self.session() as session:
            fallen = await fallen_due(
                session, look.owner_id, at=look.at, stamp=rules.stamp, left=left, limit=BATCH
            )  # fmt: skip
            if not fallen:
                return 0
            codes = await region_codes(session)
            lines = await product_lines(session, rules.policy, [one.customer_id for one in fallen])
            ways: dict[tuple[Back, str], list[tuple[str, str]]] = defaultdict(list)
            for one in fallen:
                pool = rules.policy.back_to(one.pool, codes.get(one.region_id, ""), lines.get(one.customer_id))
                ways[one.why, pool].append((one.customer_id, one.region_id))
            for (why, pool), places in ways.items():
                await move(session, places, to=None, how="recycled", at=look.at, reason=why, pool=pool)
            for region in {one.region_id for one in fallen}:
                await announce(session, "pool", region, 0, region=region, owner=look.owner_id)
        return len(fallen)

    async def _warn(self, look: Look, rules: Rules) -> int:
        """One list for the owner, and a copy for who heads each region."""
        until = look.at + rules.policy.together
        async with self.session() as session:
            warned = await warn_of(
                session, look.owner_id, at=look.at, until=until, stamp=rules.stamp, limit=BATCH * 5
            )  # fmt: skip
            if not warned:
                return 0
            all_of_them = sum(one.customers for one in warned)
            first = min(one.first for one in warned)
            await self._tell(session, look, "book.warned", person_key(look.owner_id), all_of_them, first)
            for one in warned:
                heads = role_key(Role.REGIONAL_MANAGER, one.region_id)
                await self._tell(session, look, "book.warned_copy", heads, one.customers, one.first)
        return all_of_them

    async def _say_recycled(self, look: Look) -> None:
        """Once, of all that went back in this look, also where its worker was killed midway."""
        async with self.session() as session:
            gone = select(func.count()).where(
                AssignmentChange.from_id == look.owner_id, AssignmentChange.at == look.at,
                AssignmentChange.how == "recycled",
            )  # fmt: skip
            if count := (await session.scalars(gone)).one():
                once = str(uuid5(NAMESPACE_URL, f"book/{look.owner_id}/{look.at.isoformat()}"))
                await self._tell(session, look, "book.recycled", person_key(look.owner_id), count, once=once)

    async def _tell(
        self, session: AsyncSession, look: Look, kind: str, holder: str, count: int, first: datetime | None = None,
        once: str = "", link: str = "",
    ) -> None:  # fmt: skip
        params: dict[str, Any] = {"count": count, "person": look.owner_id}
        if first is not None:
            params["on"] = first.astimezone(self.zone).date().isoformat()
        notice = Notice(id=once or new_id(), kind=kind, holders=[holder], params=params, revision=0)
        await tell(session, notice, kind="book", record_id=look.owner_id, link=link)
