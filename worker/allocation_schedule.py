"""The weekly allocations, kept in Temporal as schedules in step with the policy: one for each region it names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleCalendarSpec,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
)
from temporalio.service import RPCError, RPCStatusCode

from db.engine import Database
from db.person import OrgUnit
from db.policy import current_policy
from domain.allocation_policy import DAYS, AllocationPolicy, Weekly
from domain.policy import load
from settings import Settings
from worker.schedule import keep
from workflows.allocation import AllocationStart, AllocationWorkflow

PREFIX = "weekly-allocation/"
SUNDAY_FIRST = {day: (no + 1) % 7 for no, day in enumerate(DAYS)}
CATCH_UP = timedelta(hours=8)
"""A server that was away at its hour allocates when it is back, on the same day."""
PAUSED, AGAIN = "paused in the policy", "no longer paused in the policy"


class AllocationSchedules:
    def __init__(self, client: Client, db: Database, settings: Settings) -> None:
        self.client = client
        self.db = db
        self.settings = settings

    async def keep(self, _key: str = "", _payload: dict[str, Any] | None = None) -> None:
        """As the policy in force has them; of a region it no longer names there is none. As often as one likes."""
        async with self.db.session("schedule") as session:
            policy = load(AllocationPolicy, (await current_policy(session, AllocationPolicy.kind))[1])
            named = [one.region for one in policy.weekly]
            found = select(OrgUnit.code, OrgUnit.id).where(OrgUnit.kind == "region", OrgUnit.code.in_(named))
            regions = dict((await session.execute(found)).all())
        wanted = {PREFIX + regions[one.region]: one for one in policy.weekly if one.region in regions}
        for name, weekly in wanted.items():
            await keep(self.client, name, self._schedule(name.removeprefix(PREFIX), weekly))
            await self._pause(name, weekly.paused)
        async for known in await self.client.list_schedules():
            if known.id.startswith(PREFIX) and known.id not in wanted:
                await self._end(known.id)

    def _schedule(self, region_id: str, weekly: Weekly) -> Schedule:
        on = [ScheduleRange(SUNDAY_FIRST[day]) for day in weekly.days]
        clock = weekly.clock
        return Schedule(
            action=ScheduleActionStartWorkflow(
                AllocationWorkflow.run,
                AllocationStart(region_id=region_id),
                id=PREFIX + region_id,
                task_queue=self.settings.task_queue,
            ),
            spec=ScheduleSpec(
                calendars=[
                    ScheduleCalendarSpec(
                        day_of_week=on, hour=[ScheduleRange(clock.hour)], minute=[ScheduleRange(clock.minute)]
                    )
                ],
                time_zone_name=weekly.zone or self.settings.zone,
            ),
            policy=SchedulePolicy(catchup_window=CATCH_UP),
            state=ScheduleState(paused=weekly.paused, note=PAUSED if weekly.paused else None),
        )

    async def _pause(self, name: str, wanted: bool) -> None:
        """As the policy says; a pause that ops made by hand lasts until they end it."""
        handle = self.client.get_schedule_handle(name)
        state = (await handle.describe()).schedule.state
        if wanted and not state.paused:
            await handle.pause(note=PAUSED)
        elif not wanted and state.paused and state.note == PAUSED:
            await handle.unpause(note=AGAIN)

    async def _end(self, name: str) -> None:
        try:
            await self.client.get_schedule_handle(name).delete()
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
