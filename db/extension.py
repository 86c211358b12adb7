"""Requests to keep a customer longer: what was asked for, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BigInteger, Index, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref
from db.customer import Assignment
from db.reckon import reckon


class Extension(Base):
    """Written by ExtensionWorkflow only."""

    __tablename__ = "extension"

    id: Mapped[Id]
    customer_id: Mapped[Ref]
    region_id: Mapped[Ref]
    owner_id: Mapped[Ref]
    status: Mapped[str]  # open, granted, refused, lapsed
    why: Mapped[str]
    due_at: Mapped[Instant]  # when it goes back without it
    until: Mapped[Instant]  # asked for; once granted: until when
    opened_at: Mapped[Instant]
    closed_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_extension_open", "customer_id", "region_id", postgresql_where=text("closed_at is null")),
    )


async def open_extension(session: AsyncSession, customer_id: str, region_id: str) -> str | None:
    query = select(Extension.id).where(
        Extension.customer_id == customer_id, Extension.region_id == region_id, Extension.closed_at.is_(None)
    )
    return await session.scalar(query.limit(1))


async def asked_of(session: AsyncSession, owner_id: str, customer_ids: Iterable[str]) -> set[tuple[str, str]]:
    """The places (customer, region) whose owner waits for an answer."""
    query = select(Extension.customer_id, Extension.region_id).where(
        Extension.customer_id.in_(list(customer_ids)), Extension.owner_id == owner_id, Extension.closed_at.is_(None)
    )
    return {(customer, region) for customer, region in await session.execute(query)}


async def extend(session: AsyncSession, customer_id: str, region_id: str, owner_id: str, until: datetime) -> bool:
    """Keeps it with this owner until then; False where it is no longer theirs. However often it is asked."""
    row = await session.get(Assignment, (customer_id, region_id), with_for_update=True)
    if row is None or row.owner_id != owner_id:
        return False
    row.extended_until = max(until, row.extended_until or until)
    await session.flush()
    await reckon(session, [(customer_id, region_id)])
    return True
