"""The tier that each customer seems to be of, with its reasons: reckoned, and set by nobody."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Instant, Ref


class CustomerTierHint(Base):
    __tablename__ = "customer_tier_hint"

    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True)
    score: Mapped[int]
    tier: Mapped[str]
    reasons: Mapped[list[dict[str, Any]]]  # domain.customer_tier.Reason
    at: Mapped[Instant] = mapped_column(server_default=func.now())

    __table_args__ = (Index("ix_customer_tier_hint_tier", "tier"),)
