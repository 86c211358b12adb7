"""What people may do in an approval beside deciding: pass it on, add signers, ask, comment, nudge, withdraw."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.approval import ApprovalActivities, ApprovalState, Reckoning, Remark
    from domain.access import Action, Actor, Role, person_key, role_key
    from domain.approval import Step
    from domain.approval_path import Outcome, PathStep, Seat, decide, insert, seat_of, seats
    from domain.approver import PersonApprover
    from domain.process import Command
    from domain.refusal import Refused, forbidden, invalid
    from domain.task import HumanTask, Pace, for_person
    from workflows.approval_message import AddSigner, Ask, MovePolicy, Say
    from workflows.human_task import MoveTask, OwnerChanged, TaskCommand, TaskProcess, without
    from workflows.process import command

ADMINISTRATOR = role_key(Role.ADMINISTRATOR)
LONGEST_PATH = 60
LONGEST_REMARK = 4_000
MOST_REMARKS = 200


class ApprovalActs(TaskProcess[ApprovalState]):
    projection = ApprovalActivities.project_approval

    def seat_of(self, task_id: str) -> tuple[PathStep, Seat, HumanTask]:
        found, task = seat_of(self.state.path, task_id), self.state.task(task_id)
        if found is None or task is None:
            raise Refused("not_decidable", 409, kind=task.kind if task else "")
        return (*found, task)

    def decidable(self, asked: TaskCommand, version: int | None = None) -> HumanTask:
        task = super().decidable(asked, version)
        self._not_own(task, asked.actor)
        return task

    def _not_own(self, task: HumanTask, actor: Actor) -> None:
        """Nobody decides on their own request, nor who else does."""
        if task.kind == "approve" and actor.id == self.state.submitted_by and self.state.rules.own != "allow":
            raise Refused("own_request", 403)

    def may_take(self, person: str) -> None:
        if person == self.state.submitted_by and self.state.rules.own != "allow":
            raise invalid("own_request", "to")

    def may_move(self, task: HumanTask, asked: MoveTask) -> None:
        if task.kind != "approve":
            return
        self._not_own(task, asked.actor)
        self.may_take(asked.to)
        step, seat, _ = self.seat_of(task.id)
        others = [one for one in step.seats if one is not seat and one.status in ("waiting", "open", "approved")]
        if any(person_key(asked.to) in one.holders or one.by == asked.to for one in others):
            raise invalid("asked_already", "to")

    def moved(self, task: HumanTask, how: str) -> None:
        found = seat_of(self.state.path, task.id)
        if found is None:
            return
        _, seat = found
        seat.holders, seat.ladder, seat.came = task.holders, task.ladder, how if how != "escalated" else seat.came
        self.read_by(task.holders)

    def instead(self, ladder: list[str]) -> list[str]:
        return [ADMINISTRATOR] if self.state.rules.left == "administrator" else super().instead(ladder)

    def left(self, key: str) -> None:
        for _, seat in seats(self.state.path):
            seat.ladder = without(key, seat.ladder)
            if seat.status == "waiting" and key in seat.holders:
                seat.holders, seat.came = without(key, seat.holders) or self.instead(seat.ladder), "left"
            if key in seat.pass_to:
                seat.pass_to = without(key, seat.pass_to) or self.instead([*seat.ladder])

    def read_by(self, keys: list[str]) -> None:
        self.state.readers = list(dict.fromkeys([*self.state.readers, *keys]))

    def goes_along(self, task: HumanTask) -> bool:
        """Who owns the case answers for it; who submitted it stays who asked, and may not approve it."""
        return task.kind == "answer_question"

    def take_over(self, change: OwnerChanged) -> None:
        super().take_over(change)
        self.read_by([person_key(change.now)])

    def take(
        self, step: PathStep, seat: Seat, task: HumanTask, outcome: Outcome, by: str,
        comment: str | None = None, behalf_of: str | None = None,
    ) -> None:  # fmt: skip
        seat.by, seat.behalf_of, seat.at, seat.comment = by, behalf_of, workflow.now(), comment
        others = decide(step, seat, outcome)
        self.close_task(task, by, outcome, comment, behalf_of)
        self.lift([*others, task.id])
        if step.status == "approved":
            self._copy(step)

    def _copy(self, step: PathStep) -> None:
        if step.copies:
            self.read_by(step.copies)
            self.notify("approval.copied", step.copies, title=self.state.title)

    # --- passing on, adding signers -------------------------------------------------------------------------------

    def _may_delegate(self, asked: MoveTask) -> None:
        task = self.decidable(asked)
        self.seat_of(asked.task_id)
        if not self.state.rules.delegate:
            raise Refused("delegating_off", 409)
        if asked.to == asked.actor.id:
            raise invalid("to_oneself", "to")
        self.may_move(task, asked)

    @command(_may_delegate)
    def delegate(self, asked: MoveTask) -> None:
        _, _, task = self.seat_of(asked.task_id)
        self.move_task(task, [person_key(asked.to)], "delegated", asked.actor.id, asked.why)

    def _may_add_signer(self, asked: AddSigner) -> None:
        self.decidable(asked)
        self.seat_of(asked.task_id)
        if not self.state.rules.add_signer:
            raise Refused("adding_signers_off", 409)
        if len(self.state.path) >= LONGEST_PATH:
            raise Refused("path_too_long", 409, most=LONGEST_PATH)
        if asked.actor.id in asked.people:
            raise invalid("to_oneself", "people")
        for person in asked.people:
            self.may_take(person)

    @command(_may_add_signer)
    def add_signer(self, asked: AddSigner) -> None:
        state = self.state
        step, _, _ = self.seat_of(asked.task_id)
        no = 1 + sum(1 for one in state.path if one.added_by)
        who = tuple(PersonApprover(person=person) for person in dict.fromkeys(asked.people))
        added = Step(
            key=f"added_{no}", who=who, mode=asked.mode, allowed=step.step.allowed, remind=step.step.remind,
            calendar=step.step.calendar,
        )  # fmt: skip
        new = PathStep(step=added, added_by=asked.actor.id, added_why=asked.why)
        self.lift(insert(state.path, new, step, asked.where))
        people = [person_key(person) for person in asked.people]
        self.change(f"approval.signer_{asked.where}", actor=asked.actor.id, holders=people, why=asked.why)

    def lift(self, task_ids: list[str]) -> None:
        """Withdraws tasks that are no longer asked, and the questions that came with them."""
        for task in self.state.open_tasks:
            if task.id in task_ids or task.params.get("about") in task_ids:
                self.cancel_task(task)

    # --- words ----------------------------------------------------------------------------------------------------

    def _may_say(self, asked: Say) -> None:
        self._check_text(asked.text)
        self._check_room()
        if self.state.stage != "open":
            raise Refused("process_ended", 409)

    def _check_text(self, text: str) -> None:
        if not text.strip():
            raise invalid("field_needed", "text")
        if len(text) > LONGEST_REMARK:
            raise invalid("too_long", "text", most=LONGEST_REMARK)

    def _check_room(self) -> None:
        """An answer always finds room: its question had it."""
        if len(self.state.remarks) >= MOST_REMARKS:
            raise Refused("too_many_remarks", 409, most=MOST_REMARKS)

    def remark(self, kind: str, asked: Command, text: str, about: str | None = None) -> Remark:
        said = Remark(id=self.new_id(), at=workflow.now(), by=asked.actor.id, kind=kind, text=text.strip(), about=about)
        self.state.remarks.append(said)
        self.change(f"approval.{kind}", actor=asked.actor.id, text=said.text)
        return said

    @command(_may_say)
    def comment(self, asked: Say) -> None:
        self.remark("comment", asked, asked.text)
        told = [person_key(self.state.submitted_by), *(h for t in self.state.open_tasks for h in t.holders)]
        others = [key for key in dict.fromkeys(told) if key != person_key(asked.actor.id)]
        if others:
            self.notify("approval.commented", others, title=self.state.title)

    def _may_ask(self, asked: Ask) -> None:
        self._check_text(asked.text)
        self._check_room()
        self.decidable(asked)
        self.seat_of(asked.task_id)

    @command(_may_ask)
    def ask(self, asked: Ask) -> None:
        state = self.state
        _, _, task = self.seat_of(asked.task_id)
        question = self.remark("question", asked, asked.text, about=task.id)
        if state.rules.question_clock == "stops" and task.stopped_at is None:
            task.stopped_at = workflow.now()
        self.open_task(
            "answer_question", for_person(state.owner_id or state.submitted_by), Pace(remind=timedelta(hours=24)),
            ladder=[], from_id=asked.actor.id,
            params={"question": question.id, "text": question.text, "about": task.id},
        )  # fmt: skip

    def _may_answer(self, asked: Ask) -> None:
        self._check_text(asked.text)
        if self.decidable(asked).kind != "answer_question":
            raise Refused("not_decidable", 409, kind="approve")

    @command(_may_answer)
    def answer(self, asked: Ask) -> None:
        state = self.state
        asking = state.task(asked.task_id)
        assert asking is not None  # noqa: S101 - the validator saw it in the same turn
        self.remark("answer", asked, asked.text, about=asking.params["question"])
        self.close_task(asking, asked.actor.id, "answered", behalf_of=asking.on_behalf(asked.actor))
        self.notify("approval.answered", [person_key(asking.from_id or "")], title=state.title)
        task = state.task(asking.params["about"])
        open_questions = any(t.params.get("about") == asking.params["about"] for t in state.open_tasks)
        if task and task.open and task.stopped_at and not open_questions:
            state.reckonings.append(Reckoning(task_id=task.id, since=workflow.now(), stopped=task.stopped_at))

    # --- the submitter, and who keeps the policies -----------------------------------------------------------------

    def _may_nudge(self, asked: Command) -> None:
        state = self.state
        self._only_submitter(asked)
        asked_now = [task for task in state.open_tasks if seat_of(state.path, task.id)]
        if not asked_now:
            raise Refused("nobody_to_nudge", 409)
        for task in asked_now:
            before = state.nudges.get(task.id, [])
            if len(before) >= state.rules.nudges:
                raise Refused("nudged_enough", 409, most=state.rules.nudges)
            if before and workflow.now() < before[-1] + state.rules.nudge_every:
                raise Refused("nudged_just_now", 409, at=str(before[-1] + state.rules.nudge_every))

    def _only_submitter(self, asked: Command) -> None:
        if asked.actor.id != self.state.submitted_by:
            raise Refused("not_submitter", 403)
        if self.state.stage != "open":
            raise Refused("process_ended", 409)

    @command(_may_nudge)
    def nudge(self, asked: Command) -> None:
        state = self.state
        for task in state.open_tasks:
            if seat_of(state.path, task.id):
                state.nudges.setdefault(task.id, []).append(workflow.now())
                self.change("approval.nudged", actor=asked.actor.id, holders=task.holders)
                self.notify("approval.nudged", task.holders, task=task.id, title=task.title)

    @command(_only_submitter)
    def withdraw_request(self, asked: Command) -> None:
        self.withdrawn_by(asked.actor.id)

    def withdrawn_by(self, person: str) -> None:
        self.state.stage, self.state.ended_by = "withdrawn", person

    def _may_move_policy(self, asked: MovePolicy) -> None:
        if asked.actor.scope(Action.POLICY_MANAGE) is None:
            raise forbidden(Action.POLICY_MANAGE)
        if self.state.stage != "open":
            raise Refused("process_ended", 409)
        if asked.version == self.state.policies.get("approval"):
            raise Refused("same_version", 409, version=asked.version)

    @command(_may_move_policy)
    def move_policy(self, asked: MovePolicy) -> None:
        self.state.move_to = asked.version
        self.change("approval.policy_moved", actor=asked.actor.id, version=asked.version)

    def named(self, **params: Any) -> dict[str, Any]:
        """What a task of this case says about it."""
        return {"subject": self.state.subject_kind, "version": self.state.subject_version, **params}
