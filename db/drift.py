"""What `throughline doctor` reads and mends of the rows that processes left behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.live import announce
from db.process import Process, Task


class Row(NamedTuple):
    workflow_id: str
    revision: int
    closed_at: datetime | None


async def rows_of(session: AsyncSession, workflow_ids: Sequence[str]) -> dict[str, Row]:
    query = select(Process.workflow_id, Process.revision, Process.closed_at)
    found = await session.execute(query.where(Process.workflow_id.in_(workflow_ids)))
    return {row.workflow_id: Row(*row) for row in found}


async def open_rows(session: AsyncSession, *, after: str, limit: int) -> list[Row]:
    """Processes whose row says that they run, in order of their workflow id, after the last one already seen."""
    query = select(Process.workflow_id, Process.revision, Process.closed_at)
    query = query.where(Process.closed_at.is_(None), Process.workflow_id > after)
    return [Row(*row) for row in await session.execute(query.order_by(Process.workflow_id).limit(limit))]


async def close_row(session: AsyncSession, workflow_id: str, *, outcome: str, at: datetime | None) -> bool:
    """Says of a process that is no more that it ended, and takes its tasks away. False where the row says so."""
    closed = (
        update(Process)
        .where(Process.workflow_id == workflow_id, Process.closed_at.is_(None))
        .values(closed_at=at or func.now(), outcome=outcome, waiting=[])
        .returning(Process)
    )
    row = await session.scalar(closed)
    if row is None:
        return False
    orphans = update(Task).where(Task.workflow_id == workflow_id, Task.status == "open")
    await session.execute(orphans.values(status="cancelled", decided_at=func.now()))
    await announce(
        session, row.kind, row.record_id, row.revision, region=row.region_id, owner=row.owner_id, line=row.line_id
    )
    return True
