"""A lead is assigned in turn, contacted in time or passed on, and ends as a customer with a deal, or closed."""

from datetime import date, timedelta
from typing import Any

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.lead import Conversion, LeadActivities, LeadState, Turn
    from activities.policy import PolicyActivities
    from domain.access import Action, Actor, Role, person_key, role_key
    from domain.lead import LeadPolicy
    from domain.pipeline import PipelinePolicy
    from domain.policy import load
    from domain.process import Command, Waiting
    from domain.refusal import Refused, forbidden
    from domain.task import HumanTask, Pace, ladder_of
    from workflows.deal import DealStart, DealWorkflow, deal_workflow_id
    from workflows.human_task import TaskProcess
    from workflows.process import command


def lead_workflow_id(lead_id: str) -> str:
    return f"lead/{lead_id}"


class LeadStart(BaseModel):
    """The lead's row was there first (a public form, an upload); `owner_id` where somebody took it by hand.

    `customer_id` is the customer it is known to come from, `matches` are those it likely comes from. Of a lead that had
    ended before, a start is its coming back.
    """

    lead_id: str
    region_id: str
    owner_id: str | None = None
    amount: int | None = None
    currency: str
    customer_id: str | None = None
    matches: list[dict[str, Any]] = []
    state: LeadState | None = None

    @property
    def line_id(self) -> str:
        """A line begins with its lead."""
        return self.lead_id


class LogContact(Command):
    """`how`: call, visit, wechat, mail."""

    how: str
    note: str = ""


class QualifyLead(Command):
    deal_id: str
    title: str
    amount: int
    close_on: date | None = None
    next_step: str | None = None


class CloseLead(Command):
    reason: str


@workflow.defn(name="LeadWorkflow")
class LeadWorkflow(TaskProcess[LeadState]):
    projection = LeadActivities.project_lead

    @workflow.init
    def __init__(self, start: LeadStart) -> None:
        self.begin(
            start.state
            or LeadState(
                record_id=start.lead_id, line_id=start.lead_id, region_id=start.region_id, owner_id=start.owner_id,
                amount=start.amount, currency=start.currency,
            )
        )  # fmt: skip
        self.start = start
        if start.state is None:
            self.change("lead.captured")

    def renewed(self) -> LeadStart:
        return self.start.model_copy(update={"state": self.state})

    @workflow.run
    async def run(self, start: LeadStart) -> str:
        await self.live(self._tend())
        return self.state.outcome or ""

    async def _tend(self) -> None:
        if "lead" not in self.state.policies:
            await self._pin_policy()
        if self.state.stage == "new":
            await self._assign()
        while self.state.stage == "assigned" and not await self.wait(
            lambda: self.state.stage != "assigned", until=self.state.due_at, summary="first contact"
        ):
            await self._pass_on()
        await self.wait(lambda: self._qualified or self.state.stage == "closed")
        if self._qualified:
            await self._convert()
        self.close(self.state.stage)
        self.change(f"lead.{self.state.stage}")

    # --- messages -------------------------------------------------------------------------------------------------

    def _may_work(self, asked: Command) -> None:
        state = self.state
        if not asked.actor.reaches(Action.LEAD_WORK, owner=state.owner_id, region=state.region_id):
            raise forbidden(Action.LEAD_WORK)
        if self._qualified or state.stage in ("converted", "closed"):
            raise Refused("lead_ended", 409, stage=state.stage)

    def _may_qualify(self, asked: Command) -> None:
        self._may_work(asked)
        if self.state.owner_id is None:
            raise Refused("lead_unassigned", 409)

    @command(_may_work)
    def contact(self, asked: LogContact) -> None:
        if self.state.stage in ("new", "assigned"):
            self.state.stage = "contacted"
            self.state.due_at = None
        self.change("lead.contacted", actor=asked.actor.id, how=asked.how, note=asked.note)
        self._close_first_contact(asked.actor, "contacted")

    @command(_may_qualify)
    def qualify(self, asked: QualifyLead) -> dict[str, str]:
        self.state.deal_id = asked.deal_id
        self.state.deal = asked.model_dump(mode="json", include={"title", "amount", "close_on", "next_step"})
        self.state.deal["by"] = asked.actor.id
        if self.state.stage in ("new", "assigned"):
            self.state.stage = "contacted"
            self.state.due_at = None
        self.change("lead.qualified", actor=asked.actor.id, title=asked.title, amount=asked.amount)
        self._close_first_contact(asked.actor, "qualified")
        return {"deal_id": asked.deal_id}

    @command(_may_work)
    def dismiss(self, asked: CloseLead) -> None:
        self.state.stage = "closed"
        self.state.due_at = None
        self.state.close_reason = asked.reason
        self.change("lead.dismissed", actor=asked.actor.id, reason=asked.reason)
        self._close_first_contact(asked.actor, "closed")

    # --- steps ----------------------------------------------------------------------------------------------------

    @property
    def _qualified(self) -> bool:
        return self.state.deal_id is not None

    @property
    def _first_contact(self) -> HumanTask | None:
        return next((t for t in self.state.open_tasks if t.kind == "first_contact"), None)

    async def _pin_policy(self) -> None:
        pinned = await self.perform(PolicyActivities.pin_policy, LeadPolicy.kind, "read the lead policy")
        policy = load(LeadPolicy, pinned.document)
        self.state.policies["lead"] = pinned.version
        self.state.first_contact = policy.first_contact.total_seconds()
        self.state.remind = policy.remind.total_seconds()

    async def _next_owner(self) -> str | None:
        turn = Turn(lead_id=self.state.record_id, region_id=self.state.region_id or "", without=self.state.tried)
        return await self.perform(LeadActivities.take_turn, turn, "whose turn it is")

    async def _assign(self) -> None:
        owner = self.state.owner_id or await self._next_owner()
        if owner is not None:
            self._give_to(owner)
            return
        # Nobody sells in the region: its manager (or whoever is above) takes the lead in hand.
        self.state.stage = "assigned"
        self.change("lead.unassigned")
        self._ask_for_contact([role_key(Role.REGIONAL_MANAGER, self.state.region_id)])

    async def _pass_on(self) -> None:
        """The time for first contact is up: the next in turn gets it, and the manager knows."""
        late = self.state.owner_id
        owner = await self._next_owner()
        if self.state.stage != "assigned":
            return
        self.state.due_at = None
        if owner is None:
            self.change("lead.late", owner=late)
            return
        if task := self._first_contact:
            task.status, task.decided_at = "cancelled", workflow.now()
        self._give_to(owner)
        manager = [role_key(Role.REGIONAL_MANAGER, self.state.region_id)]
        self.notify("lead.passed_on", manager, late=late, owner=owner)

    def _give_to(self, owner: str) -> None:
        self.state.owner_id = owner
        self.state.tried.append(owner)
        self.state.stage = "assigned" if self.state.stage == "new" else self.state.stage
        self.change("lead.assigned", owner=owner)
        if self.state.stage == "assigned":
            self._ask_for_contact([person_key(owner)])

    def _ask_for_contact(self, holders: list[str]) -> None:
        allowed = timedelta(seconds=self.state.first_contact)
        pace = Pace(allowed=allowed, remind=timedelta(seconds=self.state.remind))
        task = self.open_task("first_contact", holders, pace, ladder=ladder_of(Role.SALES, self.state.region_id))
        self.state.due_at = task.due_at

    def _close_first_contact(self, by: Actor, outcome: str) -> None:
        if task := self._first_contact:
            self.close_task(task, by.id, outcome, behalf_of=task.on_behalf(by))

    async def _convert(self) -> None:
        """Customer and contact are made once, whatever is repeated; the deal is a process of its own from here on."""
        state = self.state
        assert state.deal_id and state.owner_id and state.region_id  # noqa: S101, PT018 - a qualified lead has them
        conversion = Conversion(lead_id=state.record_id, owner_id=state.owner_id, region_id=state.region_id)
        state.customer_id = await self.perform(LeadActivities.convert_lead, conversion, "make the customer")
        pipeline = await self.perform(PolicyActivities.pin_policy, PipelinePolicy.kind, "read the pipeline")
        deal = DealStart(
            deal_id=state.deal_id, line_id=state.line_id, lead_id=state.record_id, customer_id=state.customer_id,
            region_id=state.region_id, owner_id=state.owner_id, currency=state.currency or "", pipeline=pipeline,
            **state.deal,
        )  # fmt: skip
        await self.start_once(DealWorkflow.run, deal, deal_workflow_id(state.deal_id))
        state.stage = "converted"

    def waiting(self) -> list[Waiting]:
        waits = super().waiting()
        if not waits and self.state.stage == "contacted" and not self._qualified:
            owner = [person_key(self.state.owner_id)] if self.state.owner_id else []
            waits.append(Waiting(reason="lead.qualification", holders=owner, since=self.state.changed_at))
        return waits
