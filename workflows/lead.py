"""A lead is scored, given to somebody in turn, contacted in time or passed on, and ends as a customer or closed."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.lead import (
        Allowed,
        Conversion,
        Former,
        LeadActivities,
        LeadState,
        Merger,
        Turn,
        Turned,
        Weighing,
        Why,
    )
    from activities.policy import PolicyActivities
    from domain.access import Role, person_key, role_key
    from domain.pipeline import SALES, pipeline_kind
    from domain.process import Waiting
    from domain.task import Pace, ladder_of
    from workflows.deal import DealStart, DealWorkflow, deal_workflow_id
    from workflows.lead_act import ENDED, LeadActs
    from workflows.lead_message import LeadStart, lead_workflow_id

__all__ = ["LeadStart", "LeadWorkflow", "lead_workflow_id"]

BETTER = "DCBA"
"""Grades from the least to the best."""
WAITS = {"assigned": "first contact", "contacted": "next contact", "asleep": "asleep"}
"""What a lead's own timer is for."""


@workflow.defn(name="LeadWorkflow")
class LeadWorkflow(LeadActs):
    projection = LeadActivities.project_lead

    @workflow.init
    def __init__(self, start: LeadStart) -> None:
        self.begin(
            start.state
            or LeadState(
                record_id=start.lead_id, line_id=start.lead_id, region_id=start.region_id, owner_id=start.owner_id,
                amount=start.amount, currency=start.currency, customer_id=start.customer_id, matches=start.matches,
            )
        )  # fmt: skip
        self.start = start

    def renewed(self) -> LeadStart:
        return self.start.model_copy(update={"state": self.state})

    @workflow.run
    async def run(self, start: LeadStart) -> str:
        await self.live(self._tend())
        if self.touched_late:
            # They turned to us while it was ending: it begins again, as it does for whoever comes back later.
            workflow.continue_as_new(start.model_copy(update={"state": None, "owner_id": None, "matches": []}))
        return self.state.outcome or ""

    async def _tend(self) -> None:
        """Does what the state asks for, one thing after the other, and else waits: nothing else is remembered."""
        state = self.state
        while True:
            if state.to_weigh:
                await self._weigh()
            elif state.stage in ENDED:
                break
            elif self.qualified:
                await self._convert()
            elif state.stage == "new":
                await self._assign()
            elif self.unasked:
                await self._ask()
            else:
                self.planned = state.wake_at
                if not await self.wait(self._has_work, until=state.wake_at, summary=WAITS.get(state.stage)):
                    await self._time_is_up()
        if state.merged_into:
            merger = Merger(lead_id=state.record_id, into=state.merged_into)
            await self.perform(LeadActivities.merge_lead, merger, "tell the lead it is merged into")
        self.close(state.stage)
        self.change(f"lead.{state.stage}")

    def _has_work(self) -> bool:
        state = self.state
        todo = state.to_weigh or self.qualified or state.stage in (*ENDED, "new") or self.unasked
        return todo or state.wake_at != self.planned

    # --- its score ------------------------------------------------------------------------------------------------

    async def _weigh(self) -> None:
        state = self.state
        state.to_weigh = False
        fresh = not state.policies
        asked = Weighing(lead_id=state.record_id, policies=state.policies)
        weighed = await self.perform(LeadActivities.weigh_lead, asked, "score it")
        state.policies, state.rules = weighed.policies, weighed.rules
        was = state.grade
        state.score, state.grade, state.reasons = weighed.score.points, weighed.score.grade, weighed.score.reasons
        if fresh and (former := state.former or weighed.former):
            self._came_back(former)
        elif fresh:
            self.change("lead.captured", grade=state.grade, score=state.score)
        elif was != state.grade:
            self.change("lead.regraded", was_grade=was, grade=state.grade, score=state.score)
            await self._hurry(was or "D")
        else:
            self.change("lead.rescored", score=state.score)

    def _came_back(self, former: Former) -> None:
        """It had ended: it is opened again, and goes to who had it last where the policy says so."""
        state = self.state
        state.customer_id = state.customer_id or former.customer_id
        keeps = state.rules.to_last_owner
        lately = keeps is not None and (former.closed_at is None or former.closed_at + keeps > workflow.now())
        if state.reopened_by or lately:
            state.prefer = former.owner_id
        if former.stage == "converted":
            # It is a customer long since: whoever sold to them hears of it, and the deal goes its own way.
            state.stage, state.deal_id, state.owner_id = "converted", former.deal_id, former.owner_id
            self.change("lead.came_back", owner=former.owner_id, was_stage="converted")
            if former.owner_id:
                self.notify("lead.came_back", [person_key(former.owner_id)])
            return
        if not state.reopened_by:
            self.change("lead.came_back", owner=former.owner_id, was_stage="closed")

    async def _hurry(self, was: str) -> None:
        """A better grade is to be contacted sooner, counted from now; never later than it was to be."""
        state, task = self.state, self.first_contact
        if task is None or state.grade is None or BETTER.index(state.grade) <= BETTER.index(was):
            return
        now = workflow.now()
        asked = Allowed(version=state.policies["lead"], since=now, grade=state.grade)
        instants = await self.perform(LeadActivities.reckon_contact, asked, "until when")
        if task.open and task.due_at and instants.due < task.due_at:
            task.due_at, task.remind_at = instants.due, instants.remind
            state.due_at = state.wake_at = instants.due
            state.due_since = now
            self.change("lead.hurried", grade=state.grade)

    # --- whose it is ----------------------------------------------------------------------------------------------

    async def _turn(self) -> Turned:
        state = self.state
        assert state.grade is not None  # noqa: S101 - weighed before anything else
        turn = Turn(
            lead_id=state.record_id, region_id=state.region_id or "", version=state.policies["lead_assignment"],
            grade=state.grade, without=state.tried, at=workflow.now(), prefer=state.prefer,
        )  # fmt: skip
        turned = await self.perform(LeadActivities.take_turn, turn, "whose turn it is")
        if turned.owner_id:
            state.turned.append(turned.owner_id)
        return turned

    async def _assign(self) -> None:
        state = self.state
        if state.owner_id is not None and state.why is None:
            self.give_to(state.owner_id, Why(how="hand"))
            return
        turned = await self._turn()
        if state.stage != "new":
            return  # somebody took it meanwhile, or closed it
        state.prefer = None
        if turned.owner_id and turned.why:
            self.give_to(turned.owner_id, turned.why)
        else:
            self.pool(turned.why)

    async def _ask(self) -> None:
        """Opens the task with its instants: first contact for its owner, or a lead in the pool for the manager."""
        state = self.state
        stage, owner, since = state.stage, state.owner_id, workflow.now()
        grade = state.grade if stage == "assigned" else None
        asked = Allowed(version=state.policies["lead"], since=since, grade=grade)
        instants = await self.perform(LeadActivities.reckon_contact, asked, "until when")
        if (state.stage, state.owner_id) != (stage, owner) or not self.unasked:
            return
        ladder = ladder_of(Role.SALES, state.region_id)
        state.due_at, state.due_since = instants.due, since
        times = {"due_at": instants.due, "remind_at": instants.remind}
        if stage == "pooled":
            up = {"escalate_at": instants.due, "escalate_every": instants.due - since}
            self.open_task("assign_lead", [ladder[0]], Pace(), ladder=ladder[1:], **times, **up)
        else:
            assert owner is not None  # noqa: S101 - what is assigned has an owner
            # It is passed on when time is up, so that it needs no way up the line.
            self.open_task("first_contact", [person_key(owner)], Pace(), ladder=ladder, **times)
            state.wake_at = instants.due
        self.ask_for_review()

    # --- when time is up ------------------------------------------------------------------------------------------

    async def _time_is_up(self) -> None:
        state = self.state
        state.wake_at = None
        if state.stage == "assigned":
            await self._pass_on()
        elif state.stage == "asleep":
            state.due_at = state.due_since = None
            state.stage, state.prefer, state.tried = "new", state.owner_id, []
            self.change("lead.woke", owner=state.owner_id)
        elif state.stage == "contacted" and state.owner_id:
            self.change("lead.follow_up_due")
            self.notify("lead.follow_up_due", [person_key(state.owner_id)])

    async def _pass_on(self) -> None:
        """The time for first contact is up: the next in turn gets it, else the pool; and the manager knows."""
        state, late = self.state, self.state.owner_id
        if late:
            state.tried.append(late)
        state.passed += 1
        turned = Turned(owner_id=None) if state.passed > state.rules.passes else await self._turn()
        if state.stage != "assigned" or state.owner_id != late:
            return
        self.cancel_first_contact()
        self.change("lead.late", owner=late)
        manager = [role_key(Role.REGIONAL_MANAGER, state.region_id)]
        if turned.owner_id and turned.why:
            self.give_to(turned.owner_id, turned.why)
            self.notify("lead.passed_on", manager, late=late, owner=turned.owner_id)
        else:
            self.pool(turned.why)

    # --- what it becomes ------------------------------------------------------------------------------------------

    async def _convert(self) -> None:
        """Customer and contact are made once, whatever is repeated; the deal is a process of its own from here on."""
        state = self.state
        assert state.deal_id and state.owner_id and state.region_id  # noqa: S101, PT018 - a qualified lead has them
        conversion = Conversion(
            lead_id=state.record_id, owner_id=state.owner_id, region_id=state.region_id,
            customer_id=state.customer_id, contact_id=state.contact_id,
        )  # fmt: skip
        state.customer_id = await self.perform(LeadActivities.convert_lead, conversion, "make the customer")
        kind = pipeline_kind(state.pipeline or SALES)
        pipeline = await self.perform(PolicyActivities.pin_policy, kind, "read the pipeline")
        deal = DealStart(
            deal_id=state.deal_id, line_id=state.line_id, lead_id=state.record_id, customer_id=state.customer_id,
            region_id=state.region_id, owner_id=state.owner_id, currency=state.currency or "", pipeline=pipeline,
            **state.deal,
        )  # fmt: skip
        await self.start_once(DealWorkflow.run, deal, deal_workflow_id(state.deal_id))
        self.cancel_tasks()
        state.stage = "converted"

    def waiting(self) -> list[Waiting]:
        state, waits = self.state, super().waiting()
        owner = [person_key(state.owner_id)] if state.owner_id else []
        if state.stage == "contacted" and not self.qualified:
            reason = "lead.next_contact" if state.due_at else "lead.qualification"
            waits.append(
                Waiting(reason=reason, holders=owner, since=state.due_since or state.changed_at, due=state.due_at)
            )
        elif state.stage == "asleep":
            waits.append(Waiting(reason="lead.asleep", holders=owner, since=state.due_since, due=state.due_at))
        return waits
