"""Files of leads that people uploaded, and their rows: what each says, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from db.base import Base, Id, Ref, new_id


class LeadUpload(Base):
    """`mapping` says for each column which field it is. `by_id` may see and take it, nobody else."""

    __tablename__ = "lead_upload"

    id: Mapped[Id] = mapped_column(default=new_id)
    by_id: Mapped[Ref]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    file_name: Mapped[str]
    hash: Mapped[str]  # SHA-256 of the file
    headings: Mapped[list[str]]
    mapping: Mapped[list[str]]
    rows: Mapped[int]
    region: Mapped[str | None]
    campaign: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="read")  # read, taking, done
    taken_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("by_id", "hash"),)


class LeadUploadRow(Base):
    """One row of the file; `no` is its place below the heading, from 1."""

    __tablename__ = "lead_upload_row"

    upload_id: Mapped[Ref] = mapped_column(ForeignKey("lead_upload.id", ondelete="CASCADE"), primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True)
    cells: Mapped[list[str]] = mapped_column(ARRAY(Text))
    status: Mapped[str] = mapped_column(default="waiting")  # waiting, fresh, touch, failed
    code: Mapped[str | None]
    field: Mapped[str | None]
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    lead_id: Mapped[Ref | None]

    __table_args__ = (
        Index("ix_lead_upload_row_waiting", "upload_id", "no", postgresql_where=text("status = 'waiting'")),
    )


async def find_upload(session: AsyncSession, by_id: str, *, digest: str = "", upload_id: str = "") -> LeadUpload | None:
    """By its file's hash or by its id; None where this person has none."""
    which = LeadUpload.hash == digest if digest else LeadUpload.id == upload_id
    return await session.scalar(select(LeadUpload).where(LeadUpload.by_id == by_id, which))


async def list_uploads(session: AsyncSession, by_id: str, limit: int = 20) -> Sequence[LeadUpload]:
    mine = select(LeadUpload).where(LeadUpload.by_id == by_id).order_by(LeadUpload.id.desc()).limit(limit)
    return (await session.scalars(mine)).all()


async def keep_rows(session: AsyncSession, upload_id: str, first: int, rows: Sequence[Sequence[str]]) -> None:
    values = [{"upload_id": upload_id, "no": first + no, "cells": list(cells)} for no, cells in enumerate(rows)]
    await session.execute(insert(LeadUploadRow), values)


async def waiting_rows(session: AsyncSession, upload_id: str, limit: int) -> Sequence[LeadUploadRow]:
    waiting = select(LeadUploadRow).where(LeadUploadRow.upload_id == upload_id, LeadUploadRow.status == "waiting")
    return (await session.scalars(waiting.order_by(LeadUploadRow.no).limit(limit))).all()


async def first_rows(session: AsyncSession, upload_id: str, limit: int) -> Sequence[LeadUploadRow]:
    first = select(LeadUploadRow).where(LeadUploadRow.upload_id == upload_id)
    return (await session.scalars(first.order_by(LeadUploadRow.no).limit(limit))).all()


async def failed_rows(session: AsyncSession, upload_id: str, limit: int) -> Sequence[LeadUploadRow]:
    failed = select(LeadUploadRow).where(LeadUploadRow.upload_id == upload_id, LeadUploadRow.status == "failed")
    return (await session.scalars(failed.order_by(LeadUploadRow.no).limit(limit))).all()


async def settle(session: AsyncSession, row: LeadUploadRow, **how: Any) -> None:
    await session.execute(
        update(LeadUploadRow).where(LeadUploadRow.upload_id == row.upload_id, LeadUploadRow.no == row.no).values(how)
    )


async def count_rows(session: AsyncSession, upload_id: str) -> dict[str, int]:
    """How many rows there are in each status."""
    counted = (
        select(LeadUploadRow.status, func.count())
        .where(LeadUploadRow.upload_id == upload_id)
        .group_by(LeadUploadRow.status)
    )
    counts = dict((await session.execute(counted)).all())
    return {status: counts.get(status, 0) for status in ("waiting", "fresh", "touch", "failed")}


async def try_again(session: AsyncSession, upload_id: str) -> None:
    """Rows that could not be used are taken once more: under another mapping, perhaps."""
    again: dict[str, Any] = {"status": "waiting", "code": None, "field": None, "params": {}}
    failed = (LeadUploadRow.upload_id == upload_id, LeadUploadRow.status == "failed")
    await session.execute(update(LeadUploadRow).where(*failed).values(again))
