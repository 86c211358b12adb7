"""What people do with a lead: contact, claim, give, qualify, close, put to sleep, reopen, say whether it is known."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.lead import LeadState, Why
    from domain.access import Action, Actor, Role, person_key, role_key
    from domain.lead import OPEN
    from domain.lead_assignment import SELLING
    from domain.process import Command
    from domain.refusal import Refused, forbidden
    from domain.task import HumanTask, Pace, ladder_of
    from workflows.human_task import HolderLeft, TaskProcess
    from workflows.lead_message import (
        AssignLead,
        CloseLead,
        LeadTouch,
        LogContact,
        QualifyLead,
        ReopenLead,
        ReviewMatch,
        SleepLead,
    )
    from workflows.process import command

ENDED = ("converted", "closed")
REVIEW = timedelta(days=2)
TOUCHES_KEPT = 200


class LeadActs(TaskProcess[LeadState]):
    """`planned` is the instant the process waits for; `touched_late` whether they turned to us while it was ending."""

    planned: datetime | None = None
    touched_late = False

    # --- how it stands --------------------------------------------------------------------------------------------

    @property
    def qualified(self) -> bool:
        return self.state.deal_id is not None

    @property
    def ended(self) -> bool:
        return self.qualified or self.state.stage in ENDED

    def _asked(self, kind: str) -> HumanTask | None:
        return next((task for task in self.state.open_tasks if task.kind == kind), None)

    @property
    def first_contact(self) -> HumanTask | None:
        return self._asked("first_contact")

    @property
    def unasked(self) -> bool:
        """Whether somebody is to be asked for something, and is not yet."""
        wanted = {"assigned": "first_contact", "pooled": "assign_lead"}.get(self.state.stage)
        return wanted is not None and self._asked(wanted) is None

    # --- who may --------------------------------------------------------------------------------------------------

    def _may_work(self, asked: Command) -> None:
        state = self.state
        if not asked.actor.reaches(Action.LEAD_WORK, owner=state.owner_id, region=state.region_id):
            raise forbidden(Action.LEAD_WORK)
        if self.ended:
            raise Refused("lead_ended", 409, stage=state.stage)

    def _may_qualify(self, asked: Command) -> None:
        self._may_work(asked)
        if self.state.owner_id is None:
            raise Refused("lead_unassigned", 409)

    def _may_take(self, asked: Command) -> None:
        state, actor = self.state, asked.actor
        if state.region_id not in actor.regions or actor.roles.isdisjoint(SELLING):
            raise forbidden(Action.LEAD_WORK)
        if state.stage != "pooled" or self.ended:
            raise Refused("lead_taken", 409, by=state.owner_id, stage=state.stage)

    def _may_assign(self, asked: AssignLead) -> None:
        if not asked.actor.reaches(Action.TASK_HAND_ON, owner=None, region=self.state.region_id):
            raise forbidden(Action.TASK_HAND_ON)
        if self.ended:
            raise Refused("lead_ended", 409, stage=self.state.stage)

    def _may_reopen(self, asked: ReopenLead) -> None:
        """It runs in a process that has only just begun again; one that is under way needs no opening."""
        if self.state.policies or self.state.reopened_by:
            raise Refused("lead_open", 409, stage=self.state.stage)

    def _may_review(self, asked: ReviewMatch) -> None:
        self.decidable(asked)
        if asked.match and not any((m.kind, m.id) == (asked.match.kind, asked.match.id) for m in self.state.matches):
            raise Refused("match_unknown", 422, field="match")

    # --- acts -----------------------------------------------------------------------------------------------------

    @command(_may_work)
    def contact(self, asked: LogContact) -> None:
        state, first = self.state, self.state.stage != "contacted"
        counts = asked.outcome in (state.rules.counts or ("reached",))
        if first and counts and state.stage in (*OPEN, "asleep"):
            if state.owner_id is None:
                state.owner_id, state.why = asked.actor.id, Why(how="claimed")
            state.stage = "contacted"
        params = {"how": asked.how, "outcome_of": asked.outcome, "note": asked.note, "next_at": asked.next_at}
        self.change("lead.contacted" if counts else "lead.tried", actor=asked.actor.id, **_told(params))
        if state.stage == "contacted":
            state.due_at = state.wake_at = asked.next_at
            state.due_since = workflow.now() if asked.next_at else None
            self._end_asking(asked.actor, "contacted")

    @command(_may_qualify)
    def qualify(self, asked: QualifyLead) -> dict[str, str]:
        state = self.state
        state.deal_id = asked.deal_id
        state.deal = asked.model_dump(mode="json", include={"title", "amount", "close_on", "next_step"})
        state.deal["by"] = asked.actor.id
        state.customer_id = asked.customer_id or state.customer_id
        state.contact_id, state.pipeline = asked.contact_id, asked.pipeline
        state.stage = "contacted"
        state.due_at = state.wake_at = None
        self.change("lead.qualified", actor=asked.actor.id, title=asked.title, amount=asked.amount)
        self._end_asking(asked.actor, "qualified")
        return {"deal_id": asked.deal_id}

    @command(_may_work)
    def dismiss(self, asked: CloseLead) -> None:
        state = self.state
        state.stage, state.close_key, state.close_reason = "closed", asked.key_of, asked.reason
        state.due_at = state.wake_at = None
        self.change("lead.dismissed", actor=asked.actor.id, **_told({"key": asked.key_of, "reason": asked.reason}))
        self._end_asking(asked.actor, "closed")
        self.cancel_tasks()

    @command(_may_qualify)
    def sleep(self, asked: SleepLead) -> None:
        """Until its day; then it is its owner's again, or back in the turn where they cannot have it."""
        state = self.state
        state.stage = "asleep"
        state.due_at = state.wake_at = asked.until
        state.due_since = workflow.now()
        self.change("lead.asleep", actor=asked.actor.id, **_told({"until": asked.until, "why_asleep": asked.why}))
        self._end_asking(asked.actor, "asleep")

    @command(_may_work)
    def wake(self, asked: Command) -> None:
        if self.state.stage == "asleep":
            self.state.wake_at = workflow.now()

    @command(_may_take)
    def take(self, asked: Command) -> None:
        """Out of the pool: the first gets it."""
        self._end_asking(asked.actor, "claimed")
        self.give_to(asked.actor.id, Why(how="claimed"), actor=asked.actor.id)

    @command(_may_assign)
    def assign(self, asked: AssignLead) -> None:
        state = self.state
        if asked.to == state.owner_id and state.stage != "asleep":
            return
        if state.stage == "pooled":
            self._end_asking(asked.actor, "assigned")
        self.cancel_first_contact()
        if state.stage in ("new", "pooled", "asleep"):
            state.due_at = state.wake_at = None
        self.give_to(asked.to, Why(how="given", by=asked.actor.id), actor=asked.actor.id, why_given=asked.why)

    @command(_may_reopen)
    def reopen(self, asked: ReopenLead) -> None:
        """A closed lead begins again; its former owner's, once reckoned if they can have it."""
        state = self.state
        state.former, state.reopened_by = asked.former, asked.actor.id
        if asked.former.owner_id is not None:
            state.owner_id, state.why = asked.former.owner_id, Why(how="kept")
        state.customer_id = state.customer_id or asked.former.customer_id
        self.change("lead.reopened", actor=asked.actor.id, owner=asked.former.owner_id)

    @command(_may_review)
    def review(self, asked: ReviewMatch) -> None:
        """Once: it is the same as one of its likely matches, or something new."""
        state, task, match = self.state, self.decidable(asked), asked.match
        state.reviewed = True
        outcome = "new" if match is None else "merged"
        self.close_task(task, asked.actor.id, outcome, behalf_of=task.on_behalf(asked.actor))
        if match is None:
            self.change("lead.kept_apart", actor=asked.actor.id)
        elif match.kind == "customer":
            state.customer_id = match.id
            self.change("lead.attached", actor=asked.actor.id, customer=match.id)
        else:
            state.stage, state.merged_into, state.close_key = "closed", match.id, "merged"
            state.due_at = state.wake_at = None
            self.change("lead.merged", actor=asked.actor.id, lead=match.id)
            self._end_asking(asked.actor, "closed")
            self.cancel_tasks()

    @workflow.signal
    def touched(self, touch: LeadTouch) -> None:
        """They turned to us again. A lead that sleeps wakes up; one that ends meanwhile begins again."""
        state = self.state
        if touch.id in state.touches:
            return
        state.touches = [*state.touches, touch.id][-TOUCHES_KEPT:]
        if state.closed_at is not None:
            self.touched_late = True
            return
        if state.policies:
            self.change("lead.touched", source=touch.source)
            if state.owner_id:
                self.notify("lead.touched", [person_key(state.owner_id)])
        state.to_weigh = True
        if state.stage == "asleep":
            state.wake_at = workflow.now()

    @workflow.signal
    def holder_left(self, left: HolderLeft) -> None:
        """What was its owner's goes back to the turn."""
        state = self.state
        if left.person == state.owner_id and not self.ended:
            state.tried.append(left.person)
            state.owner_id, state.why = None, None
            self.cancel_first_contact()
            if state.stage != "asleep":
                state.stage, state.due_at, state.wake_at = "new", None, None
            self.change("lead.owner_left", owner=left.person)
        super().holder_left(left)

    # --- steps that acts and the process share --------------------------------------------------------------------

    def give_to(self, owner: str, why: Why, *, actor: str = "system", why_given: str | None = None) -> None:
        """What was contacted stays so; anything else is to be contacted, in time counted from now."""
        state = self.state
        state.owner_id, state.why = owner, why
        if state.stage != "contacted":
            state.stage = "assigned"
        said = {"owner": owner, "how_given": why.how, "note": why_given}
        self.change("lead.assigned", actor=actor, **_told(said))
        if state.stage == "contacted" and actor != owner:
            self.notify("lead.given", [person_key(owner)])
        if (task := self._asked("review_match")) and person_key(owner) not in task.holders:
            self.move_task(task, [person_key(owner)], "passed", actor)

    def pool(self, why: Why | None) -> None:
        """Nobody can have it by the policy: it lies where everybody who sells in the region sees it."""
        state = self.state
        state.stage, state.owner_id, state.why = "pooled", None, why
        state.due_at = state.wake_at = None
        self.change("lead.pooled")
        sellers = [role_key(role, state.region_id) for role in SELLING]
        self.notify("lead.pooled", sellers)

    def ask_for_review(self) -> None:
        """Whether it is what it looks like, by whoever has it, or the manager."""
        state = self.state
        if state.reviewed or not state.matches or self._asked("review_match"):
            return
        manager = role_key(Role.REGIONAL_MANAGER, state.region_id)
        holder = person_key(state.owner_id) if state.owner_id else manager
        ladder = [key for key in ladder_of(Role.SALES, state.region_id) if key != holder]
        self.open_task("review_match", [holder], Pace(allowed=REVIEW), ladder=ladder)

    def cancel_first_contact(self) -> None:
        if task := self.first_contact:
            self.cancel_task(task)

    def _end_asking(self, by: Actor, outcome: str) -> None:
        for kind in ("first_contact", "assign_lead"):
            if task := self._asked(kind):
                self.close_task(task, by.id, outcome, behalf_of=task.on_behalf(by))


def _told(params: Mapping[str, object]) -> dict[str, object]:
    """What there is to say, as an event keeps it."""
    return {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in params.items() if v not in (None, "")}
