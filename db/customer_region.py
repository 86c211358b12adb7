"""The regions that follow a customer, as far as a reader is told."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Assignment, Customer
from db.policy import current_policy
from db.scope import customers_within
from domain.access import Action, Actor
from domain.customer_assignment import CustomerAssignmentPolicy
from domain.policy import load
from domain.refusal import not_found


class Following(NamedTuple):
    """`told`: whether the reader hears whose it is and until when; `theirs` whether they may end or change it; `ranks`
    whether they may set its tier; `whole`: through this region they see everything of the customer."""

    region_id: str
    owner_id: str | None
    pooled: bool
    tier: str | None
    since: datetime | None
    due_at: datetime | None
    told: bool
    theirs: bool
    ranks: bool
    whole: bool


async def seen_customer(session: AsyncSession, actor: Actor, customer_id: str) -> Customer:
    """Raises Refused (404) for one that this person may not see."""
    found = await session.scalar(select(Customer).where(Customer.id == customer_id, customers_within(actor)))
    if found is None:
        raise not_found("customer")
    return found


async def whole_customer(session: AsyncSession, actor: Actor, customer_id: str) -> Customer:
    """One of which this person sees everything: it is theirs or their region's. What merely lies in a pool that they
    may claim from is kept from them. Raises Refused (404)."""
    customer = await seen_customer(session, actor, customer_id)
    rows = await session.scalars(select(Assignment).where(Assignment.customer_id == customer_id))
    if any(actor.reaches(Action.CUSTOMER_READ, owner=row.owner_id, region=row.region_id) for row in rows):
        return customer
    raise not_found("customer")


async def followings_of(session: AsyncSession, actor: Actor, customer_id: str) -> list[Following]:
    """Each region that follows a customer the reader may see; oldest first."""
    policy = load(CustomerAssignmentPolicy, (await current_policy(session, CustomerAssignmentPolicy.kind))[1])
    query = select(Assignment).where(Assignment.customer_id == customer_id)
    found = []
    for row in await session.scalars(query.order_by(Assignment.since, Assignment.region_id)):
        whole = actor.reaches(Action.CUSTOMER_READ, owner=row.owner_id, region=row.region_id)
        told = whole or policy.others_shown
        found.append(
            Following(
                row.region_id,
                row.owner_id if told else None,
                row.owner_id is None,
                row.tier if whole else None,
                row.since if whole else None,
                row.due_at if whole else None,
                told,
                actor.reaches(Action.CUSTOMER_ASSIGN, owner=None, region=row.region_id),
                actor.reaches(Action.CUSTOMER_WORK, owner=row.owner_id, region=row.region_id),
                whole,
            )
        )
    return found
