"""Which people hold a human task's keys (domain.access): a person, or a role company-wide or in a region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, Select, any_, cast, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from db.person import Person, PersonRole, unit_regions


def holding(keys: Iterable[str]) -> Select[str]:
    """Ids of the active people whose `Actor.holder_keys` has any of the keys."""
    return holding_any(literal(list(keys), ARRAY(Text)))


def holding_any(keys: ColumnElement[Sequence[str]]) -> Select[str]:
    """`holding` of keys that are known when the statement is executed."""
    asked = any_(keys)
    role = literal("role:") + PersonRole.role + literal(":")
    reach = unit_regions()
    in_region = (
        select(reach.c.unit_id)
        .where(reach.c.unit_id == Person.unit_id, role + cast(reach.c.region_id, Text) == asked)
        .correlate(Person, PersonRole)
    )
    by_role = (
        select(PersonRole.role)
        .where(PersonRole.person_id == Person.id, or_(role + literal("*") == asked, in_region.exists()))
        .correlate(Person)
    )
    itself = literal("person:") + cast(Person.id, Text) == asked
    return select(Person.id).where(Person.active, or_(itself, by_role.exists()))


async def holders(session: AsyncSession, keys: Iterable[str]) -> list[str]:
    return list(await session.scalars(holding(keys)))


async def holders_of(session: AsyncSession, keys: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """For each key the people who hold it."""
    found: dict[str, list[str]] = {key: [] for key in keys}
    if found:
        each = (holding([key]).add_columns(literal(key, Text)) for key in found)
        for person_id, key in await session.execute(union_all(*each)):
            found[key].append(person_id)
    return found
