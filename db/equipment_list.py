"""The equipment register as a list shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Customer
from db.customer_search import is_named
from db.equipment import Equipment
from db.scope import customers_within
from domain.access import Actor


class Listed(NamedTuple):
    equipment: Equipment
    customer: str


async def list_equipment(
    session: AsyncSession, actor: Actor, *, text: str = "", customer_id: str | None = None, limit: int = 100
) -> Sequence[Listed]:
    """What is due first comes first. `text` is part of the serial number, the model, or the customer's name or pinyin;
    `customer_id` narrows it to one customer."""
    query = (
        select(Equipment, Customer.name)
        .join(Customer, Customer.id == Equipment.customer_id)
        .where(customers_within(actor))
        .order_by(Equipment.active.desc(), Equipment.next_at.asc().nulls_last(), Equipment.id)
        .limit(limit)
    )
    if customer_id is not None:
        query = query.where(Equipment.customer_id == customer_id)
    for word in text.split():
        part = word.lower()
        query = query.where(
            or_(
                Equipment.serial_number.icontains(part, autoescape=True),
                Equipment.model.icontains(part, autoescape=True),
                is_named(part, Customer.id),
            )
        )
    return [Listed(*row) for row in await session.execute(query)]
