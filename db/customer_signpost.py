"""A merged customer's row is a signpost to the one it lives on in; whoever holds its id follows it here.

Running processes keep the id they began with: it is followed whenever they write rows (`db.projection`) or read what
belongs to their customer. So a merge sends no process a message, and undoing it lets all of them point back.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Customer

_FOLLOW = text("select merged_into from customer where id = cast(:id as uuid)")

LIVING: ColumnElement[str] = func.coalesce(Customer.merged_into, Customer.id)
"""In a query: the customer that a row of `customer` lives on in."""


async def living(session: AsyncSession, customer_id: str) -> str:
    """The id of the customer that this one lives on in: mostly its own."""
    while (on := await session.scalar(_FOLLOW, {"id": customer_id})) is not None:
        customer_id = str(on)
    return customer_id


async def living_customer(session: AsyncSession, customer_id: str) -> Customer:
    return await session.get_one(Customer, await living(session, customer_id))


async def signpost_to(session: AsyncSession, customer_id: str) -> str | None:
    """Where a merged customer lives on; None for one that was not merged, or is not there."""
    on = await session.scalar(select(Customer.merged_into).where(Customer.id == customer_id))
    return await living(session, on) if on else None
