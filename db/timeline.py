"""What happened on a line or with a customer, newest first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.process import Process, TimelineEvent
from db.scope import KINDS, reach
from domain.access import Action, Actor

ORDER = (TimelineEvent.at, TimelineEvent.revision, TimelineEvent.id)
READ = {kind: read.read for kind, read in KINDS.items()}


@dataclass(frozen=True)
class Told:
    """Which events to tell: those of these processes or kinds (none: all), without those of `not_kinds`.

    The end of a task is left out where its process tells one of `results` in the same instant: it is the same news.
    """

    processes: Collection[str] = ()
    kinds: Collection[str] = ()
    not_kinds: Collection[str] = ()
    results: Collection[str] = ()


async def line_events(
    session: AsyncSession, actor: Actor, line_id: str, told: Told, *, after: str | None = None, limit: int = 50
) -> Sequence[TimelineEvent]:
    """For somebody who may see the line; what their roles may not read of it is left out.

    `after` is the last event already seen.
    """
    return await _events(session, actor, TimelineEvent.line_id == line_id, told, after, limit)


async def customer_events(
    session: AsyncSession, actor: Actor, customer_id: str, told: Told, *, after: str | None = None, limit: int = 50
) -> Sequence[TimelineEvent]:
    """Of the customer's lines that this person may see."""
    mine = select(Process.line_id).where(
        Process.customer_id == customer_id, reach(actor, Action.DEAL_READ, Process.owner_id, Process.region_id)
    )
    of_customer = TimelineEvent.line_id.in_(mine)
    return await _events(session, actor, of_customer, told, after, limit)


async def _events(
    session: AsyncSession, actor: Actor, whose: ColumnElement[bool], told: Told, after: str | None, limit: int
) -> Sequence[TimelineEvent]:
    readable = [kind for kind, action in READ.items() if actor.scope(action) is not None]
    query = select(TimelineEvent).where(whose, TimelineEvent.process_kind.in_(readable))
    wanted: list[Any] = []
    if told.processes:
        wanted.append(TimelineEvent.process_kind.in_(told.processes))
    if told.kinds:
        wanted.append(TimelineEvent.kind.in_(told.kinds))
    if wanted:
        query = query.where(or_(*wanted))
    if told.not_kinds:
        query = query.where(TimelineEvent.kind.not_in(told.not_kinds))
    if told.results:
        query = query.where(or_(TimelineEvent.kind != "task.done", ~_said_as(told.results)))
    if after is not None:
        last = select(*ORDER).where(TimelineEvent.id == after).correlate(None).scalar_subquery()
        query = query.where(tuple_(*ORDER) < last)
    return (await session.scalars(query.order_by(*(key.desc() for key in ORDER)).limit(limit))).all()


def _said_as(results: Collection[str]) -> ColumnElement[bool]:
    """Whether the event's process tells one of these kinds, too, at the very same time."""
    other = aliased(TimelineEvent)
    return exists().where(
        other.line_id == TimelineEvent.line_id, other.at == TimelineEvent.at,
        other.workflow_id == TimelineEvent.workflow_id, other.kind.in_(results),
    )  # fmt: skip
