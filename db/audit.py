"""The audit log: who did what, and what was not let through. Rows are only ever added."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.record import Audit


async def record(session: AsyncSession, actor: str, action: str, subject: str, **detail: Any) -> None:
    """In the caller's transaction: what is rolled back was not done. `detail` holds JSON values and no secrets.

    `actor` is a person's id, or the name of what acts; `subject` reads `person/<id>`, `deal/<id>`, ...
    """
    session.add(Audit(actor=actor, action=action, subject=subject, detail=detail))


async def list_audit(
    session: AsyncSession,
    *,
    actor: str | None = None,
    subject: str | None = None,
    action: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> list[Audit]:
    """The newest first; `before` is the id of the last one already seen, `action` the beginning of a name."""
    query = select(Audit)
    if actor:
        query = query.where(Audit.actor == actor)
    if subject:
        query = query.where(Audit.subject == subject)
    if action:
        query = query.where(Audit.action.startswith(action, autoescape=True))
    if before:
        query = query.where(Audit.id < before)
    return list(await session.scalars(query.order_by(Audit.id.desc()).limit(limit)))
