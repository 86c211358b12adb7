"""Bank statements: files, their lines with what they were matched to, what is booked, accounts that are known."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Index, func
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Minor, Ref, new_id


class Statement(Base):
    """One file. `known` of its lines stood in an earlier one already. `problem`: the refusal that ended it."""

    __tablename__ = "bank_statement"

    id: Mapped[Id] = mapped_column(default=new_id)
    file_hash: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    format: Mapped[str | None]
    account: Mapped[str]
    currency: Mapped[str]
    status: Mapped[str]  # reading, matching, booking, done, failed
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    lines: Mapped[int]
    known: Mapped[int]
    opening: Mapped[Minor | None]
    closing: Mapped[Minor | None]
    complete: Mapped[bool | None]  # whether the lines lead from the opening to the closing balance
    first_on: Mapped[date | None]
    last_on: Mapped[date | None]
    policy_version: Mapped[int]
    uploaded_by: Mapped[Ref]
    uploaded_at: Mapped[Instant] = mapped_column(server_default=func.now())
    finished_at: Mapped[Instant | None]

    __table_args__ = (Index("ix_bank_statement_uploaded", "uploaded_at", "id"),)


class StatementLine(Base):
    """`verdict`: domain.bank_match.Verdict. `booked` of `amount` has reached collections."""

    __tablename__ = "bank_line"

    id: Mapped[Id] = mapped_column(default=new_id)
    statement_id: Mapped[Ref]
    no: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(unique=True)
    booked_on: Mapped[date]
    value_on: Mapped[date | None]
    amount: Mapped[Minor]
    currency: Mapped[str]
    payer: Mapped[str]
    payer_account: Mapped[str]
    text: Mapped[str]
    bank_reference: Mapped[str]
    reversal: Mapped[bool]
    status: Mapped[str]  # new, booking, booked, doubt, ignored, not_ours
    verdict: Mapped[dict[str, Any]]
    booked: Mapped[Minor]
    decided_by: Mapped[Ref | None]  # none: by itself
    decided_at: Mapped[Instant | None]
    note: Mapped[str | None]

    __table_args__ = (
        Index("ix_bank_line_statement", "statement_id", "status", "no"),
        Index("ix_bank_line_doubt", "booked_on", "id", postgresql_where=sql("status = 'doubt'")),
    )


class Booking(Base):
    """What of a line goes to one collection. `no` counts a line's bookings, those refused too."""

    __tablename__ = "bank_booking"

    id: Mapped[Id] = mapped_column(default=new_id)
    line_id: Mapped[Ref]
    no: Mapped[int]
    collection_id: Mapped[Ref] = mapped_column(index=True)
    amount: Mapped[Minor]
    status: Mapped[str]  # pending, booked, refused
    by: Mapped[Ref]
    payment_id: Mapped[Ref | None]
    refusal: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    ended_at: Mapped[Instant | None]

    __table_args__ = (Index("ix_bank_booking_line", "line_id", "no", unique=True),)


class PayerAccount(Base):
    """An account that a customer has paid from, learnt from lines a person confirmed or that said so twice."""

    __tablename__ = "payer_account"

    account: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[Ref] = mapped_column(primary_key=True)
    times: Mapped[int]
    learnt_at: Mapped[Instant] = mapped_column(server_default=func.now())
