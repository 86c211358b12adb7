"""Deals as the board shows them, and the orders they become."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Minor, Ref, new_id
from db.projection import next_number


class Deal(Base):
    """Written by DealWorkflow only."""

    __tablename__ = "deal"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    customer_id: Mapped[Ref] = mapped_column(index=True)
    lead_id: Mapped[Ref | None]
    line_id: Mapped[Ref]
    region_id: Mapped[Ref]
    owner_id: Mapped[Ref]
    pipeline_key: Mapped[str] = mapped_column(server_default="sales")
    stage: Mapped[str]
    priority: Mapped[int] = mapped_column(server_default="0")
    amount: Mapped[Minor]
    currency: Mapped[str]
    close_on: Mapped[date | None]
    next_step: Mapped[str | None]
    quote_id: Mapped[Ref | None]
    quote_status: Mapped[str | None]
    contract_id: Mapped[Ref | None]
    contract_status: Mapped[str | None]
    order_id: Mapped[Ref | None]
    collection_id: Mapped[Ref | None]
    lost_reason: Mapped[str | None]
    opened_at: Mapped[Instant]
    stage_since: Mapped[Instant]
    active_at: Mapped[Instant]
    stalled_at: Mapped[datetime | None]
    moved_by: Mapped[Ref | None]
    closed_at: Mapped[Instant | None]
    version: Mapped[int]
    revision: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_deal_board", "stage", "region_id", "owner_id", "id", postgresql_where=text("closed_at is null")),
        Index("ix_deal_column", "stage", "close_on", "id", postgresql_where=text("closed_at is null")),
        Index("ix_deal_stage", "stage", "stage_since", "id"),
        Index("ix_deal_owner", "owner_id", "id"),
        Index("ix_deal_region", "region_id", "id"),
        Index("ix_deal_line", "line_id"),
    )


class Order(Base):
    """What a won deal became. `origin` (`deal/<id>/order`) makes it one, however often it is asked for."""

    __tablename__ = "sales_order"

    id: Mapped[Id] = mapped_column(default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    origin: Mapped[str] = mapped_column(unique=True)
    deal_id: Mapped[Ref] = mapped_column(index=True)
    contract_id: Mapped[Ref]
    customer_id: Mapped[Ref] = mapped_column(index=True)
    amount: Mapped[Minor]
    currency: Mapped[str]
    ordered_on: Mapped[date]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())


async def place_order(session: AsyncSession, values: dict[str, Any], ordered_on: date) -> Order:
    """The deal's order: made the first time, found ever after."""
    origin = f"deal/{values['deal_id']}/order"
    # Two at once wait for each other here, so that no number is taken in vain.
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(origin))))
    order = await session.scalar(select(Order).where(Order.origin == origin))
    if order is None:
        number = await next_number(session, "O", ordered_on.year)
        order = Order(id=new_id(), origin=origin, number=number, ordered_on=ordered_on, **values)
        session.add(order)
        await session.flush()
    return order
