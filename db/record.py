"""Small tables every part writes to: audit log, idempotency keys, outbox, documents, running numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id


class Audit(Base):
    """Who did what, and whether it was let through. Never updated."""

    __tablename__ = "audit"

    id: Mapped[Id] = mapped_column(default=new_id)
    at: Mapped[Instant] = mapped_column(server_default=func.now())
    actor: Mapped[str] = mapped_column(index=True)
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)  # deal/<id>, person/<id>, ...
    detail: Mapped[dict[str, Any]]


class Idempotency(Base):
    """A key a person used, what was asked with it, and the id chosen for what it makes."""

    __tablename__ = "idempotency"

    actor: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    chosen_id: Mapped[Ref]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now(), index=True)


class Outbox(Base):
    """What a transaction wants done outside, once it is committed. `key` makes it one, however often it is written."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]  # start, signal, mail, letter, bank
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    due_at: Mapped[Instant] = mapped_column(server_default=func.now())
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    done_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_outbox_waiting", "kind", "due_at", "id", postgresql_where=text("done_at is null")),)


class Document(Base):
    """A file in the document store, by the SHA-256 of its bytes."""

    __tablename__ = "document"

    hash: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    added_by: Mapped[str]
    added_at: Mapped[Instant] = mapped_column(server_default=func.now())
    original: Mapped[str | None] = mapped_column(index=True)  # hash of the Word file it was made of


class Number(Base):
    """The last running number given out per prefix and year (`D-2026-000123`)."""

    __tablename__ = "number"

    prefix: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)
