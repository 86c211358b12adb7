"""Leads as lists and pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.lead import Lead
from db.person import OrgUnit, Person
from db.process import Task
from db.scope import Whose, narrowed, visible, within
from domain.access import Actor
from domain.lead import OPEN

STAGES = (*OPEN, "asleep", "converted", "closed")
Due = Literal["overdue", "today", "week"]
"""What is due by when: too late already, within a day, within a week."""
WITHIN = {"today": timedelta(days=1), "week": timedelta(days=7)}


@dataclass(frozen=True)
class Sought:
    """The filters in force. `stage` none: every lead that is still open. `region` and `owner` are ids."""

    whose: Whose = "all"
    stage: str | None = None
    region: str | None = None
    text: str = ""
    grade: str | None = None
    source: str | None = None
    campaign: str | None = None
    owner: str | None = None
    due: Due | None = None


class Listed(NamedTuple):
    """A lead, its owner and region, and since when its first contact has been asked for."""

    lead: Lead
    owner: Person | None
    region: OrgUnit | None
    asked_at: datetime | None


class Groups(NamedTuple):
    """How many wait for first contact too long, how many still have time, and how many no longer wait for it."""

    overdue: int
    waiting: int
    contacted: int


async def list_leads(
    session: AsyncSession, actor: Actor, sought: Sought, *, after: str | None = None, limit: int = 50
) -> list[Listed]:
    """By time left to first contact, and below those nobody waits for, the newest first.

    `after` is the id of the last one already seen.
    """
    query = _listed().where(*_filters(actor, sought))
    if after is not None:
        due = (await visible(session, actor, "lead", after)).due_at
        beyond = or_(Lead.due_at > due, Lead.due_at.is_(None)) if due else false()
        query = query.where(or_(beyond, and_(Lead.due_at.is_not_distinct_from(due), Lead.id < after)))
    query = query.order_by(Lead.due_at.asc().nulls_last(), Lead.id.desc()).limit(limit)
    return [Listed(*row) for row in await session.execute(query)]


async def count_stages(session: AsyncSession, actor: Actor, sought: Sought) -> dict[str, int]:
    """How many leads stand in each stage, whatever stage is being looked at."""
    others = replace(sought, stage=None, due=None)
    query = select(Lead.stage, func.count()).where(*_filters(actor, others, any_stage=True)).group_by(Lead.stage)
    counts = dict((await session.execute(query)).all())
    return {stage: counts.get(stage, 0) for stage in STAGES}


async def count_pool(session: AsyncSession, actor: Actor) -> int:
    """How many lie in the pools that this person sees."""
    query = select(func.count()).select_from(Lead).where(within(actor, "lead"), Lead.stage == "pooled")
    return (await session.scalars(query)).one()


async def campaigns(session: AsyncSession, actor: Actor, most: int = 30) -> Sequence[str]:
    """The campaigns that open leads came from, by name."""
    query = select(Lead.campaign).where(within(actor, "lead"), Lead.campaign.is_not(None), Lead.stage.in_(OPEN))
    return [name for name in await session.scalars(query.distinct().order_by(Lead.campaign).limit(most)) if name]


async def find_leads(session: AsyncSession, actor: Actor, ids: Sequence[str]) -> list[Listed]:
    """Those of these ids that this person sees, by company."""
    query = _listed().where(within(actor, "lead"), Lead.id.in_(ids)).order_by(Lead.company, Lead.id)
    return [Listed(*row) for row in await session.execute(query)]


async def count_groups(session: AsyncSession, actor: Actor, sought: Sought, now: datetime) -> Groups:
    counts = select(
        func.count().filter(Lead.due_at < now),
        func.count().filter(Lead.due_at >= now),
        func.count().filter(Lead.due_at.is_(None)),
    )
    return Groups(*(await session.execute(counts.where(*_filters(actor, sought)))).one())


async def find_lead(session: AsyncSession, actor: Actor, lead_id: str) -> Listed:
    """Raises Refused (404) where there is none that this person may see."""
    await visible(session, actor, "lead", lead_id)
    return Listed(*(await session.execute(_listed().where(Lead.id == lead_id))).one())


def _listed() -> Select[Lead, Person, OrgUnit, datetime]:
    asked = and_(Task.record_id == Lead.id, Task.kind == "first_contact", Task.status == "open")
    return (
        select(Lead, Person, OrgUnit, Task.opened_at)
        .outerjoin(Person, Person.id == Lead.owner_id)
        .outerjoin(OrgUnit, OrgUnit.id == Lead.region_id)
        .outerjoin(Task, asked)
    )


def _filters(actor: Actor, sought: Sought, *, any_stage: bool = False) -> list[ColumnElement[bool]]:
    # What lies in the pool is nobody's: there is no "mine" in it.
    found = [narrowed(actor, "lead", "all" if sought.stage == "pooled" else sought.whose)]
    wanted = {"grade": sought.grade, "source": sought.source, "campaign": sought.campaign, "owner_id": sought.owner}
    found += [getattr(Lead, name) == value for name, value in wanted.items() if value]
    if sought.due:
        found.append(Lead.due_at < func.now() + WITHIN.get(sought.due, timedelta()))
    if sought.region:
        found.append(Lead.region_id == sought.region)
    if sought.text:
        searched = (Lead.company, Lead.name, Lead.number, Lead.phone, Lead.email)
        found.append(or_(*(column.icontains(sought.text, autoescape=True) for column in searched)))
    if not any_stage:
        found.append(Lead.stage == sought.stage if sought.stage else Lead.stage.in_(OPEN))
    return found
