"""A request to keep a customer longer than its tier allows: asked of the manager, granted to the second or refused.

The customer's clock does not stand still meanwhile: nobody keeps one by asking. Undecided it lapses when that is up.
"""

from datetime import datetime, timedelta

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.extension import ExtensionActivities, ExtensionState, Grant
    from domain.access import Role, person_key, role_key
    from domain.refusal import invalid
    from domain.task import Pace, ladder_of
    from workflows.human_task import TaskCommand, TaskProcess
    from workflows.process import command


def extension_workflow_id(extension_id: str) -> str:
    return f"extension/{extension_id}"


class ExtensionStart(BaseModel):
    extension_id: str
    customer_id: str
    region_id: str
    owner_id: str
    until: datetime
    due_at: datetime
    why: str = ""
    state: ExtensionState | None = None

    @property
    def line_id(self) -> str:
        return self.extension_id

    @property
    def amount(self) -> int | None:
        return None


class DecideExtension(TaskCommand):
    """`until` is what is granted; none: as it was asked for."""

    grant: bool
    until: datetime | None = None
    comment: str | None = None


@workflow.defn(name="ExtensionWorkflow")
class ExtensionWorkflow(TaskProcess[ExtensionState]):
    projection = ExtensionActivities.project_extension

    @workflow.init
    def __init__(self, start: ExtensionStart) -> None:
        self.begin(
            start.state
            or ExtensionState(
                record_id=start.extension_id, line_id=start.extension_id,
                **start.model_dump(exclude={"extension_id", "state"}),
            )
        )  # fmt: skip
        self.start = start
        if start.state is None:
            state = self.state
            self.change("extension.asked", actor=start.owner_id, until=state.until.isoformat())
            left = max(state.due_at - workflow.now(), timedelta(seconds=1))
            self.open_task(
                "extend_customer", [role_key(Role.REGIONAL_MANAGER, state.region_id)],
                Pace(allowed=left, remind=left / 2), from_id=state.owner_id,
                ladder=ladder_of(Role.REGIONAL_MANAGER, state.region_id), params={"until": state.until.isoformat()},
            )  # fmt: skip

    def renewed(self) -> ExtensionStart:
        return self.start.model_copy(update={"state": self.state})

    @workflow.run
    async def run(self, start: ExtensionStart) -> str:
        await self.live(self._decided())
        return self.state.outcome or ""

    async def _decided(self) -> None:
        state = self.state
        await self.wait(lambda: state.stage != "open", until=state.due_at, summary="goes back without a decision")
        if state.stage == "granted":
            owner = state.owner_id or ""
            grant = Grant(
                customer_id=state.customer_id or "", region_id=state.region_id or "", owner_id=owner, until=state.until
            )
            granted = await self.perform(ExtensionActivities.grant_extension, grant, "keep it longer")
            if not granted.kept:
                state.stage = "lapsed"
        elif state.stage == "open":
            state.stage = "lapsed"
            self.cancel_tasks()
        self.close(state.stage)
        self.change(f"extension.{state.stage}", until=state.until.isoformat())
        on = state.until.date().isoformat()
        self.notify(f"extension.{state.stage}", [person_key(state.owner_id or "")], on=on)

    def _may_decide(self, asked: DecideExtension) -> None:
        self.decidable(asked)
        if asked.grant and asked.until is not None and asked.until <= workflow.now():
            raise invalid("date_not_ahead", "until")

    @command(_may_decide)
    def decide(self, asked: DecideExtension) -> None:
        state = self.state
        task = state.task(asked.task_id)
        assert task is not None  # noqa: S101 - the validator saw it in the same turn
        state.stage = "granted" if asked.grant else "refused"
        state.until = asked.until or state.until
        self.close_task(task, asked.actor.id, state.stage, asked.comment, behalf_of=task.on_behalf(asked.actor))
