"""The rows every process writes about itself: whole, guarded by a revision that only grows, in one transaction."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from sqlalchemy import Table, Update, bindparam, text, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.base import Base
from db.customer_signpost import living
from db.live import announce
from db.notification import tell
from db.process import Process, Task, TimelineEvent
from domain.process import ProcessState

_ONCE = insert(cast(Table, TimelineEvent.__table__)).on_conflict_do_nothing(index_elements=["id"])


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
    if not await _write(session, Process, [row], key="workflow_id"):
        return False
    await _follow_customer(session, workflow_id, state)
    await _write_tasks(session, kind, workflow_id, state)
    await _write_events(session, kind, workflow_id, state)
    for notice in state.notices:
        await tell(session, notice, kind=kind, record_id=state.record_id)
    await announce(
        session, kind, state.record_id, state.revision,
        region=state.region_id, owner=state.owner_id, line=state.line_id,
        holders=state.audience,
    )  # fmt: skip
    return True


async def _follow_customer(session: AsyncSession, workflow_id: str, state: ProcessState) -> None:
    """A process keeps the customer it began with; its rows are those of the one that customer lives on in.

    Only now, with the process's row held: a merge waits for that row, or was committed before.
    """
    if state.customer_id is None:
        return
    customer_id = await living(session, state.customer_id)
    if customer_id != state.customer_id:
        state.customer_id = customer_id
        core = _core(Process)
        await session.execute(update(core).where(core.c.workflow_id == workflow_id).values(customer_id=customer_id))


def _core(model: type[Base]) -> Table:
    """The table beneath a class: a statement on it costs less, and is compiled once in a process."""
    return cast(Table, model.__table__)


async def _write(session: AsyncSession, table: type[Base], rows: list[dict[str, Any]], *, key: str) -> bool:
    """Inserts rows, or overwrites those that are older by `revision`; says whether the first one was written.

    One statement serves all rows, so that it is not compiled anew for each number of them.
    """
    guarded = _guarded(table, key, tuple(rows[0]))
    if len(rows) == 1:
        return (await session.execute(guarded.returning(_core(table).c[key]), rows[0])).first() is not None
    await session.execute(guarded, rows)
    return True


@cache
def _guarded(table: type[Base], key: str, columns: tuple[str, ...]) -> Insert:
    """Built once: building a statement costs more than executing it."""
    core = _core(table)
    statement = insert(core)
    values = {column: statement.excluded[column] for column in columns if column != key}
    return statement.on_conflict_do_update(
        index_elements=[key], set_=values, where=core.c.revision < statement.excluded.revision
    )


@cache
def _change(table: type[Base], columns: tuple[str, ...]) -> Update:
    """Its values are bound by the names of the columns, `id` by `_id`."""
    core = _core(table)
    values = {column: bindparam(column, type_=core.c[column].type) for column in columns}
    changed = update(core).where(core.c.id == bindparam("_id", type_=core.c.id.type)).values(values)
    return changed.returning(core.c.id)


async def change_record(session: AsyncSession, table: type[Base], row: dict[str, Any]) -> bool:
    """Writes these columns of the row with this `id`; False where there is none."""
    return await session.scalar(_change(table, tuple(row)), row | {"_id": row["id"]}) is not None


async def write_record(
    session: AsyncSession, table: type[Base], row: dict[str, Any], *, prefix: str, year: int
) -> None:
    """The process's own row; the first time it gets its number. Only after `write_process` said True."""
    if not await change_record(session, table, row):
        await session.execute(insert(_core(table)).values(row | {"number": await next_number(session, prefix, year)}))


def _case(kind: str, workflow_id: str, state: ProcessState) -> dict[str, Any]:
    """Which case a task or an event belongs to."""
    return {
        "workflow_id": workflow_id,
        "process_kind": kind,
        "record_id": state.record_id,
        "line_id": state.line_id,
        "customer_id": state.customer_id,
    }


async def _write_tasks(session: AsyncSession, kind: str, workflow_id: str, state: ProcessState) -> None:
    if not state.tasks:
        return
    shared = _case(kind, workflow_id, state) | {"region_id": state.region_id, "revision": state.revision}
    fields = {
        "id", "kind", "title", "params", "holders", "from_id", "amount", "currency", "opened_at", "due_at",
        "escalated_at", "status", "version", "claimed_by", "claimed_for", "decided_by", "decided_for", "decided_at",
        "outcome", "comment",
    }  # fmt: skip
    await _write(session, Task, [shared | t.model_dump(include=fields) for t in state.tasks], key="id")


async def _write_events(session: AsyncSession, kind: str, workflow_id: str, state: ProcessState) -> None:
    if not state.events:
        return
    shared = _case(kind, workflow_id, state)
    rows = [shared | e.model_dump() for e in state.events]
    await session.execute(_ONCE, rows)


_NEXT = text(
    "insert into number (prefix, year, last) values (:prefix, :year, 1) "
    "on conflict (prefix, year) do update set last = number.last + 1 returning last"
)


async def next_number(session: AsyncSession, prefix: str, year: int) -> str:
    """The next number people see, such as D-2026-000123. Numbers taken by a transaction that fails are given again."""
    last = await session.scalar(
        _NEXT,
        {"prefix": prefix, "year": year},
    )
    return f"{prefix}-{year}-{last:06d}"
