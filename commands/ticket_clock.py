"""Open tickets go on under another version of the service levels or of the calendars, where somebody asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from activities.ticket_clock import known_facts
from commands.desk import Desk
from db.audit import record
from db.calendar import Calendars
from db.outbox import enqueue_all
from db.policy import find_version
from db.ticket import Ticket
from db.ticket_clock import TicketHistory, open_among, open_under_other, running
from domain.access import Action, Actor
from domain.calendar import CalendarPolicy
from domain.policy import load
from domain.process import Answer
from domain.refusal import Refused, invalid
from domain.sla import SlaPolicy
from domain.ticket_clock import Happened, TicketClock, reckon
from workflows.ticket import TicketWorkflow
from workflows.ticket_clock import MoveSla

MOST = 500
"""Tickets listed and moved in one go."""
AT_ONCE = 20
"""So many are moved while somebody waits for it; of more each is told, and moves within moments."""
COUNTED_BY = (SlaPolicy.kind, CalendarPolicy.kind)
"""The policies whose versions a ticket's clocks run under."""


@dataclass(frozen=True)
class Moved:
    """One clock of a ticket that runs: when it is due now, and when under the other version; None: it would not run."""

    kind: str
    was: datetime
    now: datetime | None


@dataclass(frozen=True)
class Move:
    ticket: Ticket
    version: int
    clocks: list[Moved]


class TicketClockCommands:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def preview(self, actor: Actor, kind: str, version: int, most: int = MOST) -> list[Move]:
        """The open tickets under another version, what is due next first, with every due time before and after."""
        actor.require(Action.POLICY_MANAGE)
        async with self.desk.db.session(actor.id) as session:
            rows = await open_under_other(session, actor, kind, version, most)
            known = await running(session, [ticket.id for ticket, _ in rows])
            rules = {version: (await find_version(session, kind, version)).document}
            other = next(one for one in COUNTED_BY if one != kind)
            others: dict[int, dict[str, Any]] = {}
            for _, log in rows:
                no = int(log.policies[other])
                if no not in others:
                    others[no] = (await find_version(session, other, no)).document
        # A few hundred histories take a while, and nobody else should wait for them.
        return await asyncio.to_thread(_moves, kind, rules[version], other, others, rows, known)

    async def move(
        self, actor: Actor, key: str, kind: str, version: int, ticket_ids: Sequence[str]
    ) -> dict[str, Answer | Refused]:
        """Each ticket by itself: what is refused for one holds up no other."""
        actor.require(Action.POLICY_MANAGE)
        await self._check(actor, kind, version, ticket_ids)
        few = asyncio.Semaphore(8)

        async def one(ticket_id: str) -> Answer | Refused:
            async with few:
                try:
                    return await self.desk.update(
                        actor, f"{key}/{ticket_id}", "ticket", ticket_id, TicketWorkflow.move_sla, MoveSla,
                        policies={kind: version},
                    )  # fmt: skip
                except Refused as refused:
                    return refused

        ends = await asyncio.gather(*map(one, ticket_ids))
        return dict(zip(ticket_ids, ends, strict=True))

    async def move_many(self, actor: Actor, key: str, kind: str, version: int, ticket_ids: Sequence[str]) -> int:
        """One transaction that leaves each ticket the news, once per key: as many as are open and within reach.

        What is restarted meanwhile loses none of them. What ends before it hears stays as it was.
        """
        actor.require(Action.POLICY_MANAGE)
        await self._check(actor, kind, version, ticket_ids)
        news = {"policies": {kind: version}, "by": actor.id}
        async with self.desk.db.session(actor.id) as session:
            told = {
                f"ticket/{one}/moved/{key}": {"id": f"ticket/{one}", "signal": "sla_moved", "input": news}
                for one in await open_among(session, actor, ticket_ids)
            }
            if told:
                await enqueue_all(session, "signal", told)
                await record(session, actor.id, "MoveSla", f"policy/{kind}", version=version, tickets=len(told))
        return len(told)

    async def _check(self, actor: Actor, kind: str, version: int, ticket_ids: Sequence[str]) -> None:
        if kind not in COUNTED_BY:
            raise invalid("policy_kind_unknown", "kind", kind=kind, known=sorted(COUNTED_BY))
        if len(ticket_ids) > MOST:
            raise invalid("too_many", "tickets", most=MOST)
        async with self.desk.db.session(actor.id) as session:
            await find_version(session, kind, version)


def _moves(
    kind: str, document: dict[str, Any], other: str, others: dict[int, dict[str, Any]],
    rows: Sequence[tuple[Ticket, TicketHistory]], known: dict[str, list[tuple[int, str, datetime]]],
) -> list[Move]:  # fmt: skip
    policies = {no: load(SlaPolicy, one) for no, one in others.items()} if kind != SlaPolicy.kind else {}
    hours = {no: Calendars(load(CalendarPolicy, one)) for no, one in others.items()} if kind == SlaPolicy.kind else {}
    new_policy = load(SlaPolicy, document) if kind == SlaPolicy.kind else None
    new_hours = Calendars(load(CalendarPolicy, document)) if kind == CalendarPolicy.kind else None
    found = []
    for ticket, log in rows:
        no = int(log.policies[other])
        policy, calendar = new_policy or policies[no], new_hours or hours[no]
        after = {clock.no: clock for clock in _after(log, policy, calendar)}
        clocks = [
            Moved(name, due, after[number].due_at if number in after else None)
            for number, name, due in known[ticket.id]
        ]
        found.append(Move(ticket, int(log.policies[kind]), clocks))
    return found


def _after(log: TicketHistory, policy: SlaPolicy, calendar: Calendars) -> list[TicketClock]:
    history = [known_facts(Happened.model_validate(one)) for one in log.history]
    try:
        return reckon(history, policy, calendar.working_time, now=datetime.now(UTC))
    except Refused:
        return []
