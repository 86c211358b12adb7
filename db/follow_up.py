"""What was done for a customer: calls, visits, messages; each of one person for one region."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id


class FollowUp(Base):
    """`documents` are hashes of files kept with it; the place is where the phone was, as far as its owner told."""

    __tablename__ = "follow_up"

    id: Mapped[Id] = mapped_column(default=new_id)
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"))
    region_id: Mapped[Ref]
    contact_id: Mapped[Ref | None]
    by: Mapped[Ref]
    at: Mapped[Instant] = mapped_column(server_default=func.now())
    how: Mapped[str]  # domain.follow_up.How: call, visit, wechat, mail
    outcome: Mapped[str]  # domain.follow_up.Outcome
    note: Mapped[str] = mapped_column(server_default="")
    next_at: Mapped[datetime | None]
    documents: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]

    __table_args__ = (
        Index("ix_follow_up_customer", "customer_id", "at"),
        Index("ix_follow_up_by", "by", "at"),
        Index("ix_follow_up_region", "region_id", "at"),
    )
