"""Versioned policy documents: published ones never change."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Instant, Ref


class Policy(Base):
    __tablename__ = "policy"

    kind: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    hash: Mapped[str]
    note: Mapped[str]
    published_by: Mapped[Ref | None]
    published_at: Mapped[Instant] = mapped_column(server_default=func.now())
