"""What people do with a ticket, and what reaches it from outside: each an update or a signal, refused where it may
not be."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.ticket import SAID_KEPT, Said, Spoken
    from domain.access import Action, person_key
    from domain.process import Command
    from domain.refusal import Refused, forbidden
    from domain.ticket import ENDED, UNASSIGNED, Act, may
    from workflows.human_task import HolderLeft
    from workflows.process import command
    from workflows.ticket_clock import TicketClocks
    from workflows.ticket_message import (
        AssignTicket,
        ChangeTicket,
        CloseTicket,
        Joined,
        MergeInto,
        NoteTicket,
        ReopenTicket,
        ReplyTicket,
        ResolveTicket,
        Seen,
        SplitOff,
        TierChanged,
        WaitTicket,
    )
    from workflows.ticket_routing import TicketRouting


class TicketActs(TicketClocks, TicketRouting):
    """`planned` is the instant the process waits for; `late` what the customer wrote while it was ending."""

    planned: datetime | None = None
    late: list[Said] | None = None

    @property
    def ended(self) -> bool:
        return self.state.stage in ENDED

    # --- who may --------------------------------------------------------------------------------------------------

    def _may(self, asked: Command, act: Act, action: Action = Action.TICKET_WORK) -> None:
        state = self.state
        if not asked.actor.reaches(action, owner=state.owner_id, region=state.region_id):
            raise forbidden(action)
        if not may(act, state.stage):
            raise Refused("ticket_not_now", 409, stage=state.stage, into=state.merged_into)

    def _may_say(self, asked: Seen, act: Act) -> None:
        """Who answers must have read what was said last, or say that they know."""
        self._may(asked, act)
        read, said = asked.seen_at, self.state.last_said_at
        if not asked.anyway and read is not None and said is not None and read < said:
            raise Refused("ticket_moved", 409, at=said.isoformat())

    def _may_reply(self, asked: ReplyTicket) -> None:
        self._may_say(asked, "reply")

    def _may_note(self, asked: NoteTicket) -> None:
        self._may(asked, "note")

    def _may_take(self, asked: Command) -> None:
        self._may(asked, "take")

    def _may_assign(self, asked: AssignTicket) -> None:
        self._may(asked, "assign")

    def _may_wait_customer(self, asked: WaitTicket) -> None:
        self._may(asked, "wait_customer")

    def _may_wait_third(self, asked: WaitTicket) -> None:
        self._may(asked, "wait_third")

    def _may_go_on(self, asked: Command) -> None:
        self._may(asked, "go_on")

    def _may_resolve(self, asked: ResolveTicket) -> None:
        self._may_say(asked, "resolve")

    def _may_reopen(self, asked: ReopenTicket) -> None:
        """A process that has only just begun again does not know yet how its ticket stood: the command looked."""
        if self.state.received:
            self._may(asked, "reopen")

    def _may_change(self, asked: ChangeTicket) -> None:
        self._may(asked, "prioritise")

    def _may_merge(self, asked: MergeInto) -> None:
        self._may(asked, "merge")
        if asked.into == self.state.record_id:
            raise Refused("merge_itself", 409)

    def _may_close(self, asked: CloseTicket) -> None:
        self._may(asked, "close")

    # --- acts -----------------------------------------------------------------------------------------------------

    @command(_may_reply)
    def reply(self, asked: ReplyTicket) -> dict[str, str]:
        """An answer to the customer. Nobody's ticket becomes the ticket of who answers it."""
        state, by = self.state, asked.actor.id
        if state.owner_id is None and state.stage != "resolved":
            self._give(by, by, "taken")
        state.answered_at = workflow.now()
        state.last_said_at = max(asked.at, state.last_said_at or asked.at)
        self.agent_answered(workflow.now())
        self.change("ticket.replied", actor=by, message=asked.message_id)
        self._speak(asked.message_id)
        if asked.then == "resolve" and state.stage != "resolved":
            self._resolve(by)
        elif asked.then in ("wait_customer", "wait_third") and may(asked.then, state.stage):
            self._wait(by, "waiting_customer" if asked.then == "wait_customer" else "waiting_third", None, None)
        self._touched(by)
        return {"message_id": asked.message_id}

    @command(_may_note)
    def note(self, asked: NoteTicket) -> dict[str, str]:
        self.change("ticket.noted", actor=asked.actor.id, message=asked.message_id)
        self._speak(asked.message_id)
        self._touched(asked.actor.id)
        return {"message_id": asked.message_id}

    @command(_may_take)
    def take(self, asked: Command) -> None:
        if self.state.owner_id != asked.actor.id:
            self._give(asked.actor.id, asked.actor.id, "taken")
        self._touched(asked.actor.id)

    @command(_may_assign)
    def assign(self, asked: AssignTicket) -> None:
        if self.state.owner_id != asked.to:
            self._give(asked.to, asked.actor.id, "assigned", asked.why)

    @command(_may_wait_customer)
    def wait_for_customer(self, asked: WaitTicket) -> None:
        self._wait(asked.actor.id, "waiting_customer", asked.until, asked.why)
        self._touched(asked.actor.id)

    @command(_may_wait_third)
    def wait_for_third(self, asked: WaitTicket) -> None:
        self._wait(asked.actor.id, "waiting_third", asked.until, asked.why)
        self._touched(asked.actor.id)

    @command(_may_go_on)
    def work_on(self, asked: Command) -> None:
        """The wait is over, though nobody wrote."""
        self._ours_again()
        self.change("ticket.went_on", actor=asked.actor.id)
        self._touched(asked.actor.id)

    @command(_may_resolve)
    def resolve(self, asked: ResolveTicket) -> None:
        if self.state.owner_id is None:
            self._give(asked.actor.id, asked.actor.id, "taken")
        self._resolve(asked.actor.id, asked.why)
        self._touched(asked.actor.id)

    @command(_may_reopen)
    def reopen(self, asked: ReopenTicket) -> None:
        state = self.state
        state.reopened_by = asked.actor.id
        if state.received:
            self.open_again(asked.actor.id, asked.why)

    @command(_may_change)
    def alter(self, asked: ChangeTicket) -> None:
        """Priority, kind or queue, each told with what it was: its clocks are reckoned anew."""
        state, by = self.state, asked.actor.id
        if asked.priority and asked.priority != state.priority:
            self.change("ticket.prioritised", actor=by, was=state.priority, now=asked.priority, **_told(note=asked.why))
            state.priority, state.to_reckon = asked.priority, True
        if asked.kind and asked.kind != state.kind:
            self.change("ticket.rekinded", actor=by, was=state.kind, now=asked.kind, **_told(note=asked.why))
            state.kind, state.to_reckon = asked.kind, True
        if asked.queue and asked.queue != state.queue:
            self.change("ticket.requeued", actor=by, was=state.queue, now=asked.queue, **_told(note=asked.why))
            self._requeue(asked.queue)
        self._touched(by)

    @command(_may_merge)
    def merge(self, asked: MergeInto) -> None:
        state = self.state
        state.stage, state.merged_into = "merged", asked.into
        self._stands_still()
        self.stop_clocks(workflow.now())
        self.change("ticket.merged", actor=asked.actor.id, ticket=asked.into)

    @command(_may_close)
    def close_now(self, asked: CloseTicket) -> None:
        state = self.state
        state.stage = "closed"
        self._stands_still()
        self.stop_clocks(workflow.now())
        kind = "ticket.spam" if asked.spam else "ticket.closed"
        self.change(kind, actor=asked.actor.id, **_told(note=asked.why))

    # --- what reaches it from outside -----------------------------------------------------------------------------

    @workflow.signal(name="customer_wrote")
    def hear(self, said: Said) -> None:
        """Their words are in the conversation already. What comes while it is ending opens it again."""
        state = self.state
        if said.id in state.heard:
            return
        state.heard = [*state.heard, said.id][-SAID_KEPT:]
        if state.closed_at is not None or self.ended:
            self.late = [*(self.late or []), said]
        elif state.received:
            self.take_in(said)
        else:
            state.unheard.append(said)

    @workflow.signal
    def joined(self, joined: Joined) -> None:
        """Another ticket was merged into this one: what was said there was said here."""
        state = self.state
        if joined.ticket_id in state.joined:
            return
        state.joined.append(joined.ticket_id)
        state.to_reckon = True
        self.change("ticket.joined", ticket=joined.ticket_id)
        if state.owner_id:
            self.notify("ticket.joined", [person_key(state.owner_id)], number=state.title)
        if state.received and state.stage == "resolved":
            self.open_again("system")

    @workflow.signal
    def tier_changed(self, news: TierChanged) -> None:
        """What its customer is promised is another: its clocks are reckoned anew. News may come in any order."""
        state = self.state
        if self.ended or (state.tier_at and news.at < state.tier_at):
            return
        state.tier_at = news.at
        self.serve(news.tier, news.by)

    def serve(self, tier: str, by: str = "system") -> None:
        """By another tier from now on."""
        state = self.state
        if tier != state.tier:
            self.change("ticket.tier_changed", actor=by, was=state.tier, now=tier)
            state.tier, state.to_reckon = tier, True

    @workflow.signal
    def split_off(self, split: SplitOff) -> None:
        """A message of this ticket goes on in one of its own."""
        if split.ticket_id in self.state.split:
            return
        self.state.split.append(split.ticket_id)
        self.state.last_said_at = split.last_said_at
        self.change("ticket.split", actor=split.by, ticket=split.ticket_id)

    @workflow.signal
    def holder_left(self, left: HolderLeft) -> None:
        """What was theirs goes back to its queue."""
        state = self.state
        if left.person == state.owner_id and not self.ended and state.stage != "resolved":
            self.change("ticket.owner_left", owner=left.person)
            state.owner_id, state.untouched_at = None, None
            if state.stage == "assigned":
                state.stage = "queued"
            state.to_turn = True
        super().holder_left(left)

    # --- steps that acts and the process share --------------------------------------------------------------------

    def take_in(self, said: Said) -> None:
        """What the customer wrote: an answer is owed, and what was resolved opens again unless they only say thanks."""
        state = self.state
        if said.automatic:
            self.change("ticket.automatic", message=said.id)
            return
        state.last_said_at = max(said.at, state.last_said_at or said.at)
        state.said_at = said.at
        if state.stage in ("resolved", "closed") and not said.says_more:
            self.change("ticket.thanked", message=said.id)
            return
        self.change("ticket.customer_wrote", message=said.id)
        if state.stage in ("resolved", "closed"):
            self.open_again("system")
        elif state.stage in ("waiting_customer", "waiting_third"):
            self._ours_again()
        self.customer_wrote(said.at)
        if state.owner_id:
            self.notify("ticket.customer_wrote", [person_key(state.owner_id)], number=state.title)

    def open_again(self, by: str, why: str | None = None) -> None:
        """It is somebody's work again: of who had it last, or in its queue."""
        state = self.state
        state.resolved_at = state.wake_at = None
        state.stage = "assigned" if state.owner_id else "queued"
        state.to_turn = state.owner_id is None
        state.to_reckon = True
        self.go_on(workflow.now())
        self.change("ticket.reopened", actor=by, **_told(note=why))
        if state.owner_id and state.owner_id != by:
            self.notify("ticket.reopened", [person_key(state.owner_id)], number=state.title)

    def give_to(
        self, owner: str, *, actor: str = "system", how: str = "turn", why: str | None = None,
        told: Mapping[str, int] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        """By routing or by hand: it is theirs, and goes back unless they touch it in time. `told` says of how many who
        could, and with how many in hand."""
        self._give(owner, actor, how, why, told)

    def _give(
        self, owner: str, by: str, how: str, why: str | None = None, told: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        state = self.state
        state.owner_id, state.to_turn = owner, False
        if state.stage in UNASSIGNED:
            state.stage = "assigned"
        state.untouched_at = workflow.now() + state.rules.untouched if state.rules.untouched and owner != by else None
        self.change("ticket.assigned", actor=by, owner=owner, how_given=how, **_told(note=why), **told)
        if owner != by:
            self.notify("ticket.assigned", [person_key(owner)], number=state.title)

    def _requeue(self, queue: str) -> None:
        """Whoever had it has it no longer: the other queue's people take their turn."""
        state = self.state
        state.queue, state.owner_id, state.untouched_at = queue, None, None
        state.routing.queue_since, state.routing.tried = None, []
        if state.stage in ("new", "triage", "queued", "assigned"):
            state.stage = "queued"
        state.to_turn = True

    def _touched(self, by: str) -> None:
        if by == self.state.owner_id:
            self.state.untouched_at = None

    def _speak(self, message_id: str) -> None:
        self.state.spoken.append(Spoken(id=message_id, revision=self.state.revision))

    def _wait(self, by: str, stage: str, until: datetime | None, why: str | None) -> None:
        state = self.state
        if state.owner_id is None:
            self._give(by, by, "taken")
        state.stage, state.wake_at = stage, until
        self.pause(workflow.now(), stage)
        self.change(f"ticket.{stage}", actor=by, **_told(note=why, until=until))

    def _ours_again(self) -> None:
        state = self.state
        state.stage = "assigned" if state.owner_id else "queued"
        state.to_turn, state.wake_at = state.owner_id is None, None
        self.go_on(workflow.now())

    def _resolve(self, by: str, why: str | None = None) -> None:
        state, now = self.state, workflow.now()
        state.stage, state.resolved_at, state.wake_at = "resolved", now, now + state.rules.closes
        state.untouched_at, state.to_turn = None, False
        self.stop_clocks(now)
        self.cancel_tasks()
        self.change("ticket.resolved", actor=by, **_told(note=why))

    def _stands_still(self) -> None:
        state = self.state
        state.wake_at = state.untouched_at = None
        state.to_turn = state.to_reckon = False
        self.cancel_tasks()


def _told(**params: object) -> Mapping[str, object]:
    """What there is to say, as an event keeps it."""
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in params.items() if v not in (None, "")}
