"""One run through an approval line: each step asks its approvers, until it is approved, returned or rejected."""

from __future__ import annotations

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.approval import (
        LAST_RESORT,
        ApprovalActivities,
        ApprovalState,
        Earlier,
        RouteRequest,
        Routing,
        SeatRequest,
    )
    from domain import approval_path as line
    from domain.approval_path import PathStep, Seat
    from domain.refusal import Refused, invalid
    from domain.task import Pace
    from workflows.approval_act import LONGEST_PATH
    from workflows.approval_clock import ApprovalClock
    from workflows.approval_message import ApprovalEnded, ApprovalStart, Decide, approval_workflow_id
    from workflows.process import command

__all__ = ["ApprovalEnded", "ApprovalStart", "ApprovalWorkflow", "Decide", "approval_workflow_id"]

OUTCOMES: dict[str, line.Outcome] = {"approve": "approved", "return": "returned", "reject": "rejected"}


@workflow.defn(name="ApprovalWorkflow")
class ApprovalWorkflow(ApprovalClock):
    @workflow.init
    def __init__(self, start: ApprovalStart) -> None:
        self.begin(
            start.state
            or ApprovalState(
                record_id=start.approval_id,
                owner_id=start.submitted_by,
                **start.model_dump(exclude={"approval_id", "reply_to", "earlier", "state"}),
            )
        )
        self.start = start
        if start.state is None:
            self.change("approval.opened", actor=start.submitted_by, version=start.subject_version)

    def renewed(self) -> ApprovalStart:
        return self.start.model_copy(update={"state": self.state})

    @workflow.run
    async def run(self, start: ApprovalStart) -> str:
        await self.live(self._walk(), self.keep_clocks())
        return self.state.outcome or ""

    async def _walk(self) -> None:
        state = self.state
        if not state.path:
            await self._find_route()
        while state.stage == "open":
            step = line.current(state.path)
            if state.move_to:
                await self._move(state.move_to)
            elif step is None:
                self._reach_the_end()
            elif step.status == "pending" and not step.seats:
                await self._seat(step)
            elif seats := line.to_open(step):
                for seat in seats:
                    await self._open(step, seat)
            else:
                await self.wait(lambda: self._goes_on(step))  # noqa: B023 - awaited before step changes
        await self._end()

    def _goes_on(self, step: PathStep) -> bool:
        state = self.state
        return (
            state.stage != "open"
            or bool(state.move_to)
            or line.current(state.path) is not step
            or bool(line.to_open(step))
        )

    # --- decisions ------------------------------------------------------------------------------------------------

    def _may_decide(self, asked: Decide) -> None:
        self.decidable(asked, asked.version)
        step, _, _ = self.seat_of(asked.task_id)
        if asked.outcome != "approve" and not (asked.comment or "").strip():
            raise invalid("comment_needed", "comment")
        if asked.bulk and not step.step.bulk:
            raise Refused("not_in_bulk", 409)
        if step.step.proof not in ("none", asked.proof):
            raise invalid(f"{step.step.proof}_needed", step.step.proof)
        if asked.to and (asked.outcome != "return" or self._earlier(step, asked.to) is None):
            raise invalid("step_unknown", "to", step=asked.to)
        if asked.to and len(self.state.path) >= LONGEST_PATH:
            raise Refused("path_too_long", 409, most=LONGEST_PATH)

    def _earlier(self, step: PathStep, key: str) -> PathStep | None:
        found = [one for one in line.earlier_steps(self.state.path, step) if one.key == key]
        return found[-1] if found else None

    @command(_may_decide)
    def decide(self, asked: Decide) -> None:
        step, seat, task = self.seat_of(asked.task_id)
        seat.condition = (asked.condition or "").strip() or None if asked.outcome == "approve" else None
        to = self._earlier(step, asked.to) if asked.to else None
        self.take(step, seat, task, OUTCOMES[asked.outcome], asked.actor.id, asked.comment, task.on_behalf(asked.actor))
        if step.status == "rejected" or (step.status == "returned" and to is None):
            self.state.stage = step.status
        elif to is not None:
            line.return_to(self.state.path, to, step)
            self.change("approval.returned_to", actor=asked.actor.id, step=to.key, comment=asked.comment)

    @workflow.signal
    def withdraw(self, by: str | None) -> None:
        if self.state.stage == "open":
            self.withdrawn_by(by or "system")

    # --- steps ----------------------------------------------------------------------------------------------------

    async def _find_route(self) -> None:
        routing = await self._route(None)
        self.state.path = routing.path
        self.change("approval.routed", steps=[step.key for step in routing.path], policy=routing.policy_version)

    async def _route(self, version: int | None) -> Routing:
        state = self.state
        certain = {
            "amount": state.amount or 0, "currency": state.currency or "", "region": state.region_id,
            "kind": state.subject_kind,
        }  # fmt: skip
        state.facts = {**state.facts, **certain}
        request = RouteRequest(facts=state.facts, version=version, earlier=self.start.earlier)
        routing = await self.perform(ApprovalActivities.decide_route, request, "find the approval route")
        state.policies["approval"] = routing.policy_version
        state.decision, state.rules = routing.decision, routing.rules
        return routing

    async def _move(self, version: int) -> None:
        """Goes on under another version of the policy: what was decided stays, who need not be asked is let go."""
        routing = await self._route(version)
        if self.state.move_to != version:
            return  # moved again meanwhile
        self.state.move_to = None
        self.state.path, lifted = line.moved(self.state.path, routing.path)
        self.lift(lifted)
        for step, seat in line.seats(self.state.path):
            if seat.status == "open" and seat.task_id and (task := self.state.task(seat.task_id)):
                task.params = self._asks(step)
        self.change("approval.rerouted", steps=[step.key for step in self.state.path], policy=version)

    async def _seat(self, step: PathStep) -> None:
        state = self.state
        request = SeatRequest(
            step=step.step, rules=state.rules, region_id=state.region_id, submitted_by=state.submitted_by,
            approved=line.approvers(state.path),
        )  # fmt: skip
        seating = await self.perform(ApprovalActivities.find_seats, request, f"find the approvers for {step.key}")
        if state.stage != "open" or line.current(state.path) is not step:
            return
        step.copies, step.seats = seating.copies, seating.seats
        if seating.skip:
            line.skip(step, seating.skip)
            self.change("approval.skipped", step=step.key, why=seating.skip)
        else:
            step.status = "open"

    async def _open(self, step: PathStep, seat: Seat) -> None:
        policy, now = step.step, workflow.now()
        spans = [policy.allowed, *([policy.remind] if policy.remind else [])]
        due, *remind = await self.reckon(policy.calendar, now, spans)
        if self.state.stage != "open" or line.current(self.state.path) is not step or seat.status != "waiting":
            return
        task = self.open_task(
            "approve", seat.holders, Pace(), ladder=list(seat.ladder), from_id=self.state.submitted_by,
            params=self._asks(step),
            due_at=due, remind_at=remind[0] if remind else None, escalate_at=due, escalate_every=policy.allowed,
        )  # fmt: skip
        step.status, seat.status = "open", "open"
        seat.task_id, seat.opened_at, seat.due_at = task.id, now, due
        self.read_by(seat.holders)

    def _asks(self, step: PathStep) -> dict[str, Any]:
        return self.named(step=step.key, proof=step.step.proof, bulk=step.step.bulk)

    def _reach_the_end(self) -> None:
        if line.approvers(self.state.path):
            self.state.stage = "approved"
        else:  # every step was skipped: somebody has to answer for it
            self.state.path.append(PathStep(step=LAST_RESORT, note="nobody"))

    async def _end(self) -> None:
        state = self.state
        last = max((s for _, s in line.seats(state.path) if s.at), key=lambda s: str(s.at), default=None)
        by = state.ended_by or (last.by if last and last.by else "system")
        line.end(state.path)
        self.cancel_tasks()
        self.close(state.stage)
        self.change(f"approval.{state.stage}", actor=by)
        ended = ApprovalEnded(
            approval_id=state.record_id, outcome=state.stage, by=by, comment=last.comment if last else None,
            conditions=line.conditions(state.path),
            earlier=Earlier(
                facts=state.decision.get("facts", {}), path=line.given_to(state.path, state.subject_version)
            ),
        )  # fmt: skip
        await self.signal(self.start.reply_to, "approval_ended", ended)
