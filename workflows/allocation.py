"""Customers of a region's pool given to its people: planned first, then begun by hand or weekly by the clock, a part at
a time, and undone the same way. How far it is stands in its row, so that it goes on where it was stopped."""

from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.allocation import AllocationActivities, AllocationPart, Progress, WeeklyTurn

_KEEP_ON = RetryPolicy(maximum_interval=timedelta(seconds=30))
_SILENCE = timedelta(seconds=10)
"""After so long without a sign of life another worker goes on."""
_LONGEST, _SHORT = timedelta(hours=6), timedelta(minutes=2)


class AllocationStart(BaseModel):
    """An allocation that a person had planned or set going, or (by the clock) the region whose turn it is."""

    allocation_id: str | None = None
    region_id: str | None = None
    act: Literal["plan", "give", "take_back"] = "give"


@workflow.defn(name="AllocationWorkflow")
class AllocationWorkflow:
    @workflow.run
    async def run(self, start: AllocationStart) -> str:
        """What the allocation came to; skipped where the clock found nothing to do."""
        if start.allocation_id is None:
            return await self._weekly(start.region_id or "")
        part = AllocationPart(allocation_id=start.allocation_id)
        match start.act:
            case "plan":
                return await self._plan(part)
            case "give":
                return await self._give(part)
            case "take_back":
                return await self._take_back(part)

    async def _weekly(self, region_id: str) -> str:
        begun = await workflow.execute_activity_method(
            AllocationActivities.begin_weekly_allocation, WeeklyTurn(region_id=region_id),
            start_to_close_timeout=_SHORT, retry_policy=_KEEP_ON, summary="see what the policy says",
        )  # fmt: skip
        if begun.allocation_id is None:
            return "skipped"
        part = AllocationPart(allocation_id=begun.allocation_id)
        planned = await self._plan(part)
        return await self._give(part) if planned == "running" else planned

    async def _plan(self, part: AllocationPart) -> str:
        return await self._long(AllocationActivities.plan_allocation, part, "plan who gets which customers")

    async def _give(self, part: AllocationPart) -> str:
        came_to = await self._long(AllocationActivities.give_customers, part, "give the customers")
        await self._tell(AllocationActivities.tell_of_allocation, part, "tell who got customers")
        return came_to

    async def _take_back(self, part: AllocationPart) -> str:
        came_to = await self._long(AllocationActivities.take_customers_back, part, "take the customers back")
        await self._tell(AllocationActivities.tell_of_undone_allocation, part, "tell whose customers went back")
        return came_to

    async def _tell(self, act: Any, part: AllocationPart, summary: str) -> None:
        await workflow.execute_activity_method(
            act, part, start_to_close_timeout=_SHORT, retry_policy=_KEEP_ON, summary=summary
        )  # fmt: skip

    async def _long(self, act: Any, part: AllocationPart, summary: str) -> str:
        done: Progress = await workflow.execute_activity_method(
            act, part, start_to_close_timeout=_LONGEST, heartbeat_timeout=_SILENCE, retry_policy=_KEEP_ON,
            summary=summary,
        )  # fmt: skip
        workflow.set_current_details(f"{done.status}: {done.done} of {done.planned}")
        return done.status
