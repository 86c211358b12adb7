"""What somebody was told in the app, and what of it they have not read."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.process import Notification


async def list_notifications(
    session: AsyncSession, person_id: str, *, unread: bool = False, after: str | None = None, limit: int = 50
) -> Sequence[Notification]:
    """The newest first; `after` is the id of the last one already seen."""
    query = select(Notification).where(Notification.person_id == person_id)
    if unread:
        query = query.where(Notification.read_at.is_(None))
    if after:
        last = aliased(Notification)
        seen = select(last.created_at, last.id).where(last.id == after, last.person_id == person_id)
        query = query.where(tuple_(Notification.created_at, Notification.id) < seen.scalar_subquery())
    query = query.order_by(Notification.created_at.desc(), Notification.id.desc())
    return (await session.scalars(query.limit(limit))).all()


async def count_unread(session: AsyncSession, person_id: str) -> int:
    unread = select(func.count()).where(Notification.person_id == person_id, Notification.read_at.is_(None))
    return (await session.scalars(unread)).one()


async def mark_read(session: AsyncSession, person_id: str, ids: Sequence[str] | None = None) -> list[str]:
    """Those of `ids` (none: all) that this person had not read; what is somebody else's is left alone."""
    news = update(Notification).where(Notification.person_id == person_id, Notification.read_at.is_(None))
    if ids is not None:
        news = news.where(Notification.id.in_(ids))
    read = news.values(read_at=func.now()).returning(Notification.id)
    return list(await session.scalars(read))
