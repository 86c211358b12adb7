"""The outbox: what a transaction wants done outside once it is committed, and the relay's way to take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.engine import notify
from db.record import Outbox

WAKE = "outbox"
"""Channel that wakes the relay at commit."""

MAX_WAIT = timedelta(minutes=5)


async def enqueue(
    session: AsyncSession, key: str, kind: str, payload: dict[str, Any], *, due_at: datetime | None = None
) -> None:
    """Written once per key; carried out at least once by the relay, after commit, or later at `due_at`."""
    due = {"due_at": due_at} if due_at else {}
    entry = (
        insert(Outbox).values(key=key, kind=kind, payload=payload, **due).on_conflict_do_nothing(index_elements=["key"])
    )
    await session.execute(entry)
    notify(session, WAKE, kind)


async def payload_of(session: AsyncSession, key: str) -> dict[str, Any] | None:
    """What was written under a key, carried out or not."""
    return await session.scalar(select(Outbox.payload).where(Outbox.key == key))


async def enqueue_all(session: AsyncSession, kind: str, payloads: Mapping[str, dict[str, Any]]) -> None:
    """`enqueue` for many, by key; the relay is woken once."""
    rows = [{"key": key, "kind": kind, "payload": payload} for key, payload in payloads.items()]
    await session.execute(insert(Outbox).on_conflict_do_nothing(index_elements=["key"]), rows)
    notify(session, WAKE, kind)


async def take(session: AsyncSession, kind: str, limit: int) -> Sequence[Outbox]:
    """Entries that are due, locked until the transaction ends, so that several relays share the work."""
    return (
        await session.scalars(
            select(Outbox)
            .where(Outbox.kind == kind, Outbox.done_at.is_(None), Outbox.due_at <= func.now())
            .order_by(Outbox.due_at, Outbox.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()


async def done(session: AsyncSession, ids: Sequence[int]) -> None:
    await session.execute(update(Outbox).where(Outbox.id.in_(ids)).values(done_at=func.now(), error=None))


async def failed(session: AsyncSession, entry: Outbox, error: str) -> None:
    """Tried again after 1, 2, 4 ... seconds, at most every five minutes, for ever; the health page shows it."""
    wait = min(timedelta(seconds=2**entry.attempts), MAX_WAIT) if entry.attempts < 20 else MAX_WAIT
    await session.execute(
        update(Outbox)
        .where(Outbox.id == entry.id)
        .values(attempts=Outbox.attempts + 1, error=error[:500], due_at=func.now() + wait)
    )
