"""What the turns of approvals add up to: time per step, who is waited for, refusals and why, rows that fired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, literal, select, true, tuple_
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from db.approval_turn import ApprovalTurn as Turn
from db.contract import Approval
from db.person import OrgUnit
from domain.access import Action, Actor, Scope
from domain.refusal import invalid

ENDS = ("approved", "returned", "rejected")
REFUSALS = ENDS[1:]
ADDED = "added"
"""Signers whom somebody added count as one step, whatever their number."""

step = case((and_(Turn.row == "", Turn.step.startswith(f"{ADDED}_")), literal(ADDED)), else_=Turn.step)
shares = func.percentile_cont(array([0.5, 0.9])).within_group(Turn.worked)
refusals = func.count().filter(Turn.status.in_(REFUSALS))


@dataclass(frozen=True)
class Span:
    """From `since` up to but without `until`; of one region, or of all that the reader may see."""

    since: datetime
    until: datetime
    region: str | None = None


class StepTime(NamedTuple):
    """Of what was decided in a step: how often, and in how many working seconds. `version` is the latest policy's."""

    step: str
    version: int | None
    decided: int
    median: int
    ninth: int
    returned: int
    rejected: int


class Pace(NamedTuple):
    """What one person decided; what they turned down is `refused`."""

    person: str
    decided: int
    median: int
    ninth: int
    refused: int


class Queue(NamedTuple):
    """What waits now for one person or role (a holder key), whenever it was opened."""

    key: str
    waiting: int
    overdue: int
    oldest: datetime


class Fired(NamedTuple):
    """How many requests a row of the policy asked somebody for; `version` is the latest that did."""

    row: str
    version: int | None
    requests: int


class RefusedTurn(NamedTuple):
    turn: Turn
    number: str
    title: str


class Totals(NamedTuple):
    """`median` and `ninth` in working seconds, None where nothing was decided."""

    requests: int
    decided: int
    median: int | None
    ninth: int | None
    refused: int


async def step_times(session: AsyncSession, actor: Actor, span: Span) -> list[StepTime]:
    """The slowest first."""
    returned, rejected = (func.count().filter(Turn.status == status) for status in REFUSALS)
    query = select(step.label("name"), func.max(Turn.policy_version), func.count(), shares, returned, rejected)
    found = await session.execute(query.where(*_decided(actor, span)).group_by("name"))
    times = [
        StepTime(name, version, decided, round(both[0]), round(both[1]), back, off)
        for name, version, decided, both, back, off in found
    ]
    return sorted(times, key=lambda one: (-one.median, one.step))


async def paces(session: AsyncSession, actor: Actor, span: Span) -> list[Pace]:
    """Of everybody who decided; what was decided by time alone is nobody's."""
    query = select(Turn.decided_by, func.count(), shares, refusals).group_by(Turn.decided_by)
    found = await session.execute(query.where(*_decided(actor, span), Turn.decided_by.is_not(None)))
    return [Pace(person, decided, round(both[0]), round(both[1]), refused) for person, decided, both, refused in found]


async def queues(session: AsyncSession, actor: Actor, span: Span, now: datetime) -> list[Queue]:
    """What is open to several counts for each."""
    key = func.unnest(Turn.holders).table_valued("key").render_derived()
    query = (
        select(key.c.key, func.count(), func.count().filter(Turn.due_at < now), func.min(Turn.opened_at))
        .select_from(Turn)
        .join(key, true())
        .where(Turn.status == "open", *_of_region(actor, span))
        .group_by(key.c.key)
    )
    return [Queue._make(row) for row in await session.execute(query)]


async def fired_rows(session: AsyncSession, actor: Actor, span: Span) -> list[Fired]:
    """Of requests that were opened in the time; the most frequent first."""
    requests = func.count(Turn.approval_id.distinct())
    query = select(Turn.row, func.max(Turn.policy_version), requests).where(*_opened(actor, span), Turn.row != "")
    found = await session.execute(query.group_by(Turn.row).order_by(requests.desc(), Turn.row))
    return [Fired._make(row) for row in found]


async def refused_turns(
    session: AsyncSession, actor: Actor, span: Span, *, after: str | None = None, limit: int = 50
) -> list[RefusedTurn]:
    """Returned and rejected, the newest first; `after` is the task of the last one already seen."""
    query = (
        select(Turn, Approval.number, Approval.title)
        .join(Approval, Approval.id == Turn.approval_id)
        .where(*_decided(actor, span), Turn.status.in_(REFUSALS))
        .order_by(Turn.decided_at.desc(), Turn.task_id.desc())
        .limit(limit)
    )
    if after:
        at = select(Turn.decided_at).where(Turn.task_id == after).scalar_subquery()
        last = tuple_(at, literal(after, Turn.task_id.type))
        query = query.where(tuple_(Turn.decided_at, Turn.task_id) < last)
    return [RefusedTurn._make(row) for row in await session.execute(query)]


async def totals(session: AsyncSession, actor: Actor, span: Span) -> Totals:
    requests = select(func.count(Turn.approval_id.distinct())).where(*_opened(actor, span))
    query = select(requests.scalar_subquery(), func.count(), shares, refusals).where(*_decided(actor, span))
    opened, decided, both, refused = (await session.execute(query)).one()
    median, ninth = map(round, both) if both else (None, None)
    return Totals(opened, decided, median, ninth, refused)


async def regions_within(session: AsyncSession, actor: Actor) -> list[OrgUnit]:
    """The regions whose approvals the reader sees, by code."""
    regions = select(OrgUnit).where(OrgUnit.kind == "region").order_by(OrgUnit.code)
    if actor.require(Action.REPORT_READ) != Scope.ALL:
        regions = regions.where(OrgUnit.id.in_(actor.regions))
    return list(await session.scalars(regions))


def check_region(actor: Actor, region: str | None) -> None:
    """Raises Refused (422) for a region that is not the reader's."""
    if region and actor.scope(Action.REPORT_READ) != Scope.ALL and region not in actor.regions:
        raise invalid("region_unknown", "region")


def _decided(actor: Actor, span: Span) -> Sequence[ColumnElement[bool]]:
    within = (Turn.decided_at >= span.since, Turn.decided_at < span.until)
    return [*within, Turn.status.in_(ENDS), Turn.worked.is_not(None), *_of_region(actor, span)]


def _opened(actor: Actor, span: Span) -> Sequence[ColumnElement[bool]]:
    return [Turn.opened_at >= span.since, Turn.opened_at < span.until, *_of_region(actor, span)]


def _of_region(actor: Actor, span: Span) -> Sequence[ColumnElement[bool]]:
    found = [Turn.region_id == span.region] if span.region else []
    if actor.require(Action.REPORT_READ) != Scope.ALL:
        found.append(Turn.region_id.in_(sorted(actor.regions)))
    return found
