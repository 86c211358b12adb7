"""Reckons a ticket's clocks by the policies it runs under, and finds who takes over what the ladder hands on."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import func, select
from temporalio import activity

from activities.process import ProcessActivities
from db.calendar import Calendars
from db.holder import holders
from db.policy import find_version
from db.ticket import Ticket
from db.ticket_clock import histories
from domain.access import Role, role_key
from domain.calendar import CalendarPolicy
from domain.policy import load
from domain.sla import FACTS, SlaPolicy
from domain.ticket import OPEN
from domain.ticket_clock import Happened, TicketClock, absorbed, reckon

PLAIN = {"tier": "standard", "ticket_kind": "question", "channel": "api", "priority": "normal"}
"""What a ticket counts as where the rules do not know its answer."""
KEPT = 40
"""Versions of the policies that a worker keeps ready."""


class Reckoning(BaseModel):
    """`policies` are the versions the ticket runs under; of those it has not yet, the ones in force are taken.

    `joined` are tickets merged into it since it was reckoned last.
    """

    ticket_id: str
    history: list[Happened]
    clocks: list[TicketClock] = []
    policies: dict[str, int] = {}
    joined: list[str] = []
    now: datetime


class Reckoned(BaseModel):
    history: list[Happened]
    clocks: list[TicketClock]
    policies: dict[str, int]


class Handover(BaseModel):
    """Somebody with the role in the region is to take the ticket, but not who has it."""

    ticket_id: str
    role: str
    region_id: str | None
    without: str | None = None


class TicketClockActivities(ProcessActivities):
    _rules: dict[int, SlaPolicy] = {}
    _calendars: dict[int, Calendars] = {}

    @activity.defn
    async def reckon_clocks(self, asked: Reckoning) -> Reckoned:
        """Every clock anew, from the ticket's history: changes nothing, so it may be asked twice."""
        async with self.db.session() as session:
            versions: dict[str, int] = {}
            for kind in (SlaPolicy.kind, CalendarPolicy.kind):
                found = await find_version(session, kind, asked.policies.get(kind))
                versions[kind] = found.version
                if kind == SlaPolicy.kind and found.version not in self._rules:
                    _make_room(self._rules)
                    self._rules[found.version] = load(SlaPolicy, found.document)
                elif kind == CalendarPolicy.kind and found.version not in self._calendars:
                    _make_room(self._calendars)
                    self._calendars[found.version] = Calendars(load(CalendarPolicy, found.document))
            others = await histories(session, asked.joined) if asked.joined else {}
        history = [known_facts(one) for one in asked.history]
        for other in others.values():
            history = absorbed(history, other)
        policy, known = self._rules[versions[SlaPolicy.kind]], self._calendars[versions[CalendarPolicy.kind]]
        clocks = reckon(history, policy, known.working_time, asked.clocks, asked.now)
        return Reckoned(history=history, clocks=clocks, policies=versions)

    @activity.defn
    async def find_taker(self, asked: Handover) -> str | None:
        """Of those who hold the role the one with the fewest open tickets; None: nobody but who has it."""
        async with self.db.session() as session:
            people = await holders(session, [role_key(Role(asked.role), asked.region_id)])
            able = [person for person in people if person != asked.without]
            query = (
                select(Ticket.assignee_id, func.count())
                .where(Ticket.assignee_id.in_(able), Ticket.stage.in_(OPEN))
                .group_by(Ticket.assignee_id)
            )
            load_of = dict((await session.execute(query)).all())
        return min(able, key=lambda person: (load_of.get(person, 0), person), default=None)


def known_facts(one: Happened) -> Happened:
    facts = {key: value if value in FACTS[key] else PLAIN[key] for key, value in one.facts.items() if key in FACTS}
    return one.model_copy(update={"facts": facts})


def _make_room(kept: dict[int, SlaPolicy] | dict[int, Calendars]) -> None:
    if len(kept) >= KEPT:
        kept.clear()
