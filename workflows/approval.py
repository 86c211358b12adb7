"""One run through an approval line: each step a human task, in order, until it is approved, returned or rejected."""

from typing import Literal

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.approval import (
        ApprovalActivities,
        ApprovalState,
        ApproverRequest,
        PathStep,
        RouteRequest,
    )
    from domain.refusal import Refused, invalid
    from domain.task import HumanTask, Pace, ladder_of
    from workflows.human_task import TaskCommand, TaskProcess
    from workflows.process import command

OUTCOMES = {"approve": "approved", "return": "returned", "reject": "rejected"}


def approval_workflow_id(approval_id: str) -> str:
    return f"approval/{approval_id}"


class ApprovalStart(BaseModel):
    """`reply_to` is the workflow that hears the end by its signal `approval_ended`."""

    approval_id: str
    reply_to: str
    subject_kind: str
    subject_id: str
    subject_version: int
    line_id: str
    customer_id: str | None
    region_id: str | None
    submitted_by: str
    title: str
    amount: int
    currency: str
    state: ApprovalState | None = None

    @property
    def owner_id(self) -> str:
        return self.submitted_by


class ApprovalEnded(BaseModel):
    approval_id: str
    outcome: str
    by: str
    comment: str | None = None


class Decide(TaskCommand):
    """`version` is the task's version the approver saw. A return and a rejection need a comment."""

    outcome: Literal["approve", "return", "reject"]
    version: int
    comment: str | None = None


@workflow.defn(name="ApprovalWorkflow")
class ApprovalWorkflow(TaskProcess[ApprovalState]):
    projection = ApprovalActivities.project_approval

    @workflow.init
    def __init__(self, start: ApprovalStart) -> None:
        self.begin(
            start.state
            or ApprovalState(
                record_id=start.approval_id,
                owner_id=start.submitted_by,
                **start.model_dump(exclude={"approval_id", "reply_to", "state"}),
            )
        )
        self.start = start
        if start.state is None:
            self.change("approval.opened", actor=start.submitted_by, version=start.subject_version)

    def renewed(self) -> ApprovalStart:
        return self.start.model_copy(update={"state": self.state})

    @workflow.run
    async def run(self, start: ApprovalStart) -> str:
        await self.live(self._walk())
        return self.state.outcome or ""

    async def _walk(self) -> None:
        if not self.state.path:
            await self._find_route()
        while self.state.stage == "open" and (step := self._step):
            if step.status == "pending":
                await self._open(step)
            await self.wait(lambda: step.status != "open" or self.state.stage != "open")
        await self._end()

    # --- messages -------------------------------------------------------------------------------------------------

    def _may_decide(self, asked: Decide) -> None:
        self.decidable(asked, asked.version)
        if asked.actor.id == self.state.submitted_by:
            raise Refused("own_request", 403)
        if asked.outcome != "approve" and not (asked.comment or "").strip():
            raise invalid("comment_needed", "comment")

    @command(_may_decide)
    def decide(self, asked: Decide) -> None:
        step, task = self._step_of(asked.task_id)
        outcome = OUTCOMES[asked.outcome]
        step.status, step.by, step.at, step.comment = outcome, asked.actor.id, workflow.now(), asked.comment
        if outcome != "approved" or step is self.state.path[-1]:
            self.state.stage = outcome
        self.close_task(task, asked.actor.id, outcome, asked.comment)

    @workflow.signal
    def withdraw(self, by: str | None) -> None:
        if self.state.stage == "open":
            self.state.stage = "withdrawn"
            self.change("approval.withdrawn", actor=by or "system")

    # --- steps ----------------------------------------------------------------------------------------------------

    @property
    def _step(self) -> PathStep | None:
        """The step whose turn it is."""
        return next((s for s in self.state.path if s.status in ("pending", "open")), None)

    def _step_of(self, task_id: str) -> tuple[PathStep, HumanTask]:
        step = next(s for s in self.state.path if s.task_id == task_id)
        task = self.state.task(task_id)
        assert task is not None  # noqa: S101 - a step's task is kept while it is open
        return step, task

    async def _find_route(self) -> None:
        state = self.state
        request = RouteRequest(
            amount=state.amount or 0, currency=state.currency or "", region_id=state.region_id, kind=state.subject_kind
        )
        routing = await self.perform(ApprovalActivities.decide_route, request, "find the approval route")
        state.policies["approval"] = routing.policy_version
        state.decision, state.path = routing.decision, routing.path
        self.change("approval.routed", steps=[s.role for s in state.path], policy=routing.policy_version)

    async def _open(self, step: PathStep) -> None:
        state = self.state
        request = ApproverRequest(role=step.role, region_id=state.region_id, without=state.submitted_by)
        step.holder = await self.perform(ApprovalActivities.find_approver, request, f"find the approver for {step.key}")
        if state.stage != "open":
            return
        task = self.open_task(
            "approve", [step.holder], Pace(allowed=step.allowed, remind=step.remind),
            ladder=ladder_of(step.role, state.region_id, without=frozenset({step.holder})),
            from_id=state.submitted_by,
            params={"subject": state.subject_kind, "version": state.subject_version, "step": step.key},
        )  # fmt: skip
        step.status, step.task_id = "open", task.id

    async def _end(self) -> None:
        state = self.state
        last = next((s for s in reversed(state.path) if s.by), None)
        for step in state.path:
            if step.status in ("pending", "open"):
                step.status = "withdrawn"
        self.cancel_tasks()
        self.close(state.stage)
        self.change(f"approval.{state.stage}", actor=last.by if last and last.by else "system")
        ended = ApprovalEnded(
            approval_id=state.record_id, outcome=state.stage, by=last.by if last and last.by else "system",
            comment=last.comment if last else None,
        )  # fmt: skip
        await self.signal(self.start.reply_to, "approval_ended", ended)
