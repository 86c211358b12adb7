"""What happened to a customer of the pool before: who had it and what was done, so that the next one can go on."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.follow_up import FollowUp
from db.ownership_history import ChangeOfHands

SHOWN = 20


async def last_changes(session: AsyncSession, customer_id: str, region_id: str) -> Sequence[ChangeOfHands]:
    """The latest changes of hands in the region, the last first."""
    query = select(ChangeOfHands).where(ChangeOfHands.customer_id == customer_id, ChangeOfHands.region_id == region_id)
    return (await session.scalars(query.order_by(ChangeOfHands.at.desc(), ChangeOfHands.id.desc()).limit(SHOWN))).all()


async def last_follow_ups(session: AsyncSession, customer_id: str, region_id: str) -> Sequence[FollowUp]:
    """The latest follow-ups of the region, the last first."""
    query = select(FollowUp).where(FollowUp.customer_id == customer_id, FollowUp.region_id == region_id)
    return (await session.scalars(query.order_by(FollowUp.at.desc()).limit(SHOWN))).all()
