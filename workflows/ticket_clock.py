"""The clocks of a ticket: begun, paused, reckoned anew from its history, and what happens at their instants.

What happened is noted at once, with the instant it happened at; what follows from it for the clocks is zone arithmetic
and left to an activity, which the process asks as its next step (`to_reckon`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.ticket import TicketState
    from activities.ticket_clock import Handover, Reckoned, Reckoning, TicketClockActivities
    from domain.access import Action, Role, person_key, role_key
    from domain.process import Answer, Command, Given
    from domain.refusal import Refused, forbidden
    from domain.sla import Rung
    from domain.task import Pace, ladder_of
    from domain.ticket import ENDED
    from domain.ticket_clock import BREACH, Due, Happened, TicketClock, What, due_by, next_wake
    from workflows.human_task import TaskCommand, TaskProcess
    from workflows.process import command

WARNINGS = {"amber": "ticket.amber", "red": "ticket.red"}
UNDER_WAY = ("reopened", "went_on")


class MoveSla(Command):
    """The ticket goes on under another version of the service levels or of the calendars."""

    policies: dict[str, int]


class SlaMoved(BaseModel):
    """The same as news, for one of many that were picked; `by` whom."""

    policies: dict[str, int]
    by: str


class SeenTo(TaskCommand):
    """A step of the ladder that was a task is done."""

    comment: str | None = None


class TicketClocks(TaskProcess[TicketState]):
    reckoning = False
    reckoning_long = False
    """What is reckoned could not be at once: nobody waits for it any more."""
    leaving = False
    """In this run nobody reckons any more: the next one does."""

    async def start_clocks(self) -> None:
        """Those of first response and resolution run from when it came in, or as its past says."""
        state = self.state
        opened = state.opened_at or workflow.now()
        state.history = state.history or [Happened(at=opened, what="opened", facts=self._facts())]
        await self.reckon()

    def customer_wrote(self, at: datetime) -> None:
        self._happened("customer", at)

    def agent_answered(self, at: datetime) -> None:
        self._happened("agent", at)

    def pause(self, at: datetime, why: str) -> None:
        self._happened("paused", at, why)

    def go_on(self, at: datetime) -> None:
        ended = [one.what for one in self.state.history if one.what in ("resolved", "ended", "reopened")]
        self._happened("reopened" if ended and ended[-1] != "reopened" else "went_on", at)

    def stop_clocks(self, at: datetime) -> None:
        self._happened("resolved" if self.state.stage == "resolved" else "ended", at)

    def _happened(self, what: What, at: datetime, why: str = "") -> None:
        """What fell due before it is told first, also where the worker was away meanwhile.

        A message that opens the ticket again does so when it was written, not when it was heard.
        """
        state, history = self.state, self.state.history
        if not history:
            return  # its clocks have not begun: what was said before is part of how it came in
        self._tell_due(workflow.now())
        if what == "customer" and history[-1].what in UNDER_WAY and at < history[-1].at:
            history[-1] = history[-1].model_copy(update={"at": max(at, history[-2].at)})
        state.history = [*history, Happened(at=max(at, state.history[-1].at), what=what, why=why)]
        state.to_reckon = True

    def _facts(self) -> dict[str, str]:
        state = self.state
        return {
            "tier": state.tier, "ticket_kind": state.kind, "channel": state.channel, "priority": state.priority,
        }  # fmt: skip

    # --- reckoning ------------------------------------------------------------------------------------------------

    async def reckon(self) -> None:
        """Every instant anew, from the ticket's own history and what was said in those merged into it."""
        self.reckoning, self.reckoning_long, self.state.to_reckon = True, False, False
        try:
            if self.state.history:
                await self._reckon()
        finally:
            self.reckoning = False

    def presentable(self) -> bool:
        """A change and the clocks it leads to are shown as one, so that nobody sees it with the clocks of before."""
        return not self.reckoning or self.reckoning_long or self.leaving

    async def settled(self, given: Given) -> Answer:
        """Not before the clocks show it, too: whoever answered a ticket sees when it is due next."""
        state = self.state
        await workflow.wait_condition(
            lambda: self.lagging or self.leaving or not (state.to_reckon or self.reckoning) or not state.received
        )
        return await super().settled(given.model_copy(update={"revision": max(given.revision, state.revision)}))

    async def wait(
        self, condition: Callable[[], bool], *, until: datetime | None = None, summary: str | None = None
    ) -> bool:
        try:
            return await super().wait(condition, until=until, summary=summary)
        except BaseException:
            self.leaving = True
            raise

    async def _reckon(self) -> None:
        state, now = self.state, workflow.now()
        why = self._learn(now)
        joined = [one for one in state.joined if one not in state.absorbed]
        asked = Reckoning(
            ticket_id=state.record_id, history=state.history, clocks=[clock.model_copy() for clock in state.clocks],
            policies=state.policies,
            joined=joined, now=now,
        )  # fmt: skip
        length = len(state.history)
        found = await self._reckoned(asked)
        since = state.history[length:]  # what happened meanwhile is reckoned next
        state.history = [*found.history, *since]
        state.absorbed = [*state.absorbed, *joined]
        state.policies = {**state.policies, **found.policies}
        before = {clock.no: clock for clock in state.clocks}
        asked_of = {clock.no: clock.done for clock in asked.clocks}
        for clock in found.clocks:  # what was told while it was reckoned is told
            old = before.get(clock.no)
            clock.done += [mark for mark in (old.done if old else []) if mark not in asked_of.get(clock.no, [])]
        state.clocks = found.clocks
        self._close_seen_to()
        self._tell_moved(before, "joined" if joined else why)
        self._next_revision()
        await self.what_is_due(workflow.now())

    def _learn(self, now: datetime) -> str:
        """Notes what the rules ask of the ticket and what became different, and says why its clocks are reckoned."""
        state = self.state
        known: dict[str, str] = {}
        for one in state.history:
            known.update(one.facts)
        news = {name: value for name, value in self._facts().items() if known.get(name) != value}
        if news:
            at = max(now, state.history[-1].at)
            state.history = [*state.history, Happened(at=at, what="facts", facts=news)]
        moved, state.moved_policy = state.moved_policy, None
        return moved or next(iter(news), state.history[-1].what)

    async def _reckoned(self, asked: Reckoning) -> Reckoned:
        """In the worker itself, since it reads and changes nothing; when that fails, as any activity."""
        try:
            found: Reckoned = await workflow.execute_local_activity_method(
                TicketClockActivities.reckon_clocks,
                asked,
                schedule_to_close_timeout=timedelta(seconds=2),
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
            return found
        except FailureError as failure:
            if is_cancelled_exception(failure):
                raise
        self.reckoning_long = True
        return await self.perform(TicketClockActivities.reckon_clocks, asked, "reckon the clocks")

    def _tell_moved(self, before: dict[int, TicketClock], why: str) -> None:
        """Old due, new due and why, of each clock that goes on and is due at another time."""
        for clock in self.state.clocks:
            old = before.get(clock.no)
            if old is not None and old.due_at != clock.due_at and clock.ended_at is None:
                self.change(
                    "ticket.due_moved", clock=clock.kind, due_was=old.due_at.isoformat(),
                    due_now=clock.due_at.isoformat(), due_why=why,
                )  # fmt: skip

    # --- what falls due -------------------------------------------------------------------------------------------

    def next_wake(self) -> datetime | None:
        return next_wake(self.state.clocks)

    async def what_is_due(self, now: datetime) -> None:
        """Warnings, breaches and steps of ladders up to now: each once, in the order of their instants."""
        self._tell_due(now)
        while self.state.hand_to:
            role = self.state.hand_to.pop(0)
            asked = Handover(
                ticket_id=self.state.record_id, role=role, region_id=self.state.region_id, without=self.state.owner_id
            )
            taker = await self.perform(TicketClockActivities.find_taker, asked, "find who takes the ticket over")
            if taker and self.state.stage not in ("resolved", "closed", "merged"):
                self.give_to(taker, how="ladder")

    def give_to(
        self, owner: str, *, actor: str = "system", how: str = "turn", why: str | None = None,
        told: Mapping[str, int] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        """The ticket is theirs; a subclass says what follows from it."""
        raise NotImplementedError

    def _tell_due(self, now: datetime) -> None:
        for due in due_by(self.state.clocks, now):
            due.clock.done = [*due.clock.done, due.mark]
            if due.mark == BREACH:
                self._told("ticket.breached", due)
            elif due.mark in WARNINGS:
                self._told(WARNINGS[due.mark], due)
                self._notify(WARNINGS[due.mark], self._with_whom(), due)
            else:
                self._climb(due, due.clock.ladder[int(due.mark.removeprefix("rung."))])

    def _told(self, kind: str, due: Due, **more: Any) -> None:
        self.change(kind, clock=due.clock.kind, due_now=due.clock.due_at.isoformat(), **more)

    def _notify(self, kind: str, holders: list[str], due: Due) -> None:
        self.notify(kind, holders, number=self.state.title, clock=due.clock.kind)

    def _climb(self, due: Due, rung: Rung) -> None:
        """One step of the ladder."""
        holders = self._with_whom() if rung.who == "assignee" else [role_key(Role(rung.who), self.state.region_id)]
        self._told("ticket.climbed", due, level=due.clock.level - 1, ladder_act=rung.act, ladder_whom=rung.who)
        if rung.act == "notify":
            self._notify("ticket.breached", holders, due)
        elif rung.act == "reassign":
            self.state.hand_to = [*self.state.hand_to, rung.who]
        else:
            above = [] if rung.who == "assignee" else ladder_of(Role(rung.who), self.state.region_id)
            self.open_task("ticket_overdue", holders, Pace(), ladder=above, params={"clock": due.clock.kind})

    def _close_seen_to(self) -> None:
        """Nobody is asked any more to see to a clock that has ended, late as it was."""
        left = {clock.kind for clock in self.state.clocks if clock.ended_at is None}
        for task in self.state.open_tasks:
            if task.kind == "ticket_overdue" and task.params.get("clock") not in left:
                self.cancel_task(task)

    def _with_whom(self) -> list[str]:
        """Who has the ticket, or whoever could take it."""
        if self.state.owner_id:
            return [person_key(self.state.owner_id)]
        return [role_key(Role.SUPPORT_AGENT, self.state.region_id)]

    # --- what people do with it -----------------------------------------------------------------------------------

    def _may_see_to(self, asked: SeenTo) -> None:
        if self.decidable(asked).kind != "ticket_overdue":
            raise Refused("not_decidable", 409)

    @command(_may_see_to)
    def see_to(self, asked: SeenTo) -> None:
        task = self.state.task(asked.task_id)
        assert task is not None  # noqa: S101 - the validator saw it in the same turn
        self.close_task(task, asked.actor.id, "done", asked.comment, task.on_behalf(asked.actor))

    def _may_move_sla(self, asked: MoveSla) -> None:
        if asked.actor.scope(Action.POLICY_MANAGE) is None:
            raise forbidden(Action.POLICY_MANAGE)
        if self.state.closed_at is not None or not self.state.history:
            raise Refused("ticket_not_now", 409, stage=self.state.stage, into=None)

    @command(_may_move_sla)
    def move_sla(self, asked: MoveSla) -> None:
        """Its clocks are reckoned under these versions from now on; those that ended keep what they ended under."""
        self._go_by(asked.policies, asked.actor.id)

    @workflow.signal
    def sla_moved(self, news: SlaMoved) -> None:
        """What has ended meanwhile stays as it is; told twice, it is done once."""
        state = self.state
        known = all(state.policies.get(kind) == no for kind, no in news.policies.items())
        if state.history and state.closed_at is None and state.stage not in ENDED and not known:
            self._go_by(news.policies, news.by)

    def _go_by(self, policies: dict[str, int], by: str) -> None:
        state = self.state
        state.policies = {**state.policies, **policies}
        state.moved_policy, state.to_reckon = next(iter(policies), "sla"), True
        self.change("ticket.sla_moved", actor=by, **{kind: str(no) for kind, no in policies.items()})
