"""Human tasks inside a process: opened, reminded, escalated up the line, claimed, closed once."""

from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.access import Action, Role, person_key, role_key
    from domain.process import Command, ProcessState
    from domain.refusal import Refused, forbidden
    from domain.task import HumanTask, Pace, check_act, check_open, paced
    from workflows.process import Process, command

S = TypeVar("S", bound=ProcessState)


class TaskCommand(Command):
    task_id: str


class MoveTask(TaskCommand):
    """`to` is the person who is to do it instead."""

    to: str
    why: str | None = None


class HolderLeft(BaseModel):
    """A person has left the company; what they alone were asked for goes to whoever is above."""

    person: str


class OwnerChanged(BaseModel):
    """A case has another owner from now on: `now` instead of `was`, handed over by `by`."""

    was: str
    now: str
    by: str
    note: str = ""


def without(key: str, keys: list[str]) -> list[str]:
    return [one for one in keys if one != key]


class TaskProcess(Process[S]):
    """A process that asks people to do things."""

    def open_task(self, kind: str, holders: list[str], pace: Pace, *, ladder: list[str], **fields: Any) -> HumanTask:
        """`fields` overrule the instants that the pace gives."""
        state = self.state
        given = {**paced(workflow.now(), pace), **fields}
        task = HumanTask(
            id=self.new_id(), kind=kind, holders=holders, ladder=ladder, opened_at=workflow.now(),
            title=state.title, amount=state.amount, currency=state.currency, **given,
        )  # fmt: skip
        state.tasks.append(task)
        self.change("task.opened", task=kind, holders=holders)
        self.notify(f"task.opened.{kind}", holders, task=task.id, title=task.title)
        return task

    def close_task(
        self, task: HumanTask, by: str, outcome: str, comment: str | None = None, behalf_of: str | None = None
    ) -> None:
        """`behalf_of` is the absent person whom `by` stands in for."""
        task.status, task.outcome, task.comment = "done", outcome, comment
        task.decided_by, task.decided_at, task.decided_for = None if by == "system" else by, workflow.now(), behalf_of
        behalf = {"behalf_of": behalf_of} if behalf_of else {}
        self.change("task.done", actor=by, task=task.kind, outcome=outcome, comment=comment, **behalf)

    def cancel_tasks(self) -> None:
        for task in self.state.open_tasks:
            self.cancel_task(task)

    def cancel_task(self, task: HumanTask) -> None:
        task.status, task.decided_at = "cancelled", workflow.now()

    def move_task(self, task: HumanTask, holders: list[str], how: str, by: str, why: str | None = None) -> None:
        """Asks others instead. `how`: delegated, handed_on, handed_over, passed, left."""
        task.holders, task.claimed_by = holders, None
        self.change(f"task.{how}", actor=by, task=task.kind, holders=holders, why=why)
        self.notify(f"task.opened.{task.kind}", holders, task=task.id, title=task.title)
        self.moved(task, how)

    def moved(self, task: HumanTask, how: str) -> None:
        """A subclass keeps what else it knows of the task's holders."""

    def decidable(self, asked: TaskCommand, version: int | None = None) -> HumanTask:
        """The task asked about; raises Refused where this actor may not act on it now."""
        return check_act(self.state.task(asked.task_id), asked.actor, version)

    def _may_claim(self, asked: TaskCommand) -> None:
        self.decidable(asked)

    def _may_release(self, asked: TaskCommand) -> None:
        if self.decidable(asked).claimed_by is None:
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
        task.claimed_by, task.claimed_for = by, task.on_behalf(asked.actor) if by else None
        self.change("task.claimed" if by else "task.released", actor=asked.actor.id, task=task.kind)

    def _may_hand_on(self, asked: MoveTask) -> None:
        task, state = self.state.task(asked.task_id), self.state
        if not asked.actor.reaches(Action.TASK_HAND_ON, owner=None, region=state.region_id):
            raise forbidden(Action.TASK_HAND_ON)
        self.may_move(check_open(task), asked)

    def may_move(self, task: HumanTask, asked: MoveTask) -> None:
        """A subclass refuses whom its tasks cannot go to, or by whom they cannot be moved."""

    @command(_may_hand_on)
    def hand_on(self, asked: MoveTask) -> None:
        """By an administrator or the region's manager, for a task that is stuck with its holders."""
        task = self.state.task(asked.task_id)
        assert task is not None  # noqa: S101 - the validator saw it in the same turn
        self.move_task(task, [person_key(asked.to)], "handed_on", asked.actor.id, asked.why)

    @workflow.signal
    def holder_left(self, left: HolderLeft) -> None:
        key = person_key(left.person)
        for task in self.state.open_tasks:
            task.ladder = without(key, task.ladder)
            if task.claimed_by == left.person:
                task.claimed_by = None
            if key in task.holders:
                self.move_task(task, without(key, task.holders) or self.instead(task.ladder), "left", "system")
        self.left(key)

    @workflow.signal
    async def owner_changed(self, change: OwnerChanged) -> None:
        if self.state.closed_at is None:
            self.take_over(change)

    def take_over(self, change: OwnerChanged) -> None:
        """The case is the new owner's, and so are the tasks its owner was asked."""
        state, was, now = self.state, person_key(change.was), person_key(change.now)
        if state.owner_id == change.was:
            state.owner_id = change.now
        self.change("task.owner_changed", actor=change.by, owner=change.now, note=change.note or None)
        for task in filter(self.goes_along, state.open_tasks):
            if task.from_id == change.was:
                task.from_id = change.now
            if was in task.holders:
                self.move_task(task, [now if key == was else key for key in task.holders], "handed_over", change.by)

    def goes_along(self, task: HumanTask) -> bool:
        """Whether a task is the owner's business, so that one that names the former owner is the new one's now."""
        return True

    def instead(self, ladder: list[str]) -> list[str]:
        """Who is asked when a task's only holder has left: the nearest above, who is off the ladder then."""
        return [ladder.pop(0)] if ladder else [role_key(Role.ADMINISTRATOR)]

    def left(self, key: str) -> None:
        """A subclass no longer asks the holder of this key later on."""

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
                    if task.stopped_at is None:
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
            self.overdue(task)

    def overdue(self, task: HumanTask) -> None:
        """Time is up: the next above may act as well, and again after as long."""
        if not task.ladder:
            return
        above = task.ladder.pop(0)
        task.holders = [*task.holders, above]
        task.escalated_at = workflow.now()
        task.escalate_at = workflow.now() + task.escalate_every if task.escalate_every and task.ladder else None
        self.change("task.escalated", task=task.kind, to=above)
        self.notify(f"task.escalated.{task.kind}", [above], task=task.id, title=task.title)
        self.moved(task, "escalated")
