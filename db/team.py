"""What waits for a team: by person or role and by age, and the tasks themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Text, and_, any_, case, cast, false, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from db.person import OrgUnit, Person, team_of, units_within
from db.process import Task
from db.task import Groups, Listed, Sought, deadline, filters, page_of
from domain.access import COMPANY_WIDE, Action, Actor, Role, Scope, role_key

Age = Literal["overdue", "today", "later"]
EVERYTHING = Sought()
MOST = 500
"""People and roles listed."""

asked = case(
    (Task.claimed_by.is_not(None), array([literal("person:") + cast(Task.claimed_by, Text)])), else_=Task.holders
)
"""The holder keys a task waits for: of who has taken it on, else of everybody it is open to."""


@dataclass(frozen=True)
class TeamSought:
    """The filters in force: `who` is a holder key. Ages are told by `now` and the reader's `tomorrow`."""

    now: datetime
    tomorrow: datetime
    who: str | None = None
    age: Age | None = None
    others: Sought = EVERYTHING


class Load(NamedTuple):
    """What waits for one person or role; `oldest` is when the first of it was opened."""

    key: str
    overdue: int
    today: int
    later: int
    oldest: datetime

    @property
    def every(self) -> int:
        return self.overdue + self.today + self.later


async def list_loads(session: AsyncSession, actor: Actor, sought: TeamSought) -> list[Load]:
    """Who has most that is overdue comes first, then who has most. A task open to several counts for each."""
    key = func.unnest(asked).table_valued("key").render_derived()
    loads = (
        select(key.c.key, *_by_age(sought), func.min(Task.opened_at))
        .select_from(Task)
        .join(key, true())
        .where(*_within(actor, sought))
        .group_by(key.c.key)
        .order_by(*(column.desc() for column in _by_age(sought)[:1]), func.count().desc(), key.c.key)
        .limit(MOST)
    )
    if sought.who:
        loads = loads.where(key.c.key == sought.who)
    return [Load._make(row) for row in await session.execute(loads)]


async def count_ages(session: AsyncSession, actor: Actor, sought: TeamSought) -> Groups:
    """Of all ages, each task once."""
    counts = select(*_by_age(sought)).select_from(Task).where(*_within(actor, sought))
    return Groups(*(await session.execute(counts)).one())


async def list_team_tasks(
    session: AsyncSession, actor: Actor, sought: TeamSought, *, after: str | None = None, limit: int = 100
) -> list[Listed]:
    """By time left; `after` is the id of the last one already seen."""
    rows = select(Task).where(*_within(actor, sought))
    if sought.age:
        rows = rows.where(_aged(sought)[sought.age])
    return await page_of(session, rows, after=after, limit=limit)


async def find_team_tasks(session: AsyncSession, actor: Actor, task_ids: Sequence[str]) -> list[Listed]:
    """Those of the tasks that are open and of the actor's team."""
    return await page_of(session, select(Task).where(Task.id.in_(task_ids), *_of_team(actor)))


async def regions_within(session: AsyncSession, actor: Actor) -> list[OrgUnit]:
    """The regions whose tasks the actor sees, by code."""
    regions = select(OrgUnit).where(OrgUnit.kind == "region").order_by(OrgUnit.code)
    if actor.scope(Action.TEAM_READ) != Scope.ALL:
        regions = regions.where(OrgUnit.id.in_(actor.regions))
    return list(await session.scalars(regions))


def _within(actor: Actor, sought: TeamSought) -> list[ColumnElement[bool]]:
    found = [*_of_team(actor), *filters(sought.others)]
    if sought.who:
        found.append(literal(sought.who) == any_(asked))
    return found


def _of_team(actor: Actor) -> list[ColumnElement[bool]]:
    """Open tasks of everybody, of one's regions and the people in them, or of the people below."""
    scope = actor.scope(Action.TEAM_READ)
    if scope == Scope.ALL:
        return [Task.status == "open"]
    regional = Task.region_id.in_(actor.regions) if scope == Scope.REGION else false()
    return [Task.status == "open", or_(regional, _asks_people_of(actor, scope))]


def _asks_people_of(actor: Actor, scope: Scope | None) -> ColumnElement[bool]:
    """Tasks open by name to the people below somebody, or in their regions."""
    below = and_(Person.id.in_(team_of(actor.id)), Person.id != actor.id)
    if scope == Scope.REGION:
        below = or_(below, *(Person.unit_id.in_(units_within(region)) for region in sorted(actor.regions)))
    keys = select(func.array_agg(literal("person:") + cast(Person.id, Text))).where(below).scalar_subquery()
    asks: ColumnElement[bool] = Task.holders.overlap(keys)
    return asks


def asks_somebody_of(actor: Actor) -> ColumnElement[bool]:
    """Tasks that the actor may hand on: what only others are asked for, such as superiors, is not theirs to give."""
    scope = actor.scope(Action.TASK_HAND_ON)
    if scope == Scope.ALL:
        return true()
    roles = {role_key(role, region) for role in set(Role) - COMPANY_WIDE for region in actor.regions}
    return or_(Task.holders.overlap(sorted(roles | actor.holder_keys)), _asks_people_of(actor, scope))


def _by_age(sought: TeamSought) -> list[Any]:
    return [func.count().filter(condition) for condition in _aged(sought).values()]


def _aged(sought: TeamSought) -> dict[Age, ColumnElement[bool]]:
    return {
        "overdue": deadline < sought.now,
        "today": and_(deadline >= sought.now, deadline < sought.tomorrow),
        "later": deadline >= sought.tomorrow,
    }
