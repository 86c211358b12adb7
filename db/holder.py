"""Which people hold a human task's keys (domain.access): a person, or a role company-wide or in a region."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

HOLDERS_SQL = """
with recursive reach(unit_id, region_id) as (
    select id, id from org_unit where kind = 'region'
    union
    select u.id, r.region_id from org_unit u join reach r on u.parent_id = r.unit_id
), everywhere as (
    select id from org_unit where kind = 'company'
)
select distinct p.id::text
from unnest(:keys) key
join person p on p.active and (
    key = 'person:' || p.id
    or exists (
        select from person_role pr
        where pr.person_id = p.id and (
            key = 'role:' || pr.role || ':*'
            or key in (select 'role:' || pr.role || ':' || r.region_id from reach r where r.unit_id = p.unit_id)
            or (key like 'role:' || pr.role || ':%' and p.unit_id in (select id from everywhere))
        )
    )
)
"""
"""Ids of the people who hold any of `:keys`, as a query to stand in another."""

_HOLDERS = text(HOLDERS_SQL).bindparams(bindparam("keys", type_=ARRAY(Text)))


async def holders(session: AsyncSession, keys: Iterable[str]) -> list[str]:
    """Ids of the active people who hold any of the keys."""
    return list(await session.scalars(_HOLDERS, {"keys": list(keys)}))
