"""What happened on a line, newest first; a customer's whole story is in db/customer_story.py."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.process import TimelineEvent
from db.scope import KINDS
from domain.access import Actor

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


async def _events(
    session: AsyncSession, actor: Actor, whose: ColumnElement[bool], told: Told, after: str | None, limit: int
) -> Sequence[TimelineEvent]:
    readable = [kind for kind, action in READ.items() if actor.scope(action) is not None]
    query = select(TimelineEvent).where(whose, TimelineEvent.process_kind.in_(readable), *narrowed_to(told))
    if after is not None:
        last = select(*ORDER).where(TimelineEvent.id == after).correlate(None).scalar_subquery()
        query = query.where(tuple_(*ORDER) < last)
    return (await session.scalars(query.order_by(*(key.desc() for key in ORDER)).limit(limit))).all()


def narrowed_to(told: Told) -> list[ColumnElement[bool]]:
    """The conditions on events that tell what is asked for."""
    wanted: list[ColumnElement[bool]] = []
    if told.processes:
        wanted.append(TimelineEvent.process_kind.in_(told.processes))
    if told.kinds:
        wanted.append(TimelineEvent.kind.in_(told.kinds))
    narrowed = [or_(*wanted)] if wanted else []
    if told.not_kinds:
        narrowed.append(TimelineEvent.kind.not_in(told.not_kinds))
    if told.results:
        narrowed.append(or_(TimelineEvent.kind != "task.done", ~_said_as(told.results)))
    return narrowed


def _said_as(results: Collection[str]) -> ColumnElement[bool]:
    """Whether the event's process tells one of these kinds, too, at the very same time."""
    other = aliased(TimelineEvent)
    return exists().where(
        other.line_id == TimelineEvent.line_id, other.at == TimelineEvent.at,
        other.workflow_id == TimelineEvent.workflow_id, other.kind.in_(results),
    )  # fmt: skip
