"""Customers as a list shows them, and as a picker finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.collection import Collection
from db.customer import Assignment, Customer
from db.customer_field import readable_by
from db.customer_find import found
from db.customer_sight import CustomerSight
from db.deal import Deal
from db.scope import customers_within, paths_to_customers, within
from domain.access import Actor


class Sum(NamedTuple):
    """So many records, and what they come to in minor units."""

    records: int
    amount: int


@dataclass(frozen=True)
class Figures:
    """By customer id: what is open with each, as far as the reader may see."""

    deals: dict[str, Sum] = field(default_factory=dict)
    owed: dict[str, Sum] = field(default_factory=dict)
    followers: dict[str, list[Assignment]] = field(default_factory=dict)


async def list_customers(
    session: AsyncSession, actor: Actor, *, text: str = "", after: str | None = None, limit: int = 50
) -> Sequence[Customer]:
    """The newest first; `text` is part of a name, of its pinyin or initials, of a contact's, or of a phone number;
    `after` the id of the last one seen."""
    paths = paths_to_customers(actor)
    numbers = (await readable_by(session, actor)).numbers
    within_sight = [customers_within(actor, few=bool(text.strip()))]
    ids = await found(session, within_sight, text, paths=paths, after=after, limit=limit, numbers=numbers)
    query = select(Customer).where(Customer.id.in_(ids)).order_by(Customer.id.desc())
    return (await session.scalars(query)).all()


async def figures(session: AsyncSession, sight: CustomerSight, customer_ids: Sequence[str]) -> Figures:
    """Of the customers of one page."""
    actor = sight.actor
    still_open = (Deal.closed_at.is_(None), Deal.order_id.is_(None))  # a won one waits for its money only
    deals = (
        select(Deal.customer_id, func.count(), cast(func.sum(Deal.amount), Deal.amount.type))
        .where(Deal.customer_id.in_(customer_ids), *still_open, within(actor, "deal"))
        .group_by(Deal.customer_id)
    )
    left = cast(func.sum(Collection.owed), Collection.amount.type)
    owed = (
        select(Collection.customer_id, func.count(), left)
        .where(
            Collection.customer_id.in_(customer_ids),
            Collection.closed_at.is_(None),
            Collection.owed > 0,
            within(actor, "collection"),
        )
        .group_by(Collection.customer_id)
    )
    sums = Figures(
        deals={row[0]: Sum(row[1], row[2]) for row in await session.execute(deals)},
        owed={row[0]: Sum(row[1], row[2]) for row in await session.execute(owed)},
    )
    assigned = select(Assignment).where(Assignment.customer_id.in_(customer_ids), sight.places())
    for assignment in await session.scalars(assigned.order_by(Assignment.since)):
        sums.followers.setdefault(assignment.customer_id, []).append(assignment)
    return sums
