"""Versioned policy documents: published ones never change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Instant, Ref
from domain.policy import digest
from domain.refusal import not_found


class Policy(Base):
    __tablename__ = "policy"

    kind: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    hash: Mapped[str]
    note: Mapped[str]
    published_by: Mapped[Ref | None]
    published_at: Mapped[Instant] = mapped_column(server_default=func.now())


async def current_policy(session: AsyncSession, kind: str) -> tuple[int, dict[str, Any]]:
    """The newest published version and its document. Raises Refused (404) for a kind nobody published."""
    newest = select(Policy.version, Policy.document).where(Policy.kind == kind).order_by(Policy.version.desc()).limit(1)
    row = (await session.execute(newest)).first()
    if row is None:
        raise not_found("policy")
    return row.version, row.document


async def documents(session: AsyncSession, kind: str, versions: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The documents of these versions, by version."""
    query = select(Policy.version, Policy.document).where(Policy.kind == kind, Policy.version.in_(set(versions)))
    return dict((await session.execute(query)).tuples().all())


async def versions(session: AsyncSession, kind: str) -> Sequence[Policy]:
    """Every published version, newest first."""
    return (await session.scalars(select(Policy).where(Policy.kind == kind).order_by(Policy.version.desc()))).all()


async def current_policies(session: AsyncSession) -> Sequence[Policy]:
    newest = select(Policy).distinct(Policy.kind).order_by(Policy.kind, Policy.version.desc())
    return (await session.scalars(newest)).all()


async def publish(
    session: AsyncSession, kind: str, document: dict[str, Any], *, by: str | None, note: str, only_first: bool = False
) -> int:
    """Writes the next version of a document already validated by domain.policy, and says the newest number.

    `only_first`: writes nothing where there is a version already.
    """
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"policy/{kind}"))))
    last = await session.scalar(select(func.max(Policy.version)).where(Policy.kind == kind)) or 0
    if last and only_first:
        return last
    row = Policy(kind=kind, version=last + 1, document=document, hash=digest(document), published_by=by, note=note)
    session.add(row)
    await session.flush()
    return row.version
