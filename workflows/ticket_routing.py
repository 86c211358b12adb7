"""How a ticket finds its queue, and the person who answers it."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from pydantic import BaseModel
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.ticket import TicketState
    from activities.ticket_routing import AskQueue, AskTurn, TicketRoutingActivities, TicketTurned
    from domain.access import Role, person_key, role_key
    from domain.routing import RoutingPolicy
    from domain.ticket import PRIORITIES
    from workflows.human_task import TaskProcess

TURNED_KEPT = 50
"""People whom turns gave a ticket to, of whom it remembers so many."""
NEGATIVE_IS = "high"


class PeopleChanged(BaseModel):
    """`key` names the change."""

    key: str


class TicketRouting(TaskProcess[TicketState]):
    def give_to(
        self, owner: str, *, actor: str = "system", how: str = "turn", why: str | None = None,
        told: Mapping[str, int] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        """Given by `workflows.ticket_act`."""
        raise NotImplementedError

    # --- its queue ------------------------------------------------------------------------------------------------

    async def route(self) -> None:
        """Its stage is `queued` afterwards, or `triage` where a person must choose."""
        state, routing = self.state, self.state.routing
        asked = AskQueue(
            ticket_id=state.record_id, no=routing.routed + 1, version=state.policies.get(RoutingPolicy.kind),
            queue=state.queue, kind=state.kind, priority=state.priority,
        )  # fmt: skip
        routed = await self.perform(TicketRoutingActivities.route_ticket, asked, "find its queue")
        state.policies = {**state.policies, RoutingPolicy.kind: routed.version}
        routing.routed += 1
        routing.guesses, routing.model = routed.guesses, routed.model
        if routed.negative and PRIORITIES.index(state.priority) < PRIORITIES.index(NEGATIVE_IS):
            self.change("ticket.sounds_bad", was=state.priority, now=NEGATIVE_IS)
            state.priority, state.to_reckon = NEGATIVE_IS, True
        if state.stage != "new":
            return  # somebody took it meanwhile, gave it a queue, or closed it
        routing.by, routing.row, routing.confidence = routed.by, routed.row, routed.confidence
        state.queue = routed.queue
        if state.owner_id is not None:
            state.stage = "assigned"
            self.change("ticket.queued", queue=state.queue, by=routed.by)
        elif routed.queue is None:
            state.stage = "triage"
            self.change("ticket.triaged")
            self.notify("ticket.triaged", [role_key(Role.SUPPORT_LEAD, state.region_id)], number=state.title)
        else:
            state.stage, state.to_turn = "queued", True
            self.change("ticket.queued", queue=state.queue, by=routed.by)

    # --- its person -----------------------------------------------------------------------------------------------

    async def take_turn(self) -> None:
        """Whoever is on duty has it, or it waits in its queue."""
        state, routing, queue, now = self.state, self.state.routing, self.state.queue, workflow.now()
        if queue is None or not self._waits_in(queue):
            return
        asked = AskTurn(
            ticket_id=state.record_id, region_id=state.region_id or "", queue=queue,
            version=state.policies.get(RoutingPolicy.kind), tier=state.tier, language=state.language,
            without=routing.tried, at=now,
        )  # fmt: skip
        turned = await self.perform(TicketRoutingActivities.take_ticket_turn, asked, "whose turn it is")
        if turned.owner_id:
            routing.turned = [*routing.turned, turned.owner_id][-TURNED_KEPT:]
        if not self._waits_in(queue):
            self._next_revision()  # the turn is settled with the rows, so that it takes nobody's room
            return
        if turned.owner_id:
            routing.queue_since = routing.next_at = routing.tell_at = None
            choice = turned.why
            self.give_to(
                turned.owner_id, how="senior" if choice.senior else "turn", told={"of": choice.of, "open": choice.open}
            )
        else:
            self._nobody(turned, now)

    def _waits_in(self, queue: str) -> bool:
        state = self.state
        return state.stage == "queued" and state.owner_id is None and state.queue == queue

    def _nobody(self, turned: TicketTurned, now: datetime) -> None:
        """It waits for the next shift, or for somebody's hands to be free; its lead hears of it in time."""
        state, routing = self.state, self.state.routing
        first = routing.queue_since is None
        routing.tried = []  # who let it lie is asked again before it lies for ever
        routing.next_at = turned.next_at
        if first:
            routing.queue_since = now
            routing.tell_at = now + turned.tell_after if turned.tell_after else None
            why = "off_duty" if turned.off_duty else "full"
            self.change("ticket.nobody", queue=state.queue, why=why, until=_iso(turned.next_at))
        elif routing.tell_at and routing.tell_at <= now:
            routing.tell_at = None
            lead = person_key(turned.lead) if turned.lead else role_key(Role.SUPPORT_LEAD, state.region_id)
            self.change("ticket.lead_told", queue=state.queue)
            self.notify("ticket.nobody", [lead], number=state.title)
        else:
            self._next_revision()

    def turn_wake(self) -> datetime | None:
        """When somebody is on duty next, or the lead is to hear that nobody is."""
        routing = self.state.routing
        if self.state.stage != "queued" or self.state.owner_id is not None:
            return None
        return min((at for at in (routing.next_at, routing.tell_at) if at), default=None)

    async def untouched(self) -> None:
        """Assigned, and nobody touched it: it goes back, and to somebody else."""
        state, late = self.state, self.state.owner_id
        if state.stage != "assigned" or late is None:
            return
        state.routing.tried.append(late)
        state.routing.came_back += 1
        state.routing.queue_since = None
        state.owner_id, state.untouched_at = None, None
        state.stage, state.to_turn = "queued", True
        self.change("ticket.untouched", owner=late)
        self.notify("ticket.untouched", [person_key(late)], number=state.title)

    @workflow.signal
    def people_changed(self, news: PeopleChanged) -> None:
        """Somebody's shifts or skills are others now: whose turn it is is asked anew."""
        if self.state.received and self.state.stage == "queued" and self.state.owner_id is None:
            self.state.to_turn = True


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
