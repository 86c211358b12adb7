"""Leads and customers that share a number, an address or a name with somebody, found by indexes only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.company_name import near_keys
from domain.lead_match import Known, Somebody

MOST = 60
"""Rows looked at for each thing that may be shared: a name that thousands share says nothing."""

# Each part materialized: with its limit outside, the planner may read the whole table backwards instead.
_LEADS = """
    select l.id, l.company, l.name, l.phone, l.email, l.stage, l.customer_id, l.owner_id, l.region_id from lead l
"""
_CONTACTS = """
    select c.id, c.name as company, p.name, p.phone, p.email from contact p join customer c on c.id = p.customer_id
"""
_FIND = text(f"""
    with by_phone as materialized ({_LEADS} where l.phone = cast(:phone as text) limit :most),
    by_email as materialized ({_LEADS} where l.email = cast(:email as text) limit :most),
    by_name as materialized ({_LEADS} where l.near_keys && cast(:near as bigint[]) limit :most),
    contact_phone as materialized ({_CONTACTS} where p.phone = cast(:phone as text) limit :most),
    contact_email as materialized ({_CONTACTS} where p.email = cast(:email as text) limit :most),
    customer_name as materialized (
        select coalesce(c.merged_into, c.id) as id, c.name from customer c
        where c.near_keys && cast(:near as bigint[]) and c.near_keys <> '{{}}' limit :most
    )
    select 'lead' as kind, id, company, name, phone, email, stage, customer_id from by_phone
    union select 'lead', id, company, name, phone, email, stage, customer_id from by_email
    union select 'lead', id, company, name, phone, email, stage, customer_id from by_name
    union select 'customer', id, company, name, phone, email, null, null from contact_phone
    union select 'customer', id, company, name, phone, email, null, null from contact_email
    union select 'customer', n.id, n.name, coalesce(p.name, ''), p.phone, p.email, null, null
        from customer_name n left join contact p on p.customer_id = n.id
    order by id desc
""")  # noqa: S608 - of our own parts


async def find_alike(session: AsyncSession, who: Somebody, *, but_not: str | None = None) -> list[Known]:
    """All that shares something with them, the newest first. `but_not`: a lead that is not to be found itself."""
    near = near_keys(who.company_key)
    asked = {"phone": who.phone, "email": who.email, "near": near, "most": MOST}
    rows = (await session.execute(_FIND, asked)).all()
    return [_known(row) for row in rows if str(row.id) != but_not]


def _known(row: Any) -> Known:
    return Known(
        kind=row.kind, id=str(row.id), company=row.company, name=row.name, phone=row.phone, email=row.email,
        ended=row.stage == "closed", converted=row.stage == "converted",
        customer_id=str(row.customer_id) if row.customer_id else None,
    )  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Whose a record is, and what it is called, for those who may see it."""

    kind: str
    id: str
    title: str
    number: str
    owner_id: str | None
    region_id: str | None
    stage: str


async def places(session: AsyncSession, kind: str, ids: list[str]) -> list[Place]:
    """Where leads or customers stand; a customer once for each region that follows it."""
    query = text(_PLACES[kind])
    rows = await session.execute(query, {"ids": ids})
    return [
        Place(kind, str(row.id), row.title, str(row.number), _text(row.owner_id), _text(row.region_id), row.stage or "")
        for row in rows
    ]


_PLACES = {
    "lead": "select id, company || ' · ' || name as title, number, owner_id, region_id, stage from lead "
    "where id = any(cast(:ids as uuid[]))",
    "customer": "select c.id, c.name as title, c.number, a.owner_id, a.region_id, '' as stage from customer c "
    "left join assignment a on a.customer_id = c.id where c.id = any(cast(:ids as uuid[])) order by a.since",
}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
