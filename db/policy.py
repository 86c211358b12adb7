"""Versioned policy documents: published ones never change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Instant, Ref
from domain.policy import digest
from domain.refusal import Refused, not_found


class Policy(Base):
    __tablename__ = "policy"

    kind: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    hash: Mapped[str]
    note: Mapped[str]
    published_by: Mapped[Ref | None]
    published_at: Mapped[Instant] = mapped_column(server_default=func.now())
    origin: Mapped[str | None] = mapped_column(unique=True)  # business key of what published it: policy/<id>


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
    return dict((await session.execute(query)).all())


async def versions(session: AsyncSession, kind: str) -> Sequence[Policy]:
    """Every published version, newest first."""
    return (await session.scalars(select(Policy).where(Policy.kind == kind).order_by(Policy.version.desc()))).all()


async def current_policies(session: AsyncSession) -> Sequence[Policy]:
    newest = select(Policy).ext(distinct_on(Policy.kind)).order_by(Policy.kind, Policy.version.desc())
    return (await session.scalars(newest)).all()


async def find_version(session: AsyncSession, kind: str, version: int | None = None) -> Policy:
    """One version, or the newest. Raises Refused (404)."""
    query = select(Policy).where(Policy.kind == kind).order_by(Policy.version.desc()).limit(1)
    found = await session.scalar(query if version is None else query.where(Policy.version == version))
    if found is None:
        raise not_found("policy")
    return found


async def publish(
    session: AsyncSession,
    kind: str,
    document: dict[str, Any],
    *,
    by: str | None,
    note: str,
    follows: int,
    origin: str | None = None,
) -> int:
    """Writes the next version of a document already validated by domain.policy, once per origin; its number.

    `follows` is the version it was written against: Refused (409) where there is a newer one.
    """
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"policy/{kind}"))))
    if origin and (made := await session.scalar(select(Policy.version).where(Policy.origin == origin))):
        return int(made)
    last = await session.scalar(select(func.max(Policy.version)).where(Policy.kind == kind)) or 0
    if last != follows:
        raise Refused("stale_version", 409, version=last)
    row = Policy(
        kind=kind, version=last + 1, document=document, hash=digest(document), published_by=by, note=note, origin=origin
    )
    session.add(row)
    await session.flush()
    return row.version
