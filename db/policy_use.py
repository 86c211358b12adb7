"""Which versions of a policy cases that are under way began with, and the requests to try another version on."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.contract import Approval
from db.process import Process
from db.scope import within
from domain.access import Actor
from domain.policy_trial import Case


async def open_cases(session: AsyncSession, kind: str) -> dict[int, int]:
    """How many open cases run under each version."""
    version = Process.policies[kind].as_integer()
    query = (
        select(version, func.count())
        .where(Process.closed_at.is_(None), Process.policies.has_key(kind))
        .group_by(version)
    )
    return dict((await session.execute(query)).all())


async def open_under_others(session: AsyncSession, kind: str, version: int, most: int) -> dict[str, int]:
    """The open approvals that run under another version of this policy, the longest open first: {id: its version}."""
    pinned = Process.policies[kind].as_integer()
    query = (
        select(Process.record_id, pinned)
        .where(Process.kind == "approval", Process.closed_at.is_(None), pinned != version)
        .order_by(Process.opened_at, Process.record_id)
        .limit(most)
    )
    return dict((await session.execute(query)).all())


async def approval_titles(session: AsyncSession, actor: Actor, ids: Iterable[str]) -> dict[str, str]:
    """What approvals are called, open or not, by id; those out of the reader's sight are left out."""
    query = select(Approval.id, Approval.title).where(Approval.id.in_(ids), within(actor, "approval"))
    return dict((await session.execute(query)).all())


async def newest_requests(session: AsyncSession, most: int) -> list[Case]:
    """The facts of the approvals asked for last, newest first."""
    query = select(Approval).order_by(Approval.opened_at.desc(), Approval.id).limit(most)
    return [
        Case(one.id, f"{one.number} {one.title}", one.facts, one.subject_id if one.subject_kind == "contract" else None)
        for one in await session.scalars(query)
    ]
