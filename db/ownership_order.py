"""The order in which those who change whose customers are wait for each other: first for books, by their owners, then
for the customers, then for their places. Who takes them in another waits for somebody who waits for them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.book import lock_books
from db.customer import Assignment, Customer


async def lock_books_of(session: AsyncSession, customers: Iterable[str]) -> None:
    """The books of those who have the customers. Who got one while another's was waited for is one of them."""
    owners = select(Assignment.owner_id).where(
        Assignment.customer_id.in_(sorted(set(customers))), Assignment.owner_id.is_not(None)
    )
    held: set[str] = set()
    while more := {str(owner) for owner in await session.scalars(owners.distinct())} - held:
        await lock_books(session, more)
        held |= more


async def hold_customers(session: AsyncSession, customers: Iterable[str]) -> None:
    """Before their places are locked. Every line of history looks whether its customer is there, and would wait for
    whoever merges it, who waits for the places."""
    query = select(Customer.id).where(Customer.id.in_(sorted(set(customers)))).order_by(Customer.id)
    await session.execute(query.with_for_update(read=True, key_share=True))
