"""Human tasks inside a process: opened, reminded, escalated up the line, claimed, closed once."""

from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.process import Command, ProcessState
    from domain.refusal import Refused
    from domain.task import HumanTask, Pace, check_act, paced
    from workflows.process import Process, command

S = TypeVar("S", bound=ProcessState)


class TaskCommand(Command):
    task_id: str


class TaskProcess(Process[S]):
    """A process that asks people to do things."""

    def open_task(self, kind: str, holders: list[str], pace: Pace, *, ladder: list[str], **fields: Any) -> HumanTask:
        state = self.state
        task = HumanTask(
            id=self.new_id(), kind=kind, holders=holders, ladder=ladder, opened_at=workflow.now(),
            title=state.title, amount=state.amount, currency=state.currency,
            **paced(workflow.now(), pace), **fields,
        )  # fmt: skip
        state.tasks.append(task)
        self.change("task.opened", task=kind, holders=holders)
        self.notify(f"task.opened.{kind}", holders, task=task.id, title=task.title)
        return task

    def close_task(self, task: HumanTask, by: str, outcome: str, comment: str | None = None) -> None:
        task.status, task.outcome, task.comment = "done", outcome, comment
        task.decided_by, task.decided_at = by, workflow.now()
        self.change("task.done", actor=by, task=task.kind, outcome=outcome, comment=comment)

    def cancel_tasks(self) -> None:
        for task in self.state.open_tasks:
            task.status, task.decided_at = "cancelled", workflow.now()

    def decidable(self, asked: TaskCommand, version: int | None = None) -> HumanTask:
        """The task asked about; raises Refused where this actor may not act on it now."""
        return check_act(self.state.task(asked.task_id), asked.actor, version)

    def _may_claim(self, asked: TaskCommand) -> None:
        self.decidable(asked)

    def _may_release(self, asked: TaskCommand) -> None:
        if self.decidable(asked).claimed_by != asked.actor.id:
            raise Refused("not_claimed", 409)

    @command(_may_claim)
    def claim(self, asked: TaskCommand) -> None:
        self._claimed(asked, asked.actor.id)

    @command(_may_release)
    def release(self, asked: TaskCommand) -> None:
        self._claimed(asked, None)

    def _claimed(self, asked: TaskCommand, by: str | None) -> None:
        task = self.state.task(asked.task_id)
        assert task is not None  # noqa: S101 - the validator saw it in the same turn
        task.claimed_by = by
        self.change("task.claimed" if by else "task.released", actor=asked.actor.id, task=task.kind)

    async def live(self, *steps: Coroutine[Any, Any, None]) -> None:
        await super().live(*steps, self._watch_tasks())

    async def _watch_tasks(self) -> None:
        """Reminds and escalates whatever is open: one timer, at the earliest instant any task asks for."""
        while True:
            wake = self._next_wake()
            timeout = None if wake is None else max(wake - workflow.now(), timedelta())
            try:
                await workflow.wait_condition(
                    lambda: self._next_wake() != wake,  # noqa: B023 - awaited before wake changes
                    timeout=timeout,
                    timeout_summary="remind or escalate",
                )
            except TimeoutError:
                for task in self.state.open_tasks:
                    self._remind_or_escalate(task)

    def _next_wake(self) -> datetime | None:
        return min((at for t in self.state.open_tasks if (at := t.next_wake)), default=None)

    def _remind_or_escalate(self, task: HumanTask) -> None:
        now = workflow.now()
        if task.remind_at and task.remind_at <= now:
            task.remind_at = None
            self.change("task.reminded", task=task.kind)
            self.notify(f"task.reminded.{task.kind}", task.holders, task=task.id, title=task.title)
        if task.escalate_at and task.escalate_at <= now:
            task.escalate_at = None
            if task.ladder:
                above = task.ladder.pop(0)
                task.holders = [*task.holders, above]
                task.escalated_at = now
                task.escalate_at = now + task.escalate_every if task.escalate_every and task.ladder else None
                self.change("task.escalated", task=task.kind, to=above)
                self.notify(f"task.escalated.{task.kind}", [above], task=task.id, title=task.title)
