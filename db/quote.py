"""Quotes with their versions, what their customers answered, and the drafts of invoices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Minor, Ref, new_id


class Quote(Base):
    """Written by QuoteWorkflow only."""

    __tablename__ = "quote"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    deal_id: Mapped[Ref] = mapped_column(index=True)
    line_id: Mapped[Ref]
    customer_id: Mapped[Ref] = mapped_column(index=True)
    region_id: Mapped[Ref]
    owner_id: Mapped[Ref]
    title: Mapped[str]
    amount: Mapped[Minor]
    currency: Mapped[str]
    status: Mapped[str]  # draft, in_approval, approved, sent, accepted, refused, lapsed, withdrawn
    version: Mapped[int]
    edits: Mapped[int]  # counts the changes of the draft: a stale page changes nothing
    body: Mapped[dict[str, Any]]  # domain.quote.QuoteBody of the newest version
    totals: Mapped[dict[str, Any]]  # domain.quote.Totals
    versions: Mapped[list[dict[str, Any]]]  # those submitted: [{no, amount, body, totals, by, at, document, outcome}]
    approval_id: Mapped[Ref | None]
    valid_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]  # when its customer first opened the newest one
    answer_id: Mapped[Ref | None]
    opened_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    revision: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_quote_versions", "versions", postgresql_using="gin", postgresql_ops={"versions": "jsonb_path_ops"}),
        Index("ix_quote_owner", "owner_id", "id"),
    )


class QuoteAnswer(Base):
    """What a customer wrote with their answer: kept here, because a process carries nothing of a person."""

    __tablename__ = "quote_answer"

    id: Mapped[Id] = mapped_column(default=new_id)
    quote_id: Mapped[Ref] = mapped_column(index=True)
    version: Mapped[int]
    outcome: Mapped[str]  # accepted, refused
    name: Mapped[str]
    note: Mapped[str]
    po_number: Mapped[str]
    at: Mapped[Instant] = mapped_column(server_default=func.now())


class Invoice(Base):
    """A draft of an invoice for finance. Written by InvoiceWorkflow only."""

    __tablename__ = "invoice"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    deal_id: Mapped[Ref] = mapped_column(index=True)
    line_id: Mapped[Ref]
    customer_id: Mapped[Ref] = mapped_column(index=True)
    region_id: Mapped[Ref]
    owner_id: Mapped[Ref]
    title: Mapped[str]
    amount: Mapped[Minor]
    currency: Mapped[str]
    status: Mapped[str]  # draft, prepared, issued, withdrawn
    body: Mapped[dict[str, Any]]  # domain.quote.QuoteBody
    invoice_title: Mapped[str | None]
    tax_number: Mapped[str | None]
    fiscal_number: Mapped[str | None]  # of the invoice itself, once the tax system issued it
    note: Mapped[str | None]
    document: Mapped[str | None]  # hash of its PDF, drawn when finance prepared it
    opened_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    revision: Mapped[int] = mapped_column(BigInteger)


async def invoice_document(session: AsyncSession, deal_id: str) -> str | None:
    """The PDF of what a deal's customer is invoiced, the newest that finance has prepared or issued."""
    ready = select(Invoice.document).where(
        Invoice.deal_id == deal_id, Invoice.status.in_(("prepared", "issued")), Invoice.document.is_not(None)
    )
    found: str | None = await session.scalar(ready.order_by(Invoice.opened_at.desc(), Invoice.id.desc()).limit(1))
    return found


async def quotes_of(session: AsyncSession, deal_id: str) -> Sequence[Quote]:
    """A deal's quotes, the newest first."""
    found = select(Quote).where(Quote.deal_id == deal_id).order_by(Quote.opened_at.desc(), Quote.id)
    return (await session.scalars(found)).all()


async def invoices_of(session: AsyncSession, deal_id: str) -> Sequence[Invoice]:
    """A deal's invoices, the newest first."""
    found = select(Invoice).where(Invoice.deal_id == deal_id).order_by(Invoice.opened_at.desc(), Invoice.id)
    return (await session.scalars(found)).all()
