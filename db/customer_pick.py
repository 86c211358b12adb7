"""Customers as somebody who types a name picks one: theirs, and those in the pools they see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Customer
from db.customer_filter import Looking
from db.customer_page import ids_of
from db.customer_sight import CustomerSight
from db.customer_sought import Sought
from domain.access import Actor


class Pick(NamedTuple):
    """`pooled`: seen for lying in a pool only; it is claimed before anything else is done with it."""

    customer: Customer
    pooled: bool


async def picks(session: AsyncSession, actor: Actor, text: str, *, limit: int) -> Sequence[Pick]:
    """The newest first; in pools only by the customer's own name."""
    sight = await CustomerSight.of(session, actor)
    # Nothing is asked of them but the text: which day it is plays no part.
    ids = await ids_of(session, Sought(Looking(actor, "UTC", date.min, sight), text), None, limit)
    pooled = await sight.lying(session, ids)
    found = await session.scalars(select(Customer).where(Customer.id.in_(ids)).order_by(Customer.id.desc()))
    return [Pick(one, one.id in pooled) for one in found]
