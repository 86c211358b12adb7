"""What somebody who merges customers decides on, and the merges there were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.contract import Contract
from db.customer import Assignment, Contact, Customer
from db.customer_merge import CustomerMerge
from db.deal import Deal
from db.scope import customers_within
from db.ticket import Ticket
from domain.access import Actor
from domain.refusal import Refused, not_found

COUNTED = (("deals", Deal), ("contracts", Contract), ("tickets", Ticket), ("contacts", Contact))


class MergeCase(NamedTuple):
    """`customers` in the order they were asked for; `counts` what moves along, by customer."""

    customers: Sequence[Customer]
    follows: Sequence[Assignment]
    counts: dict[str, dict[str, int]]


async def merge_case(session: AsyncSession, actor: Actor, ids: Sequence[str]) -> MergeCase:
    """Raises Refused: 404, 409 customer_merged."""
    asked = list(dict.fromkeys(ids))
    merged = await session.scalar(
        select(Customer.name).where(Customer.id.in_(asked), Customer.merged_into.is_not(None))
    )
    if merged is not None:
        raise Refused("customer_merged", 409, name=merged)
    found = await session.scalars(select(Customer).where(Customer.id.in_(asked), customers_within(actor)))
    customers = sorted(found, key=lambda one: asked.index(one.id))
    if len(customers) < len(asked):
        raise not_found("customer")
    query = select(Assignment).where(Assignment.customer_id.in_(asked)).order_by(Assignment.region_id)
    follows = sorted(await session.scalars(query), key=lambda one: asked.index(one.customer_id))
    counts: dict[str, dict[str, int]] = {one: {} for one in asked}
    for name, table in COUNTED:
        counting = select(table.customer_id, func.count()).where(table.customer_id.in_(asked))
        if table is Contact:
            counting = counting.where(Contact.listed)
        for customer_id, number in await session.execute(counting.group_by(table.customer_id)):
            counts[str(customer_id)][name] = number
    return MergeCase(customers, follows, counts)


class Past(NamedTuple):
    """A merge, and what the merged ones were called."""

    merge: CustomerMerge
    names: Sequence[str]


async def merges_of(session: AsyncSession, customer_id: str) -> list[Past]:
    """The merges into a customer, the newest first."""
    query = select(CustomerMerge).where(CustomerMerge.survivor_id == customer_id).order_by(CustomerMerge.at.desc())
    merges = (await session.scalars(query.limit(20))).all()
    ids = {one for merge in merges for one in merge.merged}
    called = await session.execute(select(Customer.id, Customer.name).where(Customer.id.in_(ids)))
    known = {row.id: row.name for row in called}
    return [Past(merge, [known[one] for one in merge.merged if one in known]) for merge in merges]
