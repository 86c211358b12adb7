"""Which files the document store holds."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.record import Document


async def document_known(session: AsyncSession, digest: str) -> bool:
    return await session.get(Document, digest) is not None


async def remember_document(session: AsyncSession, **row: object) -> None:
    """The first name and media type a file came with stay; the same bytes again change nothing."""
    await session.execute(insert(Document).values(**row).on_conflict_do_nothing(index_elements=["hash"]))


async def document(session: AsyncSession, digest: str) -> Document | None:
    return await session.scalar(select(Document).where(Document.hash == digest))
