"""A ticket comes in, finds its queue and its person, is answered, waits, is resolved, and closes by itself."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.ticket import MergeTicket, Receiving, TicketActivities, TicketState
    from domain.access import Role, person_key, role_key
    from domain.process import Waiting
    from domain.ticket_clock import most_urgent
    from workflows.ticket_act import TicketActs
    from workflows.ticket_message import TicketStart, ticket_workflow_id

__all__ = ["TicketStart", "TicketWorkflow", "ticket_workflow_id"]


@workflow.defn(name="TicketWorkflow")
class TicketWorkflow(TicketActs):
    projection = TicketActivities.project_ticket

    @workflow.init
    def __init__(self, start: TicketStart) -> None:
        self.begin(
            start.state
            or TicketState(
                record_id=start.ticket_id, line_id=start.ticket_id, region_id=start.region_id, title=start.number,
                customer_id=start.customer_id, contact_id=start.contact_id, owner_id=start.owner_id, kind=start.kind,
                channel=start.channel, priority=start.priority, tier=start.tier, language=start.language,
                unheard=start.unheard, heard=[said.id for said in start.unheard], opened_at=start.opened_at,
            )
        )  # fmt: skip
        self.start = start

    def renewed(self) -> TicketStart:
        return self.start.model_copy(update={"state": self.state, "unheard": []})

    @workflow.run
    async def run(self, start: TicketStart) -> str:
        await self.live(self._tend())
        if self.late:
            # They wrote while it was ending: it begins again, as it does for whoever writes later.
            workflow.continue_as_new(start.model_copy(update={"state": None, "unheard": self.late}))
        return self.state.outcome or ""

    async def _tend(self) -> None:
        """Does what the state asks for, one thing after the other, and else waits: nothing else is remembered."""
        state = self.state
        while True:
            if not state.received:
                await self._receive()
            elif state.to_reckon:
                await self.reckon()
            elif self.ended:
                break
            elif state.stage == "new":
                await self.route()
            elif state.to_turn:
                state.to_turn = False
                await self.take_turn()
            else:
                self.planned = self._next()
                if not await self.wait(self._has_work, until=self.planned, summary=state.stage):
                    await self._time_is_up()
        if state.merged_into:
            merger = MergeTicket(ticket_id=state.record_id, into=state.merged_into, unheard=state.unheard)
            state.merged_into = await self.perform(TicketActivities.merge_ticket, merger, "tell the other ticket")
        self.close(state.stage)
        self.change("ticket.ended", stage=state.stage)

    def _has_work(self) -> bool:
        state = self.state
        return self.ended or state.to_reckon or state.to_turn or state.stage == "new" or self._next() != self.planned

    def _next(self) -> datetime | None:
        """The next instant at which something happens by itself."""
        state = self.state
        instants = [self.next_wake(), self.turn_wake(), state.wake_at, state.untouched_at]
        return min((at for at in instants if at), default=None)

    # --- it comes in ----------------------------------------------------------------------------------------------

    async def _receive(self) -> None:
        """What its process lives by is fixed now; a ticket that had ended goes on from where it stood."""
        state = self.state
        asked = Receiving(ticket_id=state.record_id)
        received = await self.perform(TicketActivities.receive_ticket, asked, "read the service policy")
        if received.former is not None:
            self._come_back(TicketState.model_validate(received.former))
            self.serve(received.tier or state.tier)
            return
        state.policies, state.rules = {**state.policies, **received.policies}, received.rules
        state.received = True
        for said in state.unheard:
            state.last_said_at = state.said_at = said.at
        state.unheard = []
        if not state.events:  # else it was brought with its past
            self.change("ticket.received", channel=state.channel)
        await self.start_clocks()
        self.serve(received.tier or state.tier)

    def _come_back(self, former: TicketState) -> None:
        """As it was, but for what happened since its process began again."""
        now, unheard = self.state, self.state.unheard
        passing = {
            "events": now.events, "notices": now.notices, "answers": {**former.answers, **now.answers},
            "revision": now.revision, "changed_at": now.changed_at, "run_id": now.run_id, "spoken": now.spoken,
            "heard": [*former.heard, *now.heard], "joined": [*former.joined, *now.joined],
            "reopened_by": now.reopened_by, "closed_at": None, "outcome": None, "unheard": [],
        }  # fmt: skip
        for name, value in former.model_copy(update=passing).__dict__.items():
            setattr(now, name, value)
        if now.stage == "merged":
            now.unheard = unheard  # it goes on elsewhere, and so does what they wrote
            return
        if now.reopened_by or now.joined != former.joined:
            self.open_again(now.reopened_by or "system")
            now.reopened_by = None
        for said in unheard:
            self.take_in(said)

    async def _project_for_ever(self) -> None:
        """Not before it is known how the ticket stood: its rows would be those of a new one."""
        await workflow.wait_condition(lambda: self.state.received)
        await super()._project_for_ever()

    # --- when time is up ------------------------------------------------------------------------------------------

    async def _time_is_up(self) -> None:
        state, now = self.state, workflow.now()
        await self.what_is_due(now)
        if (at := self.turn_wake()) and at <= now:
            state.to_turn = True
        if state.untouched_at and state.untouched_at <= now:
            state.untouched_at = None
            await self.untouched()
        if state.wake_at and state.wake_at <= now:
            state.wake_at = None
            if state.stage == "resolved":
                state.stage = "closed"
            elif state.stage in ("waiting_customer", "waiting_third"):
                self._ours_again()
                self.change("ticket.wait_over")
                if state.owner_id:
                    self.notify("ticket.wait_over", [person_key(state.owner_id)], number=state.title)

    def waiting(self) -> list[Waiting]:
        state, waits = self.state, super().waiting()
        lead = [role_key(Role.SUPPORT_LEAD, state.region_id)]
        agents = [role_key(Role.SUPPORT_AGENT, state.region_id)]
        holders = {"triage": lead, "queued": agents}.get(state.stage, [])
        if state.stage == "assigned" and state.owner_id:
            holders = [person_key(state.owner_id)]
        if state.stage not in ("new", "closed", "merged"):
            running = most_urgent(state.clocks)
            due = state.wake_at or self.turn_wake() or (running.due_at if running and running.running else None)
            waits.append(Waiting(reason=f"ticket.{state.stage}", holders=holders, since=state.changed_at, due=due))
        return waits
