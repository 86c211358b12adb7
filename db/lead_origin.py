"""What a lead brought along: from where it came, what it is about, what it agreed to; and each time it turned to us."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Ref, new_id


class LeadOrigin:
    """Columns of `lead`, written when it is taken in. The budget they named is its `amount`."""

    campaign: Mapped[str | None]
    product: Mapped[str | None]
    language: Mapped[str | None]  # zh_CN, en: what to answer in
    industry: Mapped[str | None]  # domain.lead_interest.INDUSTRIES, or in their words
    size: Mapped[str | None]  # domain.lead_interest.SIZES
    intent: Mapped[str | None]  # domain.lead_interest.INTENTS
    behaviour: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"visits": 3, "downloads": 1}: what they did
    custom: Mapped[dict[str, Any]] = mapped_column(default=dict)  # fields of our own, by key
    consent: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))  # {form, version, language, text}
    form_key: Mapped[str | None]
    touches: Mapped[int] = mapped_column(default=1)  # how often they turned to us
    came_back: Mapped[int] = mapped_column(default=0)  # how often after it had ended


class LeadTouch(Base):
    """One time that somebody turned to us: the first made the lead. For attribution, none is ever changed."""

    __tablename__ = "lead_touch"

    id: Mapped[Id] = mapped_column(default=new_id)
    lead_id: Mapped[Ref] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    no: Mapped[int]  # 1: the first
    source: Mapped[str]
    campaign: Mapped[str | None]
    utm: Mapped[dict[str, Any]]
    form_key: Mapped[str | None]
    message: Mapped[str | None]
    consent: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    why: Mapped[list[str]]  # what told that it is the same: phone, email; of the first, why it was kept all the same
    note: Mapped[str | None]  # why somebody kept it as a lead of its own

    __table_args__ = (Index("ix_lead_touch_lead_id", "lead_id", "no"),)
