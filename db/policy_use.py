"""Which versions of a policy cases that are under way began with."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.process import Process


async def open_cases(session: AsyncSession, kind: str) -> dict[int, int]:
    """How many open cases run under each version."""
    version = Process.policies[kind].as_integer()
    query = (
        select(version, func.count())
        .where(Process.closed_at.is_(None), Process.policies.has_key(kind))
        .group_by(version)
    )
    return dict((await session.execute(query)).all())
