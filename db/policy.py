"""Versioned policy documents: published ones never change.

In force is the newest version whose `valid_from` has come. So a version published for at once puts an end to those
that wait for a later day: they stay behind it for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Instant, Ref
from domain.clause.standard import ClauseStandard
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
    valid_from: Mapped[Instant | None]  # none: from its publication on
    origin: Mapped[str | None] = mapped_column(unique=True)  # business key of what published it: policy/<id>


def in_force() -> Select[Policy]:
    """Versions that have come to be valid, the one in force first."""
    begun = or_(Policy.valid_from.is_(None), Policy.valid_from <= func.now())
    return select(Policy).where(begun).order_by(Policy.kind, Policy.version.desc())


async def current_policy(session: AsyncSession, kind: str) -> tuple[int, dict[str, Any]]:
    """The version in force and its document. Raises Refused (404) for a kind nobody published."""
    found = await find_version(session, kind)
    return found.version, found.document


async def documents(session: AsyncSession, kind: str, versions: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The documents of these versions, by version."""
    query = select(Policy.version, Policy.document).where(Policy.kind == kind, Policy.version.in_(set(versions)))
    return dict((await session.execute(query)).all())


async def versions(session: AsyncSession, kind: str) -> Sequence[Policy]:
    """Every published version, newest first."""
    return (await session.scalars(select(Policy).where(Policy.kind == kind).order_by(Policy.version.desc()))).all()


async def current_policies(session: AsyncSession) -> Sequence[Policy]:
    """What is in force of each kind."""
    return (await session.scalars(in_force().ext(distinct_on(Policy.kind)))).all()


async def standards_in_force(session: AsyncSession) -> dict[str, dict[str, str]]:
    """The clause standards of kinds of contract by their key (the one of all others has none), with their names."""
    kinds = Policy.kind.startswith(f"{ClauseStandard.kind}.", autoescape=True)
    query = in_force().where(kinds).ext(distinct_on(Policy.kind))
    return {one.kind.partition(".")[2]: one.document.get("name") or {} for one in await session.scalars(query)}


async def find_version(session: AsyncSession, kind: str, version: int | None = None) -> Policy:
    """One version, or the one in force. Raises Refused (404)."""
    query = in_force() if version is None else select(Policy).where(Policy.version == version)
    found = await session.scalar(query.where(Policy.kind == kind).limit(1))
    if found is None:
        raise not_found("policy")
    return found


async def lock_versions(session: AsyncSession, kind: str) -> None:
    """Whoever publishes the kind until the transaction ends does so alone."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"policy/{kind}"))))


async def publish(
    session: AsyncSession,
    kind: str,
    document: dict[str, Any],
    *,
    by: str | None,
    note: str,
    follows: int,
    valid_from: datetime | None = None,
    origin: str | None = None,
) -> int:
    """Writes the next version of a document already validated by domain.policy, once per origin; its number.

    `follows` is the version it was written against: Refused (409) where there is a newer one.
    """
    await lock_versions(session, kind)
    if origin and (made := await session.scalar(select(Policy.version).where(Policy.origin == origin))):
        return int(made)
    newest = await session.scalar(select(Policy).where(Policy.kind == kind).order_by(Policy.version.desc()).limit(1))
    last = newest.version if newest else 0
    if last != follows:
        raise Refused("policy_outdated", 409, version=last, by=newest.published_by if newest else None)
    row = Policy(
        kind=kind, version=last + 1, document=document, hash=digest(document), published_by=by, note=note,
        valid_from=valid_from, origin=origin,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    return row.version
