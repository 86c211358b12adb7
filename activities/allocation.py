"""Allocations: planned, carried out and undone a part at a time, and told to those who got customers."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.alive import alive
from activities.process import ProcessActivities
from db.allocation import Allocation, AllocationRow, shares_of
from db.allocation_plan import begin_plan, busy_in, draw, drop_old_plans, know_sizes, lay_rows, lock_region, new_plan
from db.allocation_run import Step, give_next, take_back_next
from db.customer import Assignment
from db.engine import take_time
from db.live import announce
from db.notification import tell
from db.person import OrgUnit
from db.policy import current_policy
from domain.access import person_key
from domain.allocation_policy import AllocationPolicy
from domain.policy import load
from domain.process import Notice

SIZE = 10_000
"""Customers in one transaction: those that are given wait for it, and who stops it does."""
SEEDS = 2**53
"""Every seed can be read exactly in JSON."""


class WeeklyTurn(BaseModel):
    region_id: str


class Planned(BaseModel):
    """`allocation_id` null: nothing to do, for the policy no longer names the region, or another is under way."""

    allocation_id: str | None


class AllocationPart(BaseModel):
    allocation_id: str


class Progress(BaseModel):
    """`status` is what the allocation came to; gone where its asker looked at another one meanwhile."""

    status: str
    done: int
    planned: int


class AllocationActivities(ProcessActivities):
    @activity.defn
    async def begin_weekly_allocation(self, turn: WeeklyTurn) -> Planned:
        """What the policy in force says, to be planned; once for a run of the workflow."""
        origin = activity.info().workflow_run_id or ""
        async with self.db.session("allocation") as session:
            await lock_region(session, turn.region_id)
            known = await Allocation.of_origin(session, origin)
            if known is not None:
                return Planned(allocation_id=None if known.status == "skipped" else known.id)
            region = await session.get(OrgUnit, turn.region_id)
            policy = load(AllocationPolicy, (await current_policy(session, AllocationPolicy.kind))[1])
            weekly = policy.of(region.code) if region else None
            if weekly is None:
                return Planned(allocation_id=None)
            seed = secrets.randbelow(SEEDS)
            run = new_plan(turn.region_id, weekly.terms, seed, asked_by=None, origin=origin)
            session.add(run)
            if await busy_in(session, turn.region_id):
                run.status, run.ended_at = "skipped", datetime.now(UTC)
                return Planned(allocation_id=None)
        return Planned(allocation_id=run.id)

    @activity.defn
    async def plan_allocation(self, part: AllocationPart) -> Progress:
        """Draws who gets which, and lays it down in transactions of their own; another try begins anew.

        What a person asked for is then there to be looked at, what the clock asked for begins.
        """
        async with alive():
            async with self.db.session("allocation") as session:
                run = await session.get(Allocation, part.allocation_id, with_for_update=True)
                if run is None or run.status != "planning":
                    return _progress(run)
                await take_time(session, 600)
                await drop_old_plans(session, run, datetime.now(UTC))
                drawn = await draw(session, run, datetime.now(UTC))
                await begin_plan(session, run, drawn)
                await know_sizes(session, run, Assignment)
            laid, region_id, mine = 0, run.region_id, run.attempt
            while True:
                async with self.db.session("allocation") as session:
                    await lock_region(session, region_id)
                    run = await session.get(Allocation, part.allocation_id, with_for_update=True)
                    if run is None or run.status != "planning" or run.attempt != mine:
                        return _progress(run)
                    await take_time(session)
                    laid = await lay_rows(session, run, drawn.given, laid)
                    if laid >= run.planned:
                        await know_sizes(session, run, AllocationRow)
                        await _planned(session, run)
                    await announce(session, "allocation", run.id, laid, region=run.region_id)
                if run.status != "planning":
                    return _progress(run)

    @activity.defn
    async def give_customers(self, part: AllocationPart) -> Progress:
        """Each part of the plan is a transaction: another try goes on behind the last one that was committed."""
        return await self._step_by_step(part, give_next)

    @activity.defn
    async def take_customers_back(self, part: AllocationPart) -> Progress:
        return await self._step_by_step(part, take_back_next)

    async def _step_by_step(
        self, part: AllocationPart, next_step: Callable[[AsyncSession, str, int, datetime], Awaitable[Step]]
    ) -> Progress:
        async with alive():
            while True:
                async with self.db.session("allocation") as session:
                    step = await next_step(session, part.allocation_id, SIZE, datetime.now(UTC))
                    if step.over:
                        return _progress(await session.get_one(Allocation, part.allocation_id))

    @activity.defn
    async def tell_of_allocation(self, part: AllocationPart) -> None:
        """Each person who got customers hears how many, once, with one list of them."""
        async with self.db.session("allocation") as session:
            run = await session.get_one(Allocation, part.allocation_id)
            told = {share.person_id: share.given for share in await shares_of(session, run.id)}
            await _tell(session, run, "customers.allocated", told, f"allocation/{run.id}")

    @activity.defn
    async def tell_of_undone_allocation(self, part: AllocationPart) -> None:
        """Each person whose customers went back into the pool hears how many, once."""
        async with self.db.session("allocation") as session:
            run = await session.get_one(Allocation, part.allocation_id)
            told = {share.person_id: share.undone for share in await shares_of(session, run.id)}
            await _tell(session, run, "customers.taken_back", told, f"allocation/{run.id}/undone")


async def _tell(session: AsyncSession, run: Allocation, kind: str, numbers: Mapping[str, int], key: str) -> None:
    """Who has no number of customers hears nothing; `key` makes each notice the same however often it is told."""
    for person, number in numbers.items():
        if number:
            notice = Notice(
                id=str(uuid5(NAMESPACE_URL, f"{key}/{person}")), kind=kind, holders=[person_key(person)],
                params={"num": number}, revision=run.done,
            )  # fmt: skip
            await tell(session, notice, kind="allocation", record_id=run.id)


def _progress(run: Allocation | None) -> Progress:
    if run is None:
        return Progress(status="gone", done=0, planned=0)
    return Progress(status=run.status, done=run.done, planned=run.planned)


async def _planned(session: AsyncSession, run: Allocation) -> None:
    """What the clock asked for begins, unless somebody began another one meanwhile."""
    if run.origin is None:
        run.status = "previewed"
        return
    now = datetime.now(UTC)
    if await busy_in(session, run.region_id):
        run.status, run.ended_at = "skipped", now
    else:
        run.status, run.started_at = "running", now
