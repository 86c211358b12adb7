"""Allocating a region's pool: planned and looked at first, then run as it was seen; stopped, gone on with, undone as
a whole."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from activities.allocation import SEEDS
from commands.desk import Desk
from commands.idempotency import claim_once
from db.allocation import Allocation, find_allocation
from db.allocation_plan import busy_in, changed_since, lock_region, new_plan, sellers_in
from db.engine import take_time
from db.live import announce
from db.outbox import enqueue
from db.person import OrgUnit
from db.pool_policy import rules_in_force
from domain.access import Action, Actor
from domain.allocation import Terms
from domain.refusal import Refused, invalid, not_found

PATIENCE = 20
"""Seconds that whoever stops one waits for the customers that are just being given."""


class AllocationCommands:
    def __init__(self, desk: Desk) -> None:
        self.db = desk.db

    async def preview(
        self, actor: Actor, key: str, region_id: str, terms: Terms, *, seed: int | None = None
    ) -> str:  # fmt: skip
        """Has planned who would get which customer; nothing changes hands. The id of the plan, which can be run once it
        is there.

        Takes the place of what the actor looked at before in this region. `seed` deals as another time with the same
        one. Raises Refused: 403; 404 for a region that is not theirs; 422 allocation_number_needed, allocation_nobody,
        allocation_person_unfit, allocation_pool_unfit.
        """
        async with self.db.session(actor.id) as session:
            region = await _region_of(session, actor, region_id)
            asked = {"region": region_id, "terms": terms.model_dump(mode="json"), "seed": seed}
            claimed = await claim_once(session, actor, key, "PreviewAllocation", "allocation", asked)
            if not claimed.fresh:
                return claimed.id
            await _check(session, region, terms)
            drawn = secrets.randbelow(SEEDS) if seed is None else seed
            run = new_plan(region_id, terms, drawn, asked_by=actor.id, allocation_id=claimed.id)
            session.add(run)
            await session.flush()
            await _start(session, run, f"allocation/{run.id}/plan", "plan")
        return claimed.id

    async def run(self, actor: Actor, key: str, allocation_id: str) -> None:
        """Carries out what was previewed, or goes on with what was stopped.

        Raises Refused: 403, 404; 409 allocation_changed with what is no longer as it was seen (`gone` customers,
        `people` who can no longer have their share), allocation_busy (`by`), allocation_over, allocation_planning,
        allocation_empty or allocation_nobody where there is nothing to give.
        """
        async with self.db.session(actor.id) as session:
            run = await self._claimed(session, actor, key, "RunAllocation", allocation_id)
            if run is None:
                return
            if run.status not in ("previewed", "stopped"):
                raise Refused("allocation_over")
            now = datetime.now(UTC)
            if not run.planned:
                raise Refused("allocation_nobody" if run.found else "allocation_empty")
            if run.status == "previewed":
                changed = await changed_since(session, run, now)
                if changed.gone or changed.people:
                    raise Refused(
                        "allocation_changed", gone=changed.gone, people=changed.people, fewer=len(changed.people)
                    )
                run.started_at, run.started_by = now, actor.id
            await self._set_going(session, run, "running", "give")

    async def stop(self, actor: Actor, key: str, allocation_id: str) -> None:
        """What changed hands has; the rest stays in the pool. Raises Refused: 403, 404; 409 allocation_over."""
        async with self.db.session(actor.id) as session:
            run = await self._claimed(session, actor, key, "StopAllocation", allocation_id)
            if run is None:
                return
            if run.status != "running":
                raise Refused("allocation_over")
            run.status, run.ended_at, run.ended_by = "stopped", datetime.now(UTC), actor.id
            await announce(session, "allocation", run.id, run.done, region=run.region_id)

    async def undo(self, actor: Actor, key: str, allocation_id: str) -> None:
        """Everything goes back into the pool but what was tended or changed hands since, which is listed.

        Raises Refused: 403, 404; 409 allocation_not_run, allocation_busy.
        """
        async with self.db.session(actor.id) as session:
            run = await self._claimed(session, actor, key, "UndoAllocation", allocation_id)
            if run is None:
                return
            if run.status not in ("done", "stopped") or not run.given:
                raise Refused("allocation_not_run")
            run.undone_by = actor.id
            await self._set_going(session, run, "undoing", "take_back")

    async def _claimed(
        self, session: AsyncSession, actor: Actor, key: str, act: str, allocation_id: str
    ) -> Allocation | None:
        """The row, held until the transaction ends; None for a repeat."""
        actor.require(Action.CUSTOMER_ASSIGN)
        seen = await find_allocation(session, actor, allocation_id)
        if seen.status == "planning":
            raise Refused("allocation_planning")
        await take_time(session, PATIENCE)
        await lock_region(session, seen.region_id)
        run = await find_allocation(session, actor, allocation_id, lock=True)
        await session.refresh(run)
        claimed = await claim_once(session, actor, key, act, f"allocation/{allocation_id}", {})
        return run if claimed.fresh else None

    async def _set_going(
        self, session: AsyncSession, run: Allocation, status: Literal["running", "undoing"],
        act: Literal["give", "take_back"],
    ) -> None:  # fmt: skip
        busy = await busy_in(session, run.region_id)
        if busy is not None:
            raise Refused("allocation_busy", by=busy.undone_by if busy.status == "undoing" else busy.started_by)
        run.status, run.attempt = status, run.attempt + 1
        await _start(session, run, f"allocation/{run.id}/{run.attempt}", act)
        await announce(session, "allocation", run.id, run.done, region=run.region_id)


async def _start(
    session: AsyncSession, run: Allocation, workflow_id: str, act: Literal["plan", "give", "take_back"]
) -> None:
    asked = {"allocation_id": run.id, "act": act}
    await enqueue(session, workflow_id, "start", {"workflow": "AllocationWorkflow", "id": workflow_id, "input": asked})


async def _region_of(session: AsyncSession, actor: Actor, region_id: str) -> OrgUnit:
    actor.require(Action.CUSTOMER_ASSIGN)
    region = await session.get(OrgUnit, region_id)
    reached = actor.reaches(Action.CUSTOMER_ASSIGN, owner=None, region=region_id)
    if region is None or region.kind != "region" or not reached:
        raise not_found("region")
    return region


async def _check(session: AsyncSession, region: OrgUnit, terms: Terms) -> None:
    """What the terms lack, or name that is not of the region."""
    if terms.mode == "each" and terms.each is None:
        raise invalid("allocation_number_needed", "each")
    if terms.mode == "quota" and not any(terms.quotas.values()):
        raise invalid("allocation_number_needed", "quotas")
    policy = (await rules_in_force(session)).policy
    if terms.pool is not None and terms.pool not in {pool.key for pool in policy.pools_of(region.code)}:
        raise invalid("allocation_pool_unfit", "pool")
    sellers = await sellers_in(session, region.id)
    if not sellers:
        raise invalid("allocation_nobody", "region")
    unfit = [one for one in (*terms.people, *terms.quotas) if one not in sellers]
    if unfit:
        raise invalid("allocation_person_unfit", "people", person=unfit[0])
