"""What somebody who lists customers may see of them and ask about, on this day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Customer
from db.customer_filter import Looking
from db.customer_sight import CustomerSight
from domain.access import Actor
from domain.customer_field import Readable
from domain.customer_filter import Fact, facts_of
from domain.customer_pool import open_values
from domain.field_value import Reading


@dataclass(frozen=True)
class CustomerReader:
    """Whom they see, by `sight`; of the fields `readable`; `facts` are what conditions may speak of, by key."""

    looking: Looking
    sight: CustomerSight
    readable: Readable
    facts: dict[str, Fact]
    reading: Reading


async def reader_of(session: AsyncSession, actor: Actor, zone: str, now: datetime) -> CustomerReader:
    sight = await CustomerSight.of(session, actor)
    readable = sight.pools.readable
    today = now.astimezone(ZoneInfo(zone)).date()
    return CustomerReader(Looking(actor, zone, today, sight), sight, readable, facts_of(readable), Reading(zone=zone))


def seen_values(customer: Customer, readable: Readable, hidden: Iterable[str] = ()) -> dict[str, Any]:
    """What is known of a customer by field, as far as it may leave the server; `hidden` by its pool until claimed."""
    builtin = {field.key: getattr(customer, field.key) for field in readable.fields if field.builtin}
    return readable.values(open_values({**customer.custom, **builtin}, hidden))
