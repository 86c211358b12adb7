"""An order's payment plan and what was paid on it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Index, delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.hybrid import hybrid_property
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
    credited: Mapped[Minor]
    written_off: Mapped[Minor]
    surplus: Mapped[Minor]  # unapplied credit of the customer
    currency: Mapped[str]
    status: Mapped[str]  # open, overdue, paid, written_off
    level: Mapped[int]  # of the latest instalment; 0: none reached
    next_due_on: Mapped[date | None]
    promised_on: Mapped[date | None]  # of the open promise
    promised: Mapped[Minor | None]
    disputed_at: Mapped[Instant | None]  # since when the eldest open dispute stops the clock
    service_hold: Mapped[bool]
    plan_key: Mapped[str]
    version: Mapped[int]  # counts what people changed
    opened_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    final: Mapped[dict[str, Any] | None]  # a closed collection's state, to open it again from
    revision: Mapped[int] = mapped_column(BigInteger)

    @hybrid_property
    def owed(self) -> int:
        return self.amount - self.paid - self.credited - self.written_off

    __table_args__ = (
        Index("ix_collection_status", "status", "next_due_on", "id"),
        Index("ix_collection_open", "customer_id", postgresql_where=text("closed_at IS NULL")),
    )


class Instalment(Base):
    __tablename__ = "instalment"

    id: Mapped[Id]
    collection_id: Mapped[Ref] = mapped_column(index=True)
    no: Mapped[int]
    amount: Mapped[Minor]
    paid: Mapped[Minor]
    credited: Mapped[Minor]
    written_off: Mapped[Minor]
    event: Mapped[str | None]  # what it falls due after; None: a day was agreed
    days: Mapped[int]
    due_on: Mapped[date | None]  # None: its event has not happened
    status: Mapped[str]  # waiting, planned, due, overdue, paid, credited, written_off
    level: Mapped[int]
    disputed: Mapped[bool]
    paid_at: Mapped[Instant | None]


class Payment(Base):
    __tablename__ = "payment"

    id: Mapped[Id]
    collection_id: Mapped[Ref] = mapped_column(index=True)
    amount: Mapped[Minor]
    currency: Mapped[str]
    value: Mapped[Minor]  # what it is worth in the collection's currency
    counted: Mapped[Minor]  # what it pays there; the difference is the exchange's
    rate: Mapped[str | None]  # a decimal, one unit of `currency` in the collection's; None: the same currency
    received_on: Mapped[date]
    reference: Mapped[str | None]
    source: Mapped[str]  # hand, api, bank, transfer
    status: Mapped[str]  # received, reversed, moved
    recorded_by: Mapped[Ref]
    recorded_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]
    moved_to: Mapped[Ref | None]  # the collection a wrong payment belonged to


async def write_instalments(session: AsyncSession, collection_id: str, rows: list[dict[str, Any]]) -> None:
    """Only after `write_process` said True: the newest state overwrites, and parts no longer planned are gone."""
    ids = [row["id"] for row in rows]
    gone = delete(Instalment).where(Instalment.collection_id == collection_id, Instalment.id.not_in(ids))
    await session.execute(gone)
    await overwrite(session, Instalment, rows)


async def overwrite(session: AsyncSession, table: type[Base], rows: list[dict[str, Any]]) -> None:
    """Rows by id: the newest state overwrites."""
    if not rows:
        return
    statement = insert(table).values(rows)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in ("id", "collection_id")}
    await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))


async def append(session: AsyncSession, table: type[Base], rows: list[dict[str, Any]]) -> None:
    """Rows that never change: one that is there stays as it is."""
    if rows:
        await session.execute(insert(table).values(rows).on_conflict_do_nothing(index_elements=["id"]))
