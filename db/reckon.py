"""Reckons when customers go back to their pool, many at once: in one statement where days are plain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.book import rearm
from db.pool_policy import Rules, rules_in_force
from domain.book import due
from domain.customer_pool import TIERS, Course, Guard, Tier

# What protects a customer, and when the last of it was over, stands with its deals and contracts: those of its region,
# and those of its owner.
_COURSE = """
    with mine as (
        select a.customer_id, a.region_id, a.owner_id, a.tier, a.since, a.followed_at, a.dealt_at,
            greatest(a.locked_until, a.extended_until) as kept_until
        from assignment a
        join unnest(cast(:customers as uuid[]), cast(:regions as uuid[])) asked (customer_id, region_id)
            using (customer_id, region_id)
        where a.owner_id is not null
        order by a.customer_id, a.region_id
        for update of a
    ), bound as (
        select m.customer_id, m.region_id, bool_or(b.kind = 'deal' and b.closed_at is null) as deal,
            bool_or(b.kind = 'contract' and b.closed_at is null) as contract, max(b.closed_at) as ended_at
        from mine m
        join (
            select 'deal' as kind, customer_id, region_id, owner_id, closed_at from deal
            union all select 'contract', customer_id, region_id, owner_id, closed_at from contract
            union all select 'contract', customer_id, region_id, owner_id, closed_at from contract_term
        ) b on b.customer_id = m.customer_id and (b.region_id = m.region_id or b.owner_id = m.owner_id)
        group by m.customer_id, m.region_id
    ), course as (
        select m.*, greatest(m.dealt_at, b.ended_at) as ended_at,
            case when b.deal then 'deal' when b.contract then 'contract' end as guard
        from mine m left join bound b using (customer_id, region_id)
    )
"""
_WRITE = """
    update assignment a
    set dealt_at = r.ended_at, protected = r.guard, due_at = r.due_at, warn_at = r.warn_at, due_why = r.why,
        warned_at = case when a.warned_at >= r.warn_at - cast(:together as interval) then a.warned_at end,
        reckoned = :stamp
    from reckoned r
    where a.customer_id = r.customer_id and a.region_id = r.region_id
"""
_PLAIN = text(f"""{_COURSE}, ends as (
        select c.*, greatest(c.since, c.followed_at, c.ended_at) + l.follow as follow_end,
            greatest(c.since, c.ended_at) + l.deal as deal_end, l.warn
        from course c
        join unnest(cast(:tiers as text[]), cast(:follows as interval[]), cast(:deals as interval[]),
            cast(:warns as interval[])) l (tier, follow, deal, warn) on l.tier = c.tier
    ), dated as (
        select e.*, case when e.guard is null and least(e.follow_end, e.deal_end) is not null
            then greatest(least(e.follow_end, e.deal_end), e.kept_until) end as due_at
        from ends e
    ), reckoned as (
        select d.*, greatest(d.due_at - d.warn, d.since) as warn_when,
            case when d.due_at is not null then greatest(d.due_at - d.warn, d.since) end as warn_at,
            case when d.due_at is null then null
                when d.deal_end < coalesce(d.follow_end, 'infinity') then 'no_deal' else 'no_follow_up' end as why
        from dated d
    ) {_WRITE}""")  # noqa: S608 - our own words
_READ = text(f"""{_COURSE}
    select cast(customer_id as text), cast(region_id as text), tier, since, followed_at, ended_at, kept_until, guard
    from course""")  # noqa: S608 - our own words
_RECKONED = text(f"""with reckoned as (
        select * from unnest(cast(:customers as uuid[]), cast(:regions as uuid[]), cast(:ended as timestamptz[]),
            cast(:guards as text[]), cast(:dues as timestamptz[]), cast(:warns as timestamptz[]),
            cast(:whys as text[])) r (customer_id, region_id, ended_at, guard, due_at, warn_at, why)
    ) {_WRITE}""")  # noqa: S608 - our own words
# Three questions that the index of one's customers answers by itself; asked as one, each customer would be read.
_TO_RECKON = text("""
    select cast(customer_id as text), cast(region_id as text) from (
        select customer_id, region_id from assignment where owner_id = :owner and reckoned is null
        union all select customer_id, region_id from assignment where owner_id = :owner and reckoned < :stamp
        union all select customer_id, region_id from assignment where owner_id = :owner and reckoned > :stamp
    ) of_book
    limit :limit
""")


async def to_reckon(session: AsyncSession, owner_id: str, stamp: int, limit: int) -> list[tuple[str, str]]:
    """Customers of the book whose date is not known, or was reckoned by other rules."""
    rows = await session.execute(_TO_RECKON, {"owner": owner_id, "stamp": stamp, "limit": limit})
    return [(customer, region) for customer, region in rows]


async def reckon(session: AsyncSession, places: Sequence[tuple[str, str]], rules: Rules | None = None) -> None:
    """Writes when these customers, each (customer id, region id), go back; those in a pool are left alone."""
    rules = rules or await rules_in_force(session)
    asked = {"customers": [customer for customer, _ in places], "regions": [region for _, region in places]}
    known = {"stamp": rules.stamp, "together": rules.policy.together}
    if rules.clock is None:
        limits = [rules.policy.tiers[tier] for tier in TIERS]
        by_tier = {
            "tiers": list(TIERS),
            "follows": [one.no_follow_up for one in limits],
            "deals": [one.no_deal for one in limits],
            "warns": [one.warn for one in limits],
        }
        await session.execute(_PLAIN, asked | known | by_tier)
        return
    rows = [_reckoned(rules, *row) for row in await session.execute(_READ, asked)]
    if rows:
        names = ("customers", "regions", "ended", "guards", "dues", "warns", "whys")
        columns = dict(zip(names, (list(column) for column in zip(*rows, strict=True)), strict=True))
        await session.execute(_RECKONED, columns | known)


def _reckoned(
    rules: Rules, customer: str, region: str, tier: Tier, since: datetime, followed_at: datetime | None,
    ended_at: datetime | None, kept_until: datetime | None, guard: Guard | None,
) -> tuple[Any, ...]:  # fmt: skip
    course = Course(tier, since, followed_at, ended_at, kept_until)
    found = None if guard else due(rules.policy, rules.clock, course)
    if found is None:
        return customer, region, ended_at, guard, None, None, None
    return customer, region, ended_at, guard, found.at, found.warn_at, found.why


_TENDED = text("""
    update assignment set followed_at = greatest(followed_at, :at)
    where customer_id = :customer and region_id = :region and owner_id = :owner
""")
_DUE_OF = text("select due_at from assignment where customer_id = :customer and region_id = :region")


async def tended(
    session: AsyncSession, customer_id: str, region_id: str, owner_id: str, at: datetime
) -> datetime | None:
    """A follow-up of the owner: its date moves in the row, and no process need hear of it. When it goes back now."""
    place = {"customer": customer_id, "region": region_id}
    await session.execute(_TENDED, place | {"owner": owner_id, "at": at})
    await reckon(session, [(customer_id, region_id)])
    found: datetime | None = await session.scalar(_DUE_OF, place)
    return found


_BIND = text("""
    update assignment
    set protected = :kind, due_at = null, warn_at = null, due_why = null, warned_at = null
    where customer_id = :customer and (region_id = :region or owner_id = :owner)
        and owner_id is not null and protected is null
""")
_FREE = text("""
    update assignment set reckoned = null
    where customer_id = :customer and (region_id = :region or owner_id = :owner)
        and owner_id is not null and protected is not null
    returning cast(owner_id as text)
""")


async def weigh(
    session: AsyncSession, kind: Guard, customer_id: str, region_id: str, owner_id: str | None, *, over: bool
) -> None:
    """A deal or contract keeps its customer from going back until it is over; then its clock begins anew.

    Called with the row of the deal or contract written, in the same transaction.
    """
    asked = {"customer": customer_id, "region": region_id, "owner": owner_id}
    if not over:
        await session.execute(_BIND, asked | {"kind": kind})
        return
    owners = (await session.scalars(_FREE, asked)).all()
    await rearm(session, owners)
