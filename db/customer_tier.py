"""The tier that each customer seems to be of, with its reasons: reckoned, and set by nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, Index, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Instant, Ref
from db.customer import Assignment, Customer
from db.scope import reach
from domain.access import Action, Actor
from domain.customer_pool import Tier


class CustomerTierHint(Base):
    __tablename__ = "customer_tier_hint"

    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True)
    score: Mapped[int]
    tier: Mapped[str]
    reasons: Mapped[list[dict[str, Any]]]  # domain.customer_tier.Reason
    at: Mapped[Instant] = mapped_column(server_default=func.now())

    __table_args__ = (Index("ix_customer_tier_hint_score", text("score desc"), "customer_id"),)


async def followed_after(session: AsyncSession, after: str | None, limit: int) -> Sequence[str]:
    """The next customers, by id, that some region follows."""
    query = select(Assignment.customer_id).distinct().order_by(Assignment.customer_id).limit(limit)
    return (await session.scalars(query.where(Assignment.customer_id > after) if after else query)).all()


class Differing(NamedTuple):
    """A place whose tier is not the one that is suggested."""

    place: Assignment
    customer: Customer
    hint: CustomerTierHint


async def differing(
    session: AsyncSession, actor: Actor, *, suggested: Tier | None = None, region: str | None = None,
    after: tuple[str, str] | None = None, limit: int = 50,
) -> list[Differing]:  # fmt: skip
    """Among the places whose tier this person may set: those with most points first; `after` is the last one seen."""
    hint, place = CustomerTierHint, Assignment
    query = (
        select(place, Customer, hint)
        .join(hint, hint.customer_id == place.customer_id)
        .join(Customer, Customer.id == place.customer_id)
        .where(
            hint.tier != place.tier,
            Customer.merged_into.is_(None),
            reach(actor, Action.CUSTOMER_WORK, place.owner_id, place.region_id),
        )
    )
    if suggested:
        query = query.where(hint.tier == suggested)
    if region:
        query = query.where(place.region_id == region)
    if after is not None:
        last = await session.get(hint, after[0])
        if last is not None:
            seen = tuple_(-last.score, *after)
            query = query.where(tuple_(-hint.score, place.customer_id, place.region_id) > seen)
    ordered = query.order_by(hint.score.desc(), place.customer_id, place.region_id).limit(limit)
    return [Differing(*row) for row in await session.execute(ordered)]


async def suggested_for(session: AsyncSession, customers: Sequence[str]) -> dict[str, str]:
    """The suggested tier of each, as it was weighed last."""
    query = select(CustomerTierHint.customer_id, CustomerTierHint.tier)
    found = await session.execute(query.where(CustomerTierHint.customer_id.in_(customers)))
    return dict(found.all())
