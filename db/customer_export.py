"""Exports of customers: what was asked for, how far it is, and until when its file is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Text, func, select, update
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id
from domain.access import Actor
from domain.refusal import not_found

SHOWN = 50
NONE_YET = sql("'{}'")


class CustomerExport(Base):
    """`filter` and `text` are the list's. `parts` are the files written so far, each once, `position` the id of the
    last customer in them: whoever goes on begins there."""

    __tablename__ = "customer_export"

    id: Mapped[Id] = mapped_column(default=new_id)
    by_id: Mapped[Ref] = mapped_column(index=True)
    format: Mapped[str]  # csv, xlsx
    language: Mapped[str]
    text: Mapped[str] = mapped_column(server_default="")
    filter: Mapped[str] = mapped_column(server_default="")
    picked: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=NONE_YET)  # ids; none: all that fit
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=NONE_YET)  # keys, as they were to be seen
    status: Mapped[str] = mapped_column(server_default="running")  # running, done, failed, expired
    problem: Mapped[str | None]  # a refusal's code
    rows: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    position: Mapped[Ref | None]
    parts: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=NONE_YET)
    size: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


async def exports_of(session: AsyncSession, actor: Actor) -> Sequence[CustomerExport]:
    """One's own, the newest first."""
    own = select(CustomerExport).where(CustomerExport.by_id == actor.id)
    return (await session.scalars(own.order_by(CustomerExport.id.desc()).limit(SHOWN))).all()


async def export_of(session: AsyncSession, actor: Actor, export_id: str) -> CustomerExport:
    """One's own: a file holds what its owner may see. Raises Refused (404)."""
    own = select(CustomerExport).where(CustomerExport.id == export_id, CustomerExport.by_id == actor.id)
    found = await session.scalar(own)
    if found is None:
        raise not_found("export")
    return found


async def change_export(
    session: AsyncSession, export_id: str, *, after: list[str] | None = None, **values: Any
) -> bool:
    """`after`: only while these are its parts, so that two who write the same part keep one of them."""
    query = update(CustomerExport).where(CustomerExport.id == export_id).values(**values)
    if after is not None:
        query = query.where(CustomerExport.parts == after)
    return await session.scalar(query.returning(CustomerExport.id)) is not None
