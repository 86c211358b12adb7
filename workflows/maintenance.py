"""The equipment of all customers, maintained in time: one timer stands at the earliest that is due, whatever the number
of machines; a change of the register only moves it."""

from datetime import datetime, timedelta

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.equipment import EquipmentActivities, MaintenanceAsked, MaintenanceDue

MAINTENANCE = "maintenance"
"""The one workflow's id."""
LOOKED = timedelta(days=1)
"""It looks again by itself: a row changed past our commands is seen within a day."""


class MaintenanceStart(BaseModel):
    """What is due stands in the register."""


class RegisterChanged(BaseModel):
    equipment_id: str


@workflow.defn(name="MaintenanceWorkflow")
class MaintenanceWorkflow:
    def __init__(self) -> None:
        self.changed = False

    @workflow.run
    async def run(self, start: MaintenanceStart) -> None:
        while not workflow.info().is_continue_as_new_suggested():
            self.changed = False
            asked = await self._ask()
            if not asked.tickets:  # more may be due at once
                await self._until(asked.next_at)
        workflow.continue_as_new(start)

    @workflow.signal
    def register_changed(self, news: RegisterChanged) -> None:
        self.changed = True

    async def _ask(self) -> MaintenanceAsked:
        return await workflow.execute_activity_method(
            EquipmentActivities.ask_for_maintenance,
            MaintenanceDue(at=workflow.now()),
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30)),
            summary="ask for the maintenance that is due",
        )

    async def _until(self, next_at: datetime | None) -> None:
        left = min(next_at - workflow.now(), LOOKED) if next_at else LOOKED
        workflow.set_current_details(f"next maintenance: {next_at.isoformat() if next_at else 'none planned'}")
        if left > timedelta(0):
            try:
                await workflow.wait_condition(lambda: self.changed, timeout=left, timeout_summary="next maintenance")
            except TimeoutError:
                return
