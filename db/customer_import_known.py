"""What a file's words for regions and people mean to the person who imports it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.lead_form import regions
from db.person import OrgUnit, Person, PersonRole, unit_regions
from db.policy import current_policy
from db.pool_policy import region_codes, rules_in_force
from domain.access import Action, Actor, Role, Scope
from domain.customer_import_columns import OWN
from domain.customer_import_rows import Known
from domain.customer_pool import PoolPolicy, PoolRules
from domain.lead_columns import plain
from domain.policy import load

OWNERS = (Role.SALES, Role.SENIOR_SALES, Role.REGIONAL_MANAGER)
"""Whose customers may be."""


async def regions_of(session: AsyncSession, actor: Actor) -> list[OrgUnit]:
    """Into which this person imports."""
    everywhere = actor.scope(Action.CUSTOMER_IMPORT) is Scope.ALL
    return [unit for unit in await regions(session) if everywhere or unit.id in actor.regions]


async def owners_in(session: AsyncSession, region_id: str) -> list[Person]:
    """Who may have customers there, by name."""
    reaching = unit_regions()
    roles = select(PersonRole.person_id).where(PersonRole.role.in_(OWNERS))
    query = (
        select(Person)
        .join(reaching, reaching.c.unit_id == Person.unit_id)
        .where(reaching.c.region_id == region_id, Person.active, Person.id.in_(roles))
        .order_by(Person.name, Person.id)
    )
    return list((await session.scalars(query)).unique())


async def pools_of(session: AsyncSession, region: OrgUnit) -> list[PoolRules]:
    """Those in which a region's customers may lie, the first first."""
    policy = load(PoolPolicy, (await current_policy(session, PoolPolicy.kind))[1])
    return [pool for pool in policy.pools if pool.of_region(region.code)]


async def line_pools(session: AsyncSession, mapping: Sequence[str]) -> tuple[str | None, dict[str, dict[str, str]]]:
    """The own field that says a customer's product line, where a file has it, and the keys of the pools of product
    lines by region's id and line."""
    policy = (await rules_in_force(session)).policy
    if policy.product_field is None or OWN + policy.product_field not in mapping:
        return None, {}
    lines = {one.product.strip().casefold(): one.product for one in policy.pools if one.product}
    found: dict[str, dict[str, str]] = {}
    for region, code in (await region_codes(session)).items():
        here = {line: key for line, said in lines.items() if (key := policy.of_product(said, code))}
        found |= {region: here} if here else {}
    return policy.product_field, found


async def known_to(session: AsyncSession, actor: Actor) -> Known:
    """`country` is the caller's to say. A name that two people share means neither."""
    called: dict[str, str] = {}
    for unit in await regions_of(session, actor):
        called |= {plain(name): unit.id for name in (unit.code, unit.name_zh, unit.name_en)}
    owners: dict[str, str] = {}
    twice: set[str] = set()
    for region_id in sorted(set(called.values())):
        for person in await owners_in(session, region_id):
            owners[person.email] = person.id
            for name in filter(None, (person.name, person.name_en)):
                if owners.setdefault(plain(name), person.id) != person.id:
                    twice.add(plain(name))
    return Known("", called, {name: owner for name, owner in owners.items() if name not in twice})


async def people_known(session: AsyncSession) -> dict[str, str]:
    """Ids of everybody by lower-case e-mail address, and by name where no two share it."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for one in await session.execute(select(Person.id, Person.email, Person.name).where(Person.active)):
        found[one.email] = one.id
        if found.setdefault(one.name.lower(), one.id) != one.id:
            twice.add(one.name.lower())
    return {name: person for name, person in found.items() if name not in twice}


async def departments_known(session: AsyncSession) -> dict[str, str]:
    """Ids of units by lower-case code and name."""
    found: dict[str, str] = {}
    for unit in await session.scalars(select(OrgUnit)):
        found |= {name.lower(): unit.id for name in (unit.name_zh, unit.name_en, unit.code)}
    return found
