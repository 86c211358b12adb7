"""Allocations: planned by the clock, carried out and undone a part at a time, and told to those who got customers."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from pydantic import BaseModel
from temporalio import activity

from activities.process import ProcessActivities
from db.allocation import Allocation, shares_of
from db.allocation_plan import busy_in, lock_region, plan
from db.allocation_run import give_next, take_back_next
from db.notification import tell
from db.person import OrgUnit
from db.policy import current_policy
from domain.access import person_key
from domain.allocation_policy import AllocationPolicy
from domain.policy import load
from domain.process import Notice

SIZE = 5_000
"""Customers in one transaction: about half a second's work."""
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
    done: int
    planned: int
    over: bool


class AllocationActivities(ProcessActivities):
    @activity.defn
    async def plan_weekly_allocation(self, turn: WeeklyTurn) -> Planned:
        """Plans what the policy in force says and lets it run; once for a run of the workflow."""
        origin = activity.info().workflow_run_id or ""
        now = datetime.now(UTC)
        async with self.db.session("allocation") as session:
            await lock_region(session, turn.region_id)
            known = await Allocation.of_origin(session, origin)
            if known is not None:
                return Planned(allocation_id=known.id if known.status == "running" else None)
            region = await session.get(OrgUnit, turn.region_id)
            policy = load(AllocationPolicy, (await current_policy(session, AllocationPolicy.kind))[1])
            weekly = policy.of(region.code) if region else None
            if weekly is None:
                return Planned(allocation_id=None)
            if await busy_in(session, turn.region_id):
                session.add(
                    Allocation(
                        region_id=turn.region_id, origin=origin, terms=weekly.terms.model_dump(mode="json"), seed=0,
                        status="skipped", ended_at=now,
                    )
                )  # fmt: skip
                return Planned(allocation_id=None)
            made = await plan(
                session, turn.region_id, weekly.terms, secrets.randbelow(SEEDS), now, asked_by=None, origin=origin
            )
            made.status, made.started_at, made.attempt = "running", now, 1
            return Planned(allocation_id=made.id)

    @activity.defn
    async def give_customers(self, part: AllocationPart) -> Progress:
        """The next of the plan, in a transaction of their own."""
        async with self.db.session("allocation") as session:
            step = await give_next(session, part.allocation_id, SIZE, datetime.now(UTC))
        return Progress(done=step.done, planned=step.planned, over=step.over)

    @activity.defn
    async def take_customers_back(self, part: AllocationPart) -> Progress:
        async with self.db.session("allocation") as session:
            step = await take_back_next(session, part.allocation_id, SIZE, datetime.now(UTC))
        return Progress(done=step.done, planned=step.planned, over=step.over)

    @activity.defn
    async def tell_of_allocation(self, part: AllocationPart) -> None:
        """Each person who got customers hears how many, once, with one list of them."""
        async with self.db.session("allocation") as session:
            run = await session.get_one(Allocation, part.allocation_id)
            for share in await shares_of(session, run.id):
                if share.given:
                    notice = Notice(
                        id=str(uuid5(NAMESPACE_URL, f"allocation/{run.id}/{share.person_id}")),
                        kind="customers.allocated", holders=[person_key(share.person_id)],
                        params={"num": share.given}, revision=run.done,
                    )  # fmt: skip
                    await tell(session, notice, kind="allocation", record_id=run.id)
