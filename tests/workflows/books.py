"""Customers for the stories of books and pools: who has one, and when it goes back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from commands.policy import Policies
from db.customer import Assignment, Customer
from db.ownership import AssignmentChange, move
from db.policy import current_policy
from domain.customer_pool import DEFAULT
from tests.workflows.office import Office


async def customers(office: Office, owner: str | None, number: int = 1, **where: Any) -> list[str]:
    """New customers of the east, given to this person by the clock of the story."""
    at = await office.env.get_current_time()
    region = office.people["east"]
    async with office.db.session() as session:
        made = [Customer(name=f"客户 {uuid4().hex[:8]}") for _ in range(number)]
        session.add_all(made)
        await session.flush()
        ids = [one.id for one in made]
        session.add_all(Assignment(customer_id=one, region_id=region, since=at, **where) for one in ids)
        await session.flush()
        if owner is not None:
            await move(session, [(one, region) for one in ids], to=office.people[owner], how="assigned", at=at)
    return ids


async def rules(office: Office, **changed: Any) -> None:
    """Publishes the pool policy with these parts changed: durations as the document has them."""
    admin = await office.actor("gu.ming")
    async with office.db.session() as session:
        version, _ = await current_policy(session, "pool")
    await Policies(office.db).publish(admin, uuid4().hex, "pool", {**DEFAULT, **changed}, follows=version)
    await office.relay.carry_waiting()


def tiers(follow: str | None, *, deal: str | None = None, warn: str = "PT10S") -> dict[str, Any]:
    """The same limits for every tier."""
    return {tier: {"no_follow_up": follow, "no_deal": deal, "warn": warn} for tier in "ABCDE"}


async def place(office: Office, customer_id: str) -> Assignment:
    found = await office.row(Assignment, customer_id=customer_id)
    assert found is not None
    return found


async def dated(office: Office, customer_id: str, other_than: datetime | None = None) -> datetime:
    """When it goes back, once its book has reckoned it."""
    await office.relay.carry_waiting()

    async def look() -> datetime | None:
        found = await place(office, customer_id)
        return found.due_at if found.due_at != other_than else None

    return await office.until(look, "the date of a customer")


async def back(office: Office, customer_id: str) -> Assignment:
    async def look() -> Assignment | None:
        found = await place(office, customer_id)
        return found if found.owner_id is None else None

    return await office.until(look, "the customer to be back in the pool")


async def changes(office: Office, customer_id: str) -> Sequence[AssignmentChange]:
    async with office.db.session() as session:
        query = select(AssignmentChange).where(AssignmentChange.customer_id == customer_id)
        return (await session.scalars(query.order_by(AssignmentChange.id))).all()
