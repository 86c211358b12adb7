"""The rows every process writes about itself: whole, guarded by a revision that only grows, in one transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.live import announce
from db.notification import tell
from db.process import Process, Task, TimelineEvent
from domain.process import ProcessState


async def write_process(session: AsyncSession, kind: str, workflow_id: str, state: ProcessState) -> bool:
    """Writes process, tasks, timeline and notices; False where the rows already show this revision or a later one.

    The caller writes its own rows only when True, in the same transaction.
    """
    row = {
        "workflow_id": workflow_id,
        "kind": kind,
        "record_id": state.record_id,
        "line_id": state.line_id,
        "run_id": state.run_id,
        "revision": state.revision,
        "stage": state.stage,
        "waiting": [w.model_dump(mode="json") for w in state.waiting],
        "region_id": state.region_id,
        "owner_id": state.owner_id,
        "customer_id": state.customer_id,
        "opened_at": state.opened_at,
        "changed_at": state.changed_at,
        "closed_at": state.closed_at,
        "outcome": state.outcome,
        "policies": state.policies,
    }
    if not await upsert(session, Process, row, key="workflow_id"):
        return False
    await _write_tasks(session, kind, workflow_id, state)
    await _write_events(session, kind, workflow_id, state)
    for notice in state.notices:
        await tell(session, notice, kind=kind, record_id=state.record_id)
    await announce(
        session, kind, state.record_id, state.revision,
        region=state.region_id, owner=state.owner_id, line=state.line_id,
        holders=sorted({h for t in state.tasks for h in t.holders}),
    )  # fmt: skip
    return True


async def upsert(session: AsyncSession, table: Any, *rows: dict[str, Any], key: str = "id") -> int:
    """Inserts rows, or overwrites those that are older by `revision`; says how many were written."""
    if not rows:
        return 0
    statement = insert(table).values(rows)
    columns = {c: statement.excluded[c] for c in rows[0] if c != key}
    guarded = statement.on_conflict_do_update(
        index_elements=[key], set_=columns, where=table.revision < statement.excluded.revision
    ).returning(table.__table__.c[key])
    return len((await session.execute(guarded)).all())


async def write_record(session: AsyncSession, table: Any, row: dict[str, Any], *, prefix: str, year: int) -> None:
    """The process's own row; the first time it gets its number. Only after `write_process` said True."""
    change = update(table).where(table.id == row["id"]).values(row).returning(table.id)
    if await session.scalar(change) is None:
        await session.execute(insert(table).values(row | {"number": await next_number(session, prefix, year)}))


async def _write_tasks(session: AsyncSession, kind: str, workflow_id: str, state: ProcessState) -> None:
    shared = {
        "workflow_id": workflow_id,
        "process_kind": kind,
        "record_id": state.record_id,
        "line_id": state.line_id,
        "customer_id": state.customer_id,
        "region_id": state.region_id,
        "revision": state.revision,
    }
    fields = {
        "id", "kind", "title", "params", "holders", "from_id", "amount", "currency", "opened_at", "due_at",
        "escalated_at", "status", "version", "claimed_by", "decided_by", "decided_at", "outcome", "comment",
    }  # fmt: skip
    await upsert(session, Task, *(shared | t.model_dump(include=fields) for t in state.tasks))


async def _write_events(session: AsyncSession, kind: str, workflow_id: str, state: ProcessState) -> None:
    if not state.events:
        return
    shared = {
        "workflow_id": workflow_id,
        "process_kind": kind,
        "record_id": state.record_id,
        "line_id": state.line_id,
        "customer_id": state.customer_id,
    }
    rows = [shared | e.model_dump() for e in state.events]
    await session.execute(insert(TimelineEvent).values(rows).on_conflict_do_nothing(index_elements=["id"]))


async def next_number(session: AsyncSession, prefix: str, year: int) -> str:
    """The next number people see, such as D-2026-000123. Numbers taken by a transaction that fails are given again."""
    last = await session.scalar(
        text(
            "insert into number (prefix, year, last) values (:prefix, :year, 1) "
            "on conflict (prefix, year) do update set last = number.last + 1 returning last"
        ),
        {"prefix": prefix, "year": year},
    )
    return f"{prefix}-{year}-{last:06d}"
