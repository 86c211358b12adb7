"""Customers of a region's pool given to its people: begun by hand or weekly by the clock, a part at a time, and undone
the same way. How far it is stands in its row, so that it goes on where it was stopped."""

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.allocation import AllocationActivities, AllocationPart, Planned, WeeklyTurn

_KEEP_ON = RetryPolicy(maximum_interval=timedelta(seconds=30))
_PART, _PLAN = timedelta(minutes=2), timedelta(minutes=10)
PLAN = workflow.ActivityConfig(
    start_to_close_timeout=_PLAN, retry_policy=_KEEP_ON, summary="plan who gets which customers"
)
GIVE = workflow.ActivityConfig(start_to_close_timeout=_PART, retry_policy=_KEEP_ON, summary="give the next customers")
BACK = workflow.ActivityConfig(
    start_to_close_timeout=_PART, retry_policy=_KEEP_ON, summary="take the next customers back"
)
TELL = workflow.ActivityConfig(start_to_close_timeout=_PART, retry_policy=_KEEP_ON, summary="tell who got customers")


class AllocationStart(BaseModel):
    """An allocation that a person set going, or (by the clock) the region whose turn it is."""

    allocation_id: str | None = None
    region_id: str | None = None
    act: Literal["give", "take_back"] = "give"


@workflow.defn(name="AllocationWorkflow")
class AllocationWorkflow:
    @workflow.run
    async def run(self, start: AllocationStart) -> str:
        """over, or skipped where the clock found nothing to do."""
        allocation_id = start.allocation_id
        if allocation_id is None:
            allocation_id = (await self._plan(start.region_id or "")).allocation_id
        if allocation_id is None:
            return "skipped"
        part = AllocationPart(allocation_id=allocation_id)
        giving = start.act == "give"
        while True:
            step = (
                await workflow.execute_activity_method(AllocationActivities.give_customers, part, **GIVE)
                if giving
                else await workflow.execute_activity_method(AllocationActivities.take_customers_back, part, **BACK)
            )
            workflow.set_current_details(f"{step.done} of {step.planned}")
            if step.over:
                break
        if giving:
            await workflow.execute_activity_method(AllocationActivities.tell_of_allocation, part, **TELL)
        return "over"

    async def _plan(self, region_id: str) -> Planned:
        turn = WeeklyTurn(region_id=region_id)
        return await workflow.execute_activity_method(AllocationActivities.plan_weekly_allocation, turn, **PLAN)
