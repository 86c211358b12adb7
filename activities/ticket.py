"""Tickets: the policy they live by, their rows, what a merged one leaves to another."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import select
from temporalio import activity

from activities.process import ProcessActivities
from db.policy import current_policy
from db.ticket import Ticket, change_ticket, goes_on_as, take_over, tell_ticket
from db.ticket_clock import shown as shown_clocks
from db.ticket_clock import write_clocks
from db.ticket_message import take_spoken
from db.ticket_tier import tier_for
from db.ticket_turn import settle_ticket_turns, tell_next_waiting
from domain.policy import load
from domain.process import ProcessState
from domain.routing import RoutingState
from domain.ticket import ServicePolicy
from domain.ticket_clock import Happened, TicketClock

SAID_KEPT = 300
"""Messages a ticket remembers to have heard, so that one told twice is heard once."""
ANSWERS_KEPT = 50
"""Answers to commands that an ended ticket remembers."""


class Said(BaseModel):
    """A message as the process knows it: never its words. `says_more`: it is more than thanks."""

    id: str
    by: Literal["customer", "agent", "system"] = "customer"
    at: datetime
    automatic: bool = False
    says_more: bool = True


class Spoken(BaseModel):
    """A message of ours that the read model is to show, and to mail where it is an answer."""

    id: str
    revision: int


class ServiceRules(BaseModel):
    """What of the service policy the process goes by."""

    closes: timedelta = timedelta(days=5)
    untouched: timedelta | None = None


class TicketState(ProcessState):
    """`owner_id` is the assignee. `to_turn`: somebody is to be found for it; `to_reckon`: its clocks are to be
    reckoned anew. `wake_at` is when its stage ends by itself, `untouched_at` when it goes back if nobody touches it.
    `history` is what its clocks are reckoned from; `absorbed` the merged tickets whose history is in it, `hand_to` the
    roles that the ladder hands it to, `moved_policy` the policy it was just moved to another version of.
    `tier_at` is when its customer's tier last changed while it was open.
    `last_said_at` is when the latest message but notes was written: who answers must have read that far.
    """

    stage: str = "new"
    kind: str = "question"
    channel: str = "form"
    priority: str = "normal"
    tier: str = "standard"
    tier_at: datetime | None = None
    language: str = "zh_CN"
    contact_id: str | None = None
    queue: str | None = None
    rules: ServiceRules = ServiceRules()
    history: list[Happened] = []
    clocks: list[TicketClock] = []
    absorbed: list[str] = []
    hand_to: list[str] = []
    moved_policy: str | None = None
    routing: RoutingState = RoutingState()
    received: bool = False
    to_turn: bool = False
    to_reckon: bool = False
    wake_at: datetime | None = None
    untouched_at: datetime | None = None
    unheard: list[Said] = []
    heard: list[str] = []
    last_said_at: datetime | None = None
    said_at: datetime | None = None
    answered_at: datetime | None = None
    spoken: list[Spoken] = []
    resolved_at: datetime | None = None
    merged_into: str | None = None
    joined: list[str] = []
    split: list[str] = []
    reopened_by: str | None = None

    def confirm(self, revision: int) -> None:
        super().confirm(revision)
        self.spoken = [one for one in self.spoken if one.revision > revision]

    @property
    def to_keep(self) -> dict[str, Any]:
        """What it goes on from when it is opened again."""
        passing = {"events", "notices", "answers", "tasks", "waiting", "unheard", "spoken", "revision", "run_id"}
        answers = {key: given.model_dump() for key, given in list(self.answers.items())[-ANSWERS_KEPT:]}
        return self.model_dump(mode="json", exclude=passing) | {"answers": answers}


class Receiving(BaseModel):
    ticket_id: str


class Received(BaseModel):
    """The policies it lives by, its customer's tier, and how it stood where it had ended before."""

    policies: dict[str, int]
    tier: str | None = None
    rules: ServiceRules
    former: dict[str, Any] | None = None


class MergeTicket(BaseModel):
    """`into` is the ticket that goes on, as it was when somebody asked. `unheard` came after the ticket had ended."""

    ticket_id: str
    into: str
    unheard: list[Said] = []


class TicketActivities(ProcessActivities):
    @activity.defn
    async def project_ticket(self, state: TicketState) -> None:
        async with self.projecting("ticket", state) as session:
            if session is None:
                return
            shown = {
                "kind", "priority", "stage", "customer_id", "region_id", "queue", "tier", "merged_into", "resolved_at",
                "closed_at", "said_at", "answered_at", "revision",
            }  # fmt: skip
            row = state.model_dump(include=shown) | {"assignee_id": state.owner_id}
            if state.closed_at is not None:
                row |= {"kept": state.to_keep, "merging_into": None}
            row |= shown_clocks(state.clocks)
            was = await change_ticket(session, row | {"id": state.record_id})
            await write_clocks(
                session, state.record_id, state.clocks, state.history, policies=state.policies,
                region_id=str(state.region_id), queue=state.queue, assignee_id=state.owner_id, tier=state.tier,
            )  # fmt: skip
            if was.assignee_id != state.owner_id or state.routing.turned:
                await settle_ticket_turns(session, state.record_id, state.owner_id, state.routing.turned)
            if was.in_hand and (was.stage, was.assignee_id) != (state.stage, state.owner_id):
                await tell_next_waiting(session, str(state.region_id), f"{state.record_id}/{state.revision}")
            if state.spoken:
                await take_spoken(session, state.record_id, [one.id for one in state.spoken])

    @activity.defn
    async def receive_ticket(self, asked: Receiving) -> Received:
        """The service policy from now on; of a ticket that had ended, how it stood."""
        async with self.db.session() as session:
            version, document = await current_policy(session, ServicePolicy.kind)
            former = await session.scalar(select(Ticket.kept).where(Ticket.id == asked.ticket_id))
            tier = await tier_for(session, asked.ticket_id)
        policy = load(ServicePolicy, document)
        rules = ServiceRules(closes=policy.closes, untouched=policy.untouched)
        return Received(policies={ServicePolicy.kind: version}, rules=rules, former=former, tier=tier)

    @activity.defn
    async def merge_ticket(self, merger: MergeTicket) -> str:
        """What was said goes over to the ticket that goes on, which hears of it, also where it had ended. Once."""
        async with self.db.session() as session:
            on = await goes_on_as(session, merger.into)
            assert on is not None  # noqa: S101 - the command saw it, and no ticket is ever deleted
            await take_over(session, merger.ticket_id, on.id)
            await tell_ticket(session, on, "joined", {"ticket_id": merger.ticket_id}, merger.ticket_id)
            for said in merger.unheard:
                await tell_ticket(session, on, "customer_wrote", said.model_dump(mode="json"), said.id)
        return on.id
