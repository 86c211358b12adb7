"""Workflows with as many updates, activities, timers, signals and children as a line of ours, and nothing else."""

import asyncio
from datetime import timedelta

from pydantic import BaseModel
from temporalio import activity, workflow


class Counts(BaseModel):
    updates: int = 0
    local_activities: int = 0
    activities: int = 0
    timers: int = 0
    signals: int = 0


@activity.defn
async def nothing() -> None:
    """The cheapest activity there is."""


@workflow.defn
class Bare:
    def __init__(self) -> None:
        self.updated = 0
        self.signalled = 0

    @workflow.run
    async def run(self, counts: Counts) -> None:
        """Spreads its local activities over its updates, as a projector does."""
        timers = [asyncio.create_task(asyncio.sleep(3_600)) for _ in range(counts.timers)]
        for _ in range(counts.activities):
            await workflow.execute_activity(nothing, start_to_close_timeout=timedelta(seconds=20))
        for turn in range(counts.local_activities):
            due = counts.updates * (turn + 1) // counts.local_activities
            await workflow.wait_condition(lambda: self.updated >= due)  # noqa: B023 - awaited here
            await workflow.execute_local_activity(nothing, start_to_close_timeout=timedelta(seconds=2))
        await workflow.wait_condition(lambda: self.updated >= counts.updates and self.signalled >= counts.signals)
        for timer in timers:
            timer.cancel()

    @workflow.update
    def update(self) -> None:
        self.updated += 1

    @workflow.signal
    def signal(self) -> None:
        self.signalled += 1
