"""Leads as lists and pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.lead import Lead
from db.person import OrgUnit, Person
from db.process import Task
from db.scope import Whose, narrowed, visible
from domain.access import Actor

OPEN = ("new", "assigned", "contacted")
STAGES = (*OPEN, "converted", "closed")


@dataclass(frozen=True)
class Sought:
    """The filters in force. `stage` none: every lead that is still open. `region` is a region's id."""

    whose: Whose = "all"
    stage: str | None = None
    region: str | None = None
    text: str = ""


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
    others = Sought(whose=sought.whose, region=sought.region, text=sought.text)
    query = select(Lead.stage, func.count()).where(*_filters(actor, others, any_stage=True)).group_by(Lead.stage)
    counts = dict((await session.execute(query)).all())
    return {stage: counts.get(stage, 0) for stage in STAGES}


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
    found = [narrowed(actor, "lead", sought.whose)]
    if sought.region:
        found.append(Lead.region_id == sought.region)
    if sought.text:
        searched = (Lead.company, Lead.name, Lead.number, Lead.phone, Lead.email)
        found.append(or_(*(column.icontains(sought.text, autoescape=True) for column in searched)))
    if not any_stage:
        found.append(Lead.stage == sought.stage if sought.stage else Lead.stage.in_(OPEN))
    return found
