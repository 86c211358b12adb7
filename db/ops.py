"""Figures for those who run the app: what waits in the outbox, how many cases are open, which are too quiet."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Text, func, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from db.process import Process, Task
from db.record import Outbox


class Backlog(NamedTuple):
    """What waits to be done outside, by kind (start, mail); `error` is that of the entry tried most often."""

    kind: str
    waiting: int
    oldest: datetime
    failing: int
    error: str | None


async def backlogs(session: AsyncSession) -> list[Backlog]:
    errors = aggregate_order_by(Outbox.error, Outbox.attempts.desc())
    worst = func.array_agg(errors, type_=ARRAY(Text))[1]
    failing = func.count().filter(Outbox.attempts > 0)
    query = select(Outbox.kind, func.count(), func.min(Outbox.created_at), failing, worst)
    waiting = query.where(Outbox.done_at.is_(None)).group_by(Outbox.kind).order_by(Outbox.kind)
    return [Backlog(*row) for row in await session.execute(waiting)]


async def open_cases(session: AsyncSession) -> dict[str, int]:
    """How many processes of each kind are under way, as the pages show it."""
    query = select(Process.kind, func.count()).where(Process.closed_at.is_(None)).group_by(Process.kind)
    return dict((await session.execute(query)).all())


async def open_tasks(session: AsyncSession) -> int:
    return (await session.scalars(select(func.count()).where(Task.status == "open"))).one()


async def quiet_cases(session: AsyncSession, before: datetime, limit: int) -> list[str]:
    """Workflow ids of open processes that wait for nothing and nobody, and have not changed since `before`."""
    query = select(Process.workflow_id).where(
        Process.closed_at.is_(None), func.jsonb_array_length(Process.waiting) == 0, Process.changed_at < before
    )
    return list(await session.scalars(query.order_by(Process.changed_at).limit(limit)))
