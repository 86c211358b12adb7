"""What one person got by an allocation and still has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Assignment, Contact, Customer
from db.ownership import AssignmentChange


class Got(NamedTuple):
    """A customer with what its new owner wants to know first."""

    id: str
    name: str
    tier: str
    industry: str | None
    city: str | None
    contacts: int
    due_at: datetime | None
    followed_at: datetime | None


async def got_in(
    session: AsyncSession, allocation_id: str, person_id: str, *, after: str | None = None, limit: int = 50
) -> Sequence[Got]:
    """For any run that gave customers: an allocation or an import. Customers by id, which is the order they became
    known in."""
    contacts = select(func.count()).where(Contact.customer_id == Customer.id, Contact.listed).scalar_subquery()
    query = (
        select(
            Customer.id, Customer.name, Assignment.tier, Customer.industry, Customer.city, contacts, Assignment.due_at,
            Assignment.followed_at,
        )
        .join(Assignment, and_(Assignment.customer_id == Customer.id, Assignment.owner_id == person_id))
        .join(
            AssignmentChange,
            and_(
                AssignmentChange.customer_id == Customer.id,
                AssignmentChange.region_id == Assignment.region_id,
                AssignmentChange.run_id == allocation_id,
                AssignmentChange.to_id == person_id,
            ),
        )
        .order_by(Customer.id)
        .limit(limit)
    )  # fmt: skip
    if after:
        query = query.where(Customer.id > after)
    return [Got(*row) for row in await session.execute(query)]
