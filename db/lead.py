"""Leads as they came in, and where their process stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Minor, Ref, new_id


class Lead(Base):
    """The person's words and contact data stand here only; the workflow carries the id."""

    __tablename__ = "lead"

    id: Mapped[Id] = mapped_column(default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    source: Mapped[str]  # form, api, hand
    company: Mapped[str]
    name: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    message: Mapped[str | None]
    amount: Mapped[Minor | None]  # what they said they want to spend
    currency: Mapped[str]
    region_id: Mapped[Ref]
    utm: Mapped[dict[str, Any]]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())

    # written by LeadWorkflow only
    owner_id: Mapped[Ref | None]
    stage: Mapped[str] = mapped_column(default="new")  # new, assigned, contacted, converted, closed
    due_at: Mapped[datetime | None]
    customer_id: Mapped[Ref | None]
    deal_id: Mapped[Ref | None]
    close_reason: Mapped[str | None]
    revision: Mapped[int] = mapped_column(BigInteger, default=0)

    __table_args__ = (
        Index("ix_lead_owner", "owner_id", "id"),
        Index("ix_lead_region", "region_id", "id"),
    )
