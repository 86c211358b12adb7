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
from db.customer_import import CustomerImport, ids_made, imports_called
from db.customer_sight import CustomerSight
from domain.access import Action, Actor
from domain.customer_field import Readable
from domain.customer_filter import IMPORT, Fact, facts_of, import_fact
from domain.customer_pool import open_values
from domain.field_value import Reading
from domain.ids import ids_in


@dataclass(frozen=True)
class CustomerReader:
    """Whom they see, by `sight`; of the fields `readable`; `facts` are what conditions may speak of, by key."""

    looking: Looking
    sight: CustomerSight
    readable: Readable
    facts: dict[str, Fact]
    reading: Reading


async def reader_of(
    session: AsyncSession, actor: Actor, zone: str, now: datetime, filter_text: str = "", *, imports: int = 0
) -> CustomerReader:
    """For what this filter says; `imports`: how many of the newest may be chosen beside those that it names."""
    sight = await CustomerSight.of(session, actor)
    readable = sight.pools.readable
    local, facts = ZoneInfo(zone), facts_of(readable)
    made: dict[str, tuple[str, str]] = {}
    if actor.scope(Action.CUSTOMER_IMPORT) is not None:
        named = ids_in(filter_text) if f'"{IMPORT}"' in filter_text else []
        found = await imports_called(session, actor, named, imports) if named or imports else []
        made = {one.id: ids_made(one) for one in found}
        facts[IMPORT] = import_fact({one.id: _called(one, local) for one in found})
    looking = Looking(actor, zone, now.astimezone(local).date(), sight, imports=made)
    return CustomerReader(looking, sight, readable, facts, Reading(zone=zone))


def _called(one: CustomerImport, zone: ZoneInfo) -> str:
    """The same file may be sent in again."""
    return f"{one.file_name[:40]} · {one.created_at.astimezone(zone):%Y-%m-%d %H:%M}"


def seen_values(customer: Customer, readable: Readable, hidden: Iterable[str] = ()) -> dict[str, Any]:
    """What is known of a customer by field, as far as it may leave the server; `hidden` by its pool until claimed."""
    builtin = {field.key: getattr(customer, field.key) for field in readable.fields if field.builtin}
    return readable.values(open_values({**customer.custom, **builtin}, hidden))
