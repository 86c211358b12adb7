"""The register of customers' equipment: what stands where, its warranty, and when it is to be maintained."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id
from db.person import OrgUnit
from db.scope import within
from db.ticket import Ticket
from domain.access import Actor


class Equipment(Base):
    """`every` is its maintenance cycle and `next_at` when the next is due; without them it is maintained on demand."""

    __tablename__ = "equipment"

    id: Mapped[Id] = mapped_column(default=new_id)
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    region_id: Mapped[Ref]
    serial_number: Mapped[str]
    model: Mapped[str]
    product: Mapped[str | None]  # as tickets and routing rules call it
    place: Mapped[str | None]
    warranty_until: Mapped[date | None]
    every: Mapped[timedelta | None]
    next_at: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[Ref]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())

    __table_args__ = (
        Index("uq_equipment_serial_number", text("lower(serial_number)"), unique=True),
        Index("ix_equipment_due", "next_at", postgresql_where=text("active and next_at is not null")),
    )


async def find_by_serial(session: AsyncSession, serial_number: str) -> Equipment | None:
    same = func.lower(Equipment.serial_number) == serial_number.strip().lower()
    return await session.scalar(select(Equipment).where(same))


async def region_code(session: AsyncSession, region_id: str) -> str | None:
    return await session.scalar(select(OrgUnit.code).where(OrgUnit.id == region_id))


async def equipment_of(session: AsyncSession, customer_id: str) -> Sequence[Equipment]:
    found = select(Equipment).where(Equipment.customer_id == customer_id)
    return (await session.scalars(found.order_by(Equipment.model, Equipment.serial_number))).all()


async def tickets_of(session: AsyncSession, actor: Actor, equipment_id: str, limit: int = 50) -> Sequence[Ticket]:
    """The newest first, as far as the reader may see."""
    found = select(Ticket).where(Ticket.equipment_id == equipment_id, within(actor, "ticket"))
    return (await session.scalars(found.order_by(Ticket.id.desc()).limit(limit))).all()


async def due_for_maintenance(session: AsyncSession, at: datetime, limit: int) -> Sequence[Equipment]:
    """Held until the transaction ends: each falls due once."""
    due = select(Equipment).where(Equipment.active, Equipment.next_at.is_not(None), Equipment.next_at <= at)
    locked = due.order_by(Equipment.next_at, Equipment.id).limit(limit).with_for_update(skip_locked=True)
    return (await session.scalars(locked)).all()


async def next_maintenance(session: AsyncSession) -> datetime | None:
    """When the earliest is due."""
    earliest: Any = select(func.min(Equipment.next_at)).where(Equipment.active)
    found: datetime | None = await session.scalar(earliest)
    return found
