"""What was done for a customer: calls, visits, messages; each of one person for one region."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, Index, Text, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id
from db.customer import Customer
from db.scope import customers_within
from domain.access import Actor


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
    next_done_at: Mapped[datetime | None]  # when they followed up again, or said that it need not be
    remind_at: Mapped[datetime | None]  # when its author is told of what is next
    reminded_at: Mapped[datetime | None]
    documents: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]

    __table_args__ = (
        Index("ix_follow_up_customer", "customer_id", "at"),
        Index("ix_follow_up_by", "by", "at"),
        Index("ix_follow_up_region", "region_id", "at"),
        Index(
            "ix_follow_up_next",
            "by",
            "next_at",
            postgresql_where=text("next_at is not null and next_done_at is null"),
        ),
        Index(
            "ix_follow_up_remind",
            "by",
            "remind_at",
            postgresql_where=text("remind_at is not null and reminded_at is null and next_done_at is null"),
        ),
    )


async def follow_ups_of(
    session: AsyncSession, customer_id: str, before: str | None = None, limit: int = 50
) -> Sequence[FollowUp]:
    """The newest first, for somebody who sees the customer; `before` is the id of the last one already seen."""
    query = select(FollowUp).where(FollowUp.customer_id == customer_id)
    if before is not None:
        last = select(FollowUp.at, FollowUp.id).where(FollowUp.id == before).correlate(None).scalar_subquery()
        query = query.where(tuple_(FollowUp.at, FollowUp.id) < last)
    return (await session.scalars(query.order_by(FollowUp.at.desc(), FollowUp.id.desc()).limit(limit))).all()


class NextStep(NamedTuple):
    """What somebody planned with a customer when they last followed up."""

    follow_up: FollowUp
    customer: Customer


async def next_steps(session: AsyncSession, actor: Actor, *, limit: int) -> Sequence[NextStep]:
    """One's own, the earliest first, with customers one still sees."""
    found = (
        select(FollowUp, Customer)
        .join(Customer, Customer.id == FollowUp.customer_id)
        .where(FollowUp.by == actor.id, FollowUp.next_at.is_not(None), FollowUp.next_done_at.is_(None))
        .where(customers_within(actor))
        .order_by(FollowUp.next_at, FollowUp.id)
        .limit(limit)
    )
    return [NextStep(*row) for row in await session.execute(found)]
