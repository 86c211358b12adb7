"""Colleagues as they are found while one types a name."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.person import Member, OrgUnit, Person, PersonRole, member_of, members, unit_regions

Colleague = tuple[Person, OrgUnit]


async def find_colleagues(
    session: AsyncSession, text: str, *, chosen: Sequence[str] = (), without: Collection[str] = (), limit: int = 6
) -> list[Colleague]:
    """People at work here: those of `chosen` in their order, then who fits the text by name, pinyin or e-mail.

    Nobody of `without` is found by the text.
    """
    people = select(Person, OrgUnit).join(OrgUnit, OrgUnit.id == Person.unit_id).where(Person.active)
    fits = [
        or_(Person.search.contains(word, autoescape=True), Person.email.startswith(word, autoescape=True))
        for word in text.lower().split()
    ]
    others = people.where(Person.id.not_in([*chosen, *without]), *fits).order_by(Person.email).limit(limit)
    picked = {row[0].id: row for row in await session.execute(people.where(Person.id.in_(chosen)))} if chosen else {}
    found = [picked[one] for one in chosen if one in picked]
    return [(row[0], row[1]) for row in [*found, *await session.execute(others)]]


async def sellers_in(session: AsyncSession, region_id: str, roles: Collection[str]) -> list[Member]:
    """Everybody at work who holds one of the roles in the region, by name."""
    holding = select(PersonRole.person_id).where(PersonRole.role.in_(roles))
    found = await session.execute(members().where(Person.active, Person.id.in_(holding)).order_by(Person.name))
    return [one for one in map(member_of, found) if region_id in one.regions]


async def sellers_by_region(
    session: AsyncSession, regions: Collection[str], roles: Collection[str]
) -> dict[str, list[str]]:
    """For each of these regions those at work who hold one of the roles there; asked at once for them all."""
    reach = unit_regions()
    query = (
        select(reach.c.region_id, Person.id)
        .join(Person, and_(Person.unit_id == reach.c.unit_id, Person.active))
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(PersonRole.role.in_(roles), reach.c.region_id.in_(regions))
        .distinct()
        .order_by(reach.c.region_id, Person.id)
    )
    found: dict[str, list[str]] = {}
    for region_id, person_id in await session.execute(query) if regions else ():
        found.setdefault(region_id, []).append(person_id)
    return found
