"""An import of customers: carried out, paused and resumed, cancelled, or undone as a whole."""

from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.customer_import import CustomerImportActivities, Work, Worked
    from domain.access import person_key
    from domain.customer_import import RUNNING, ImportState
    from domain.process import Command, Waiting
    from domain.refusal import Refused
    from workflows.process import Process, command

IMPORTS = "-imports"
"""Ends the name of the queue on which imports are carried out: each takes a processor for minutes."""
LONGEST = timedelta(hours=24)
SILENCE = timedelta(seconds=20)
"""After so long without a sign of life another worker goes on."""
KEEP_ON = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=10))


def import_workflow_id(import_id: str) -> str:
    return f"import/{import_id}"


class ImportStart(BaseModel):
    """`stage`: checking, or undoing for what was imported before."""

    import_id: str
    by_id: str
    region_id: str | None = None
    stage: str = "checking"
    state: ImportState | None = None

    @property
    def line_id(self) -> str:
        return self.import_id

    @property
    def owner_id(self) -> str:
        return self.by_id

    @property
    def amount(self) -> int | None:
        return None


@workflow.defn(name="ImportWorkflow")
class ImportWorkflow(Process[ImportState]):
    projection = CustomerImportActivities.project_customer_import

    @workflow.init
    def __init__(self, start: ImportStart) -> None:
        self.begin(
            start.state
            or ImportState(
                record_id=start.import_id, line_id=start.import_id, owner_id=start.by_id, by_id=start.by_id,
                region_id=start.region_id, stage=start.stage,
            )
        )  # fmt: skip
        self.start = start
        if start.state is None:
            if start.stage == "undoing":
                self.change("import.undo_begun", actor=start.by_id)
            else:
                self.change("import.begun", actor=start.by_id)

    def renewed(self) -> ImportStart:
        return self.start.model_copy(update={"state": self.state})

    @workflow.run
    async def run(self, start: ImportStart) -> str:
        """done, cancelled, failed or undone."""
        await self.live(self._carry())
        return self.state.outcome or ""

    async def _carry(self) -> None:
        state = self.state
        undoing = state.stage == "undoing"
        worked = None
        while state.stage in RUNNING and (worked is None or worked.outcome == "stopped"):
            await self.wait(lambda: not state.paused or state.stage not in RUNNING)
            if state.stage in RUNNING:
                worked = await self._work(undoing)
        if state.stage in RUNNING:
            failed = worked is not None and worked.outcome == "failed"
            state.stage = "failed" if failed else "undone" if undoing else "done"
        if state.stage in ("cancelled", "failed"):
            worked = await self._settle()
        self._tell(worked)
        self.close(state.stage)
        self.change("import.closed", outcome=state.stage)

    async def _work(self, undoing: bool) -> Worked:
        if undoing:
            return await self._on_its_queue(CustomerImportActivities.undo_customer_import, "take the import back")
        return await self._on_its_queue(CustomerImportActivities.carry_customer_import, "read, match and merge")

    async def _settle(self) -> Worked:
        return await self._on_its_queue(CustomerImportActivities.settle_customer_import, "leave nothing half done")

    async def _on_its_queue(self, act: Any, summary: str) -> Worked:
        worked: Worked = await workflow.execute_activity_method(
            act,
            Work(import_id=self.state.record_id),
            task_queue=workflow.info().task_queue + IMPORTS,
            summary=summary,
            start_to_close_timeout=LONGEST,
            heartbeat_timeout=SILENCE,
            retry_policy=KEEP_ON,
        )
        return worked

    def _tell(self, worked: Worked | None) -> None:
        state = self.state
        counts = worked.model_dump(exclude={"outcome"}) if worked else {}
        holders = [person_key(state.by_id)]
        match state.stage:
            case "done":
                self.change("import.done", **counts)
                self.notify("import.done", holders, **counts)
            case "cancelled":
                self.change("import.cancelled", **counts)
                self.notify("import.cancelled", holders, **counts)
            case "undone":
                self.change("import.undone", **counts)
                self.notify("import.undone", holders, **counts)
            case _:
                self.change("import.failed")
                self.notify("import.failed", holders)

    # --- messages -------------------------------------------------------------------------------------------------
    # Whose import it is, the command has looked at.

    def _may_stop(self, asked: Command) -> None:
        if self.state.stage not in RUNNING:
            raise Refused("import_ended", 409)

    def _may_resume(self, asked: Command) -> None:
        self._may_stop(asked)
        if not self.state.paused:
            raise Refused("import_runs", 409)

    def _may_cancel(self, asked: Command) -> None:
        self._may_stop(asked)
        if self.state.stage == "undoing":
            raise Refused("import_undoing", 409)

    @command(_may_stop)
    def pause(self, asked: Command) -> None:
        if not self.state.paused:
            self.state.paused = True
            self.change("import.paused", actor=asked.actor.id)

    @command(_may_resume)
    def resume(self, asked: Command) -> None:
        self.state.paused = False
        self.change("import.resumed", actor=asked.actor.id)

    @command(_may_cancel)
    def cancel(self, asked: Command) -> None:
        """What was merged stays, and can be undone."""
        self.state.stage, self.state.paused = "cancelled", False
        self.change("import.cancelled_by", actor=asked.actor.id)

    def waiting(self) -> list[Waiting]:
        reason = "import.paused" if self.state.paused else f"import.{self.state.stage}"
        return [Waiting(reason=reason, since=self.state.changed_at)] if self.state.stage in RUNNING else []
