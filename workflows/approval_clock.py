"""The time of an approval's tasks: what happens when it is up, and clocks set anew in working time."""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.approval import ApprovalActivities, ClockRequest, Reckoning
    from domain import approval_path as line
    from domain.approval_path import PathStep, Seat
    from domain.task import HumanTask
    from workflows.approval_act import ApprovalActs


class ApprovalClock(ApprovalActs):
    def overdue(self, task: HumanTask) -> None:
        found = line.seat_of(self.state.path, task.id)
        if found is None:
            return
        step, seat = found
        match step.step.timeout.do:
            case "remind":
                self.change("task.reminded", task=task.kind)
                self.notify("task.reminded.approve", task.holders, task=task.id, title=task.title)
            case "escalate":
                super().overdue(task)
                if not task.ladder:
                    return
            case "pass":
                self.move_task(task, seat.pass_to, "passed", "system")
            case "approve" | "reject" as outcome:
                self.take(step, seat, task, "approved" if outcome == "approve" else "rejected", "system")
                if step.status == "rejected":
                    self.state.stage = "rejected"
                return
        self.state.reckonings.append(Reckoning(task_id=task.id, since=workflow.now()))

    async def keep_clocks(self) -> None:
        """Sets a task's clock anew: its time was up, or it goes on after a question stopped it."""
        state = self.state
        while True:
            await workflow.wait_condition(lambda: bool(state.reckonings))
            asked = state.reckonings[0]
            found, task = line.seat_of(state.path, asked.task_id), state.task(asked.task_id)
            if found and task and task.open:
                await self._set_clock(asked, *found, task)
            state.reckonings = [one for one in state.reckonings if one is not asked]

    async def _set_clock(self, asked: Reckoning, step: PathStep, seat: Seat, task: HumanTask) -> None:
        calendar, stopped = step.step.calendar, asked.stopped
        if stopped is None:
            (task.escalate_at,) = await self.reckon(calendar, asked.since, [step.step.allowed])
            if step.step.timeout.do == "pass":
                task.due_at = seat.due_at = task.escalate_at
            return
        names = [name for name in ("due_at", "remind_at", "escalate_at") if getattr(task, name)]
        moved = await self._move_clock(calendar, asked.since, stopped, [getattr(task, name) for name in names])
        for name, at in zip(names, moved, strict=True):
            setattr(task, name, at)
        task.stopped_at, seat.due_at = None, task.due_at
        self.change("task.resumed", task=task.kind, due=str(task.due_at))

    async def reckon(self, calendar: str | None, since: datetime, spans: list[timedelta]) -> list[datetime]:
        if calendar is None:
            return [since + span for span in spans]
        request = ClockRequest(calendar=calendar, since=since, spans=spans)
        return await self.perform(ApprovalActivities.reckon, request, f"reckon in the calendar {calendar}")

    async def _move_clock(
        self, calendar: str | None, since: datetime, stopped: datetime, until: list[datetime]
    ) -> list[datetime]:
        if calendar is None:
            return [max(at, stopped) + (since - stopped) for at in until]
        request = ClockRequest(calendar=calendar, since=since, stopped=stopped, until=until)
        return await self.perform(ApprovalActivities.reckon, request, f"reckon in the calendar {calendar}")
