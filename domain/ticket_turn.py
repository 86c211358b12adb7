"""Who of a queue's agents gets a ticket: on duty, able, with room, senior for those who are served first, in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import BaseModel

from domain.routing import Queue, RoutingPolicy

Why = Literal["away", "off_duty", "full", "had", "skill", "language"]


class Agent(NamedTuple):
    """An agent of the ticket's region: levels of skills and of languages (1 to 3), tickets in hand, and when they
    last got one. `languages` is empty where nobody has said any: then they take every language."""

    person: str
    skills: Mapping[str, int]
    languages: Mapping[str, int]
    open: int
    last: datetime | None
    on_duty: bool = True
    away: bool = False

    def level(self, queue: Queue) -> int:
        """Their least level in what the queue needs; where it needs nothing, their best in anything."""
        needed = [self.skills.get(skill, 0) for skill in queue.skills]
        return min(needed) if needed else max(self.skills.values(), default=0)


class PassedOver(BaseModel):
    """Somebody who could not take the ticket, and why."""

    person: str
    why: Why


class TicketChoice(BaseModel):
    """Why somebody got a ticket: of how many who could have, with how many in hand, who was passed over.

    `senior`: senior agents were asked first, `of` counts them alone where one took it.
    """

    of: int = 0
    open: int = 0
    last: datetime | None = None
    senior: bool = False
    over: list[PassedOver] = []


class Case(NamedTuple):
    """What of a ticket the choice depends on. `language` is zh_CN or en; `without` had it before."""

    queue: Queue
    tier: str | None
    language: str | None
    without: Sequence[str] = ()


def choose_agent(policy: RoutingPolicy, case: Case, agents: Sequence[Agent]) -> tuple[str | None, TicketChoice]:
    """Of those who can, who has least in hand; of several, whose last ticket is longest ago.

    While nobody's skills were ever said, none are asked for.
    """
    if not any(agent.skills for agent in agents):
        case = case._replace(queue=case.queue.model_copy(update={"skills": ()}))
    over: list[PassedOver] = []
    able: list[Agent] = []
    for agent in agents:
        why = unable(policy, case, agent)
        if why is None:
            able.append(agent)
        else:
            over.append(PassedOver(person=agent.person, why=why))
    seniors = [agent for agent in able if agent.level(case.queue) >= policy.senior_level]
    served_first = case.tier in policy.senior_tiers and bool(seniors)
    asked = seniors if served_first else able
    first = min(asked, key=lambda one: (one.open, one.last is not None, one.last or 0, one.person), default=None)
    if first is None:
        return None, TicketChoice(over=over)
    return first.person, TicketChoice(of=len(asked), open=first.open, last=first.last, senior=served_first, over=over)


def unable(policy: RoutingPolicy, case: Case, agent: Agent) -> Why | None:
    if not all(agent.skills.get(skill) for skill in case.queue.skills):
        return "skill"
    if case.language and agent.languages and case.language not in agent.languages:
        return "language"
    if agent.away:
        return "away"
    if not agent.on_duty:
        return "off_duty"
    if agent.person in case.without:
        return "had"
    return "full" if agent.open >= policy.capacity.of(agent.person) else None
