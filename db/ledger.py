"""The ledger of every collection, append only, and what was promised, disputed and asked for on it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Minor, Ref


class LedgerEntry(Base):
    """One side of a posting; the entries of a `posting_id` sum to zero per currency (`domain.ledger`).

    `booked_on` is the business day in the company's zone: of a payment, the day it was received.
    """

    __tablename__ = "ledger_entry"

    id: Mapped[Id]
    collection_id: Mapped[Ref] = mapped_column(index=True)
    customer_id: Mapped[Ref]
    posting_id: Mapped[Ref] = mapped_column(index=True)
    no: Mapped[int] = mapped_column(BigInteger)  # counts the collection's entries from 1
    kind: Mapped[str]  # domain.ledger.Kind
    account: Mapped[str]  # domain.ledger.Account
    instalment_id: Mapped[Ref | None]
    payment_id: Mapped[Ref | None]
    amount: Mapped[Minor]  # signed: a debit is positive
    currency: Mapped[str]
    booked_on: Mapped[date]
    booked_at: Mapped[Instant]
    booked_by: Mapped[str]
    note: Mapped[str | None]

    __table_args__ = (
        Index("ix_ledger_entry_order", "collection_id", "no"),
        Index("ix_ledger_entry_customer", "customer_id", "booked_on"),
    )


class Promise(Base):
    """The customer's word to pay an amount by the end of a day."""

    __tablename__ = "promise"

    id: Mapped[Id]
    collection_id: Mapped[Ref] = mapped_column(index=True)
    amount: Mapped[Minor]
    promised_on: Mapped[date]
    contact_id: Mapped[Ref | None]
    note: Mapped[str | None]
    status: Mapped[str]  # open, kept, broken, withdrawn
    recorded_by: Mapped[Ref]
    recorded_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]

    __table_args__ = (Index("ix_promise_open", "promised_on", postgresql_where=text("status = 'open'")),)


class Dispute(Base):
    """What the customer does not agree with; it stops the clock of an instalment, or of all (`instalment_id` None)."""

    __tablename__ = "dispute"

    id: Mapped[Id]
    collection_id: Mapped[Ref] = mapped_column(index=True)
    instalment_id: Mapped[Ref | None]
    reason: Mapped[str]  # domain.dunning.Reason
    note: Mapped[str | None]
    status: Mapped[str]  # open, resolved
    opened_by: Mapped[Ref]
    opened_at: Mapped[Instant]
    resolved_by: Mapped[Ref | None]
    resolved_at: Mapped[Instant | None]
    resolution: Mapped[str | None]


class CollectionRequest(Base):
    """A write-off, refund or service hold that somebody must approve: the subject of its approval, by `id`."""

    __tablename__ = "collection_request"

    id: Mapped[Id]
    collection_id: Mapped[Ref] = mapped_column(index=True)
    kind: Mapped[str]  # write_off, refund, service_hold
    amount: Mapped[Minor]
    currency: Mapped[str]
    reason: Mapped[str | None]
    status: Mapped[str]  # in_approval, approved, returned, rejected, withdrawn
    approval_id: Mapped[Ref]
    requested_by: Mapped[str]
    requested_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]
