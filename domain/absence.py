"""Absences: who is away, and who has their tasks meanwhile, over chains and circles of substitutes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Any, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from domain.access import Actor, Authority, StandIn
from domain.refusal import invalid
from domain.task import KINDS, TaskKind

LONGEST = timedelta(days=366)
FURTHEST = timedelta(days=2 * 366)
"""How far ahead an absence may begin."""
REASON_MAX = 500

Key = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=REASON_MAX)]


class AbsencePlan(BaseModel):
    """When somebody is away (`ends_at` is the first moment back), and who has which of their tasks.

    `substitute` is a holder key: `person:<id>`, or `role:<role>:<region id>` (company-wide roles: `*`) for whoever
    holds it. Without `kinds` every kind of task is handed over.
    """

    model_config = ConfigDict(extra="forbid")

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    substitute: Key
    kinds: frozenset[TaskKind] = frozenset()
    reason: Reason | None = None

    def check_times(self, now: datetime) -> None:
        """Raises Refused (422)."""
        if self.ends_at <= self.starts_at:
            raise invalid("ends_before_start", "ends_at")
        if self.ends_at <= now:
            raise invalid("absence_past", "ends_at")
        if self.ends_at - self.starts_at > LONGEST:
            raise invalid("absence_too_long", "ends_at", days=LONGEST.days)
        if self.starts_at - now > FURTHEST:
            raise invalid("absence_too_far", "starts_at", days=FURTHEST.days)


class AbsenceChange(BaseModel):
    """Parts of a plan that are to be otherwise; None: as it is."""

    model_config = ConfigDict(extra="forbid")

    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    substitute: Key | None = None
    kinds: frozenset[TaskKind] | None = None
    reason: Reason | None = None

    @property
    def asked(self) -> dict[str, Any]:
        return {name: value for name, value in self if value is not None}


class Away(NamedTuple):
    """Somebody is away; whoever holds the key `substitute` has their tasks of `kinds`, of every kind where empty."""

    person: str
    substitute: str
    kinds: frozenset[str] = frozenset()

    def covers(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds


def takers(away: Iterable[Away], keys: Mapping[str, frozenset[str]], kind: str) -> dict[str, frozenset[str]]:
    """Who has the tasks of one kind of each absent person: {absent: substitutes}, none of whom is away themselves.

    `keys` are the holder keys of everybody concerned who is with the company. A substitute who is away passes on to
    their own. Nobody is left where all of them are away and stand in for each other, or have left: then the tasks stay
    where they are.
    """
    asked: dict[str, set[str]] = defaultdict(set)
    for one in away:
        if one.covers(kind):
            asked[one.person].add(one.substitute)
    following = {
        person: {other for other, held in keys.items() if not held.isdisjoint(substitutes)}
        for person, substitutes in asked.items()
    }
    return {person: _there(person, following) for person in asked}


def _there(person: str, following: Mapping[str, set[str]]) -> frozenset[str]:
    """Everybody to be reached from a person through people who are away."""
    seen, ahead = {person}, [person]
    while ahead:
        for other in following.get(ahead.pop(), ()):
            if other not in seen:
                seen.add(other)
                ahead.append(other)
    return frozenset(seen - following.keys())


class Roster:
    """Who is away at one moment, and `people`: those concerned who are with the company."""

    def __init__(self, away: Collection[Away], people: Iterable[Authority]) -> None:
        self.away = away
        self.people = {person.id: person for person in people}

    @cached_property
    def takers(self) -> dict[str, dict[str, frozenset[str]]]:
        """{kind of task: {absent person: substitutes}}."""
        keys = {person.id: person.holder_keys for person in self.people.values()}
        return {kind: takers(self.away, keys, kind) for kind in KINDS}

    def takers_of(self, person: str) -> frozenset[str]:
        """Whoever has any of an absent person's tasks."""
        return frozenset().union(*(substitutes.get(person, ()) for substitutes in self.takers.values()))

    def acting(self, authority: Authority) -> Actor:
        """A person as an actor, with those they stand in for."""
        taken: dict[str, set[str]] = defaultdict(set)
        handed: set[str] = set()
        for kind, substitutes in self.takers.items():
            for absent, others in substitutes.items():
                if authority.id in others:
                    taken[absent].add(kind)
                elif authority.id == absent and others:
                    handed.add(kind)
        stand_ins = tuple(
            StandIn(**self.people[absent].model_dump(), kinds=frozenset() if len(kinds) == len(KINDS) else kinds)
            for absent, kinds in sorted(taken.items())
            if absent in self.people
        )
        return Actor(**authority.model_dump(), acting_for=stand_ins, handed_over=frozenset(handed))

    def told_instead(self, holders: Collection[str], kind: str) -> dict[str, frozenset[str]]:
        """Who hears of a task in place of its absent holders: {absent person: substitutes}."""
        return {
            absent: others
            for absent, others in self.takers.get(kind, {}).items()
            if others and absent in self.people and not self.people[absent].holder_keys.isdisjoint(holders)
        }

    def unattended(self, person: str) -> bool:
        """Whether nobody has some of the tasks that an absence hands over."""
        return any(substitutes.get(person) == frozenset() for substitutes in self.takers.values())
