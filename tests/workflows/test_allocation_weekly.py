"""A region's pool is allocated every week by itself: as the policy in force says, once, to who can take customers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from temporalio.client import ScheduleDescription, ScheduleHandle
from temporalio.service import RPCError

from commands.policy import Policies
from db.absence import Absence
from db.allocation import Allocation
from db.base import new_id
from db.policy import current_policy
from domain.access import person_key
from domain.customer_pool import DEFAULT
from tests.allocating import Pool
from worker.allocation_schedule import PAUSED, PREFIX

T = TypeVar("T")
WEEKLY = {"region": "east", "days": ["mon", "thu"], "at": "09:30", "each": 2}


class Weekly(Pool):
    """The east's pool, its schedule, and the policies that it goes by."""

    @property
    def schedule(self) -> ScheduleHandle:
        return self.services.temporal.get_schedule_handle(PREFIX + self.people["east"])

    async def publish(self, kind: str, document: dict[str, Any]) -> None:
        async with self.services.db.session() as session:
            version, _ = await current_policy(session, kind)
        admin = await self.actor("gu.ming")
        await Policies(self.services.db).publish(admin, uuid4().hex, kind, document, follows=version)

    async def allocated_by(self, *weekly: dict[str, Any]) -> None:
        await self.publish("allocation", {"engine": 1, "weekly": list(weekly)})

    async def described(self, fits: Callable[[ScheduleDescription], bool]) -> ScheduleDescription:
        async def look() -> ScheduleDescription | None:
            try:
                found = await self.schedule.describe()
            except RPCError:
                return None
            return found if fits(found) else None

        return await self.until(look)

    async def until(self, look: Callable[[], Awaitable[T | None]]) -> T:
        for _ in range(400):
            if (found := await look()) is not None:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError("waited in vain")

    async def runs(self) -> list[Allocation]:
        async with self.services.db.session() as session:
            query = select(Allocation).where(
                Allocation.region_id == self.people["east"], Allocation.origin.is_not(None)
            )
            return list(await session.scalars(query.order_by(Allocation.id)))

    async def away(self, name: str) -> None:
        now = datetime.now(UTC)
        async with self.services.db.session() as session:
            session.add(
                Absence(
                    id=new_id(), person_id=self.people[name], substitute=person_key(self.people["zhao.min"]), kinds=[],
                    starts_at=now - timedelta(hours=1), ends_at=now + timedelta(days=1), stage="away",
                    created_by=self.people[name], opened_at=now, revision=1,
                )
            )  # fmt: skip


@pytest.fixture
def weekly(app: FastAPI, people: dict[str, str], worker: None) -> Weekly:
    return Weekly(app.state.services, people)


async def test_its_schedule_is_made_changed_paused_and_ended_with_the_policy(weekly: Weekly) -> None:
    await weekly.allocated_by(WEEKLY)
    made = (await weekly.described(lambda one: not one.schedule.state.paused)).schedule
    [spec] = made.spec.calendars
    assert ([day.start for day in spec.day_of_week], spec.hour[0].start, spec.minute[0].start) == ([1, 4], 9, 30)
    assert (made.spec.time_zone_name, made.state.paused) == (weekly.services.settings.zone, False)
    await weekly.allocated_by({**WEEKLY, "at": "18:05", "paused": True})
    changed = await weekly.described(lambda one: one.schedule.state.paused)
    assert (changed.schedule.spec.calendars[0].hour[0].start, changed.schedule.state.note) == (18, PAUSED)
    await weekly.allocated_by(WEEKLY)
    again = await weekly.described(lambda one: not one.schedule.state.paused)
    assert (again.schedule.spec.calendars[0].hour[0].start, again.info.num_actions) == (9, 0)
    await weekly.schedule.pause(note="ops: the pool is being cleaned")
    await weekly.allocated_by({**WEEKLY, "at": "07:00"})
    by_hand = await weekly.described(lambda one: one.schedule.spec.calendars[0].hour[0].start == 7)
    assert by_hand.schedule.state.paused
    await weekly.allocated_by()

    async def gone() -> bool | None:
        try:
            await weekly.schedule.describe()
        except RPCError:
            return True
        return None

    await weekly.until(gone)


async def test_it_fires_once_and_leaves_out_the_absent_and_the_full(weekly: Weekly) -> None:
    customers = await weekly.fill(20)
    full, away = weekly.people["wang.fang"], weekly.people["li.wei"]
    await weekly.publish("pool", {**DEFAULT, "people": {full: {"daily": None, "total": 0}}})
    await weekly.away("li.wei")
    await weekly.allocated_by(WEEKLY)
    await weekly.described(lambda one: not one.schedule.state.paused)
    known = len(await weekly.runs())
    await weekly.schedule.trigger()

    async def ended() -> Allocation | None:
        return next((one for one in await weekly.runs() if one.status == "done"), None)

    run = await weekly.until(ended)
    shares = await weekly.shares(run.id)
    assert (shares[away].why, shares[full].why) == ("away", "full")
    able = {person for person, share in shares.items() if share.why is None}
    owners = Counter((await weekly.owners(customers)).values())
    assert owners.pop(None) == 20 - 2 * len(able)
    assert owners == dict.fromkeys(able, 2)
    assert (run.asked_by, run.given, len(await weekly.runs())) == (None, 2 * len(able), known + 1)


async def test_its_turn_is_left_out_while_another_one_is_under_way(weekly: Weekly) -> None:
    await weekly.fill(10)
    await weekly.allocated_by(WEEKLY)
    await weekly.described(lambda one: True)
    known = {one.id for one in await weekly.runs()}
    busy = await weekly.preview()
    async with weekly.services.db.session() as session:
        (await session.get_one(Allocation, busy)).status = "running"
    await weekly.schedule.trigger()

    async def new() -> Allocation | None:
        return next((one for one in await weekly.runs() if one.id not in known), None)

    assert (await weekly.until(new)).status == "skipped"
