"""Maintenance of customers' equipment: what is due is asked for, once, and the next is planned."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from temporalio import activity

from activities.process import ProcessActivities
from db.equipment import due_for_maintenance, next_maintenance
from db.outbox import enqueue
from domain.equipment import next_due

AT_ONCE = 200


class MaintenanceDue(BaseModel):
    at: datetime


class MaintenanceAsked(BaseModel):
    """`next_at` is when the earliest of all that are left is due; None: none is planned."""

    tickets: int
    next_at: datetime | None = None


class EquipmentActivities(ProcessActivities):
    @activity.defn
    async def ask_for_maintenance(self, due: MaintenanceDue) -> MaintenanceAsked:
        """The same transaction that plans the next leaves what opens the ticket, under the key of this one: however
        often it is tried, each maintenance is one ticket."""
        async with self.db.session("maintenance") as session:
            rows = await due_for_maintenance(session, due.at, AT_ONCE)
            for row in rows:
                fell_due = row.next_at
                assert fell_due is not None  # noqa: S101 - asked for
                asked = {"equipment": row.id, "due": fell_due.isoformat()}
                await enqueue(session, f"maintenance/{row.id}/{fell_due.isoformat()}", "maintenance", asked)
                row.next_at = next_due(fell_due, row.every, due.at)
            await session.flush()
            return MaintenanceAsked(tickets=len(rows), next_at=await next_maintenance(session))
