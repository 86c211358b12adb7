"""An order's payment plan and what was paid on it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Minor, Ref


class Collection(Base):
    """Written by CollectionWorkflow only."""

    __tablename__ = "collection"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[Ref] = mapped_column(unique=True)
    deal_id: Mapped[Ref] = mapped_column(index=True)
    line_id: Mapped[Ref]
    customer_id: Mapped[Ref] = mapped_column(index=True)
    region_id: Mapped[Ref]
    owner_id: Mapped[Ref]
    title: Mapped[str]
    amount: Mapped[Minor]
    paid: Mapped[Minor]
    currency: Mapped[str]
    status: Mapped[str]  # open, overdue, paid
    next_due_on: Mapped[date | None]
    opened_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    revision: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (Index("ix_collection_status", "status", "next_due_on", "id"),)


class Instalment(Base):
    __tablename__ = "instalment"

    id: Mapped[Id]
    collection_id: Mapped[Ref] = mapped_column(index=True)
    no: Mapped[int]
    amount: Mapped[Minor]
    paid: Mapped[Minor]
    due_on: Mapped[date]
    status: Mapped[str]  # planned, due, overdue, paid
    paid_at: Mapped[Instant | None]


class Payment(Base):
    __tablename__ = "payment"

    id: Mapped[Id]
    collection_id: Mapped[Ref] = mapped_column(index=True)
    amount: Mapped[Minor]
    currency: Mapped[str]
    received_on: Mapped[date]
    reference: Mapped[str | None]
    recorded_by: Mapped[Ref]
    recorded_at: Mapped[Instant]


async def write_instalments(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """Only after `write_process` said True: the newest state overwrites."""
    statement = insert(Instalment).values(rows)
    changed = {name: statement.excluded[name] for name in ("amount", "paid", "due_on", "status", "paid_at")}
    await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))
