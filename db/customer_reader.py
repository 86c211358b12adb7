"""What somebody who lists customers may see of them and ask about, on this day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Customer
from db.customer_field import field_policy
from db.customer_filter import Looking
from domain.access import Actor
from domain.customer_field import Readable, fields, for_reader
from domain.customer_filter import Fact, facts_of
from domain.field_value import Reading


@dataclass(frozen=True)
class CustomerReader:
    """Of the fields `readable`; `facts` are what conditions may speak of, by key."""

    looking: Looking
    readable: Readable
    facts: dict[str, Fact]
    reading: Reading


async def reader_of(session: AsyncSession, actor: Actor, zone: str, now: datetime) -> CustomerReader:
    readable = for_reader(actor, fields(await field_policy(session)))
    today = now.astimezone(ZoneInfo(zone)).date()
    return CustomerReader(Looking(actor, zone, today), readable, facts_of(readable), Reading(zone=zone))


def seen_values(customer: Customer, readable: Readable) -> dict[str, Any]:
    """What is known of a customer by field, as far as it may leave the server."""
    builtin = {field.key: getattr(customer, field.key) for field in readable.fields if field.builtin}
    return readable.values({**customer.custom, **builtin})
