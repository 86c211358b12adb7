"""Leads as they came in, and where their process stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, func, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Minor, Ref, new_id
from db.holder import holders
from db.lead_origin import LeadOrigin
from db.matchable import Matchable
from domain.access import Role, role_key


class Lead(LeadOrigin, Matchable, Base):
    """The person's words and contact data stand here only; the workflow carries the id."""

    __tablename__ = "lead"

    id: Mapped[Id] = mapped_column(default=new_id)
    number: Mapped[str] = mapped_column(unique=True)
    source: Mapped[str]  # form, api, hand, upload, mail, hook
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
    stage: Mapped[str] = mapped_column(default="new")  # new, pooled, assigned, contacted, asleep, converted, closed
    due_at: Mapped[datetime | None]  # until when: first contact, the next one, seeing to it in the pool, its sleep
    due_since: Mapped[datetime | None]  # since when that is counted
    score: Mapped[int | None]
    grade: Mapped[str | None]  # A, B, C, D
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # [{row, points, zh, en}]: what made the score
    why: Mapped[dict[str, Any]] = mapped_column(default=dict)  # why its owner got it (activities.lead.Why)
    customer_id: Mapped[Ref | None]
    deal_id: Mapped[Ref | None]
    matches: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # [{kind, id, why}]: what it is like
    close_key: Mapped[str | None]  # of the policy's reasons
    close_reason: Mapped[str | None]  # in somebody's own words
    closed_at: Mapped[datetime | None]
    merged_into: Mapped[Ref | None]  # another lead
    revision: Mapped[int] = mapped_column(BigInteger, default=0)

    __table_args__ = (
        Index("ix_lead_owner", "owner_id", "id"),
        Index("ix_lead_region", "region_id", "id"),
        Index("ix_lead_phone", "phone"),
        Index("ix_lead_email", "email"),
        Index("ix_lead_customer", "customer_id", postgresql_where=text("customer_id is not null")),
        Index("ix_lead_near_keys", "near_keys", postgresql_using="gin"),
        Index("ix_lead_pool", "region_id", "due_at", postgresql_where=text("stage = 'pooled'")),
        Index(
            "ix_lead_open",
            "due_at",
            text("id desc"),
            postgresql_where=text("stage in ('new', 'pooled', 'assigned', 'contacted')"),
        ),
    )


async def sellers(session: AsyncSession, region_id: str) -> list[str]:
    """Ids of the people who sell in a region."""
    return await holders(session, [role_key(role, region_id) for role in (Role.SALES, Role.SENIOR_SALES)])
