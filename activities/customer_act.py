"""One act on all customers that fit a filter, a batch after the other."""

from __future__ import annotations

from typing import Protocol

from pydantic import BaseModel
from temporalio import activity

from activities.process import ProcessActivities
from db.engine import Database

STINT = 50
"""Batches of one activity: the history of an act on a million customers stays short."""


class ActFile(BaseModel):
    act_id: str


class CarriedOn(BaseModel):
    """`done`: customers until now; `over`: nothing is left to do."""

    done: int
    over: bool


class Acting(Protocol):
    """Carries out the next batch; done once more after a crash, the same one."""

    async def carry_on(self, act_id: str) -> CarriedOn: ...


class CustomerActActivities(ProcessActivities):
    def __init__(self, db: Database, zone: str, acting: Acting) -> None:
        super().__init__(db, zone)
        self.acting = acting

    @activity.defn
    async def act_on_customers(self, file: ActFile) -> CarriedOn:
        """What is worked off stands in the act's row, batch by batch."""
        for _ in range(STINT):
            carried = await self.acting.carry_on(file.act_id)
            activity.heartbeat(carried.done)
            if carried.over:
                break
        return carried
