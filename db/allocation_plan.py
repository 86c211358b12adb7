"""What an allocation is planned from: the customers in a region's pool, the people who sell there; and its plan."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, delete, func, null, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.absence import away_at
from db.allocation import BUSY, Allocation, AllocationRow, AllocationShare, shares_of
from db.base import new_id
from db.customer import Assignment, Customer
from db.engine import take_time
from db.holder import holders
from db.lead_turn import selling_roles
from db.policy import current_policy
from domain.access import role_key
from domain.allocation import MOST, Given, Pooled, Seat, Share, Terms, allocate, shares
from domain.customer_pool import PoolPolicy
from domain.lead_assignment import SELLING
from domain.policy import load

KEPT = timedelta(days=90)
"""How long the plan of one that ended is kept: so long it can be undone."""


def pooled(region_id: str, terms: Terms) -> list[ColumnElement[bool]]:
    """Customers that lie in the region's pool and are asked for; a join with the customer."""
    wanted = terms.wanted
    conditions = [
        Assignment.region_id == region_id,
        Assignment.owner_id.is_(None),
        Customer.merged_into.is_(None),
    ]
    if terms.pool:
        conditions.append(Assignment.pool == terms.pool)
    for column, values in (
        (Assignment.tier, wanted.tiers), (Customer.industry, wanted.industries),
        (Customer.province, wanted.provinces), (Customer.source, wanted.sources),
    ):  # fmt: skip
        if values:
            conditions.append(column.in_(values))
    return conditions


async def customers_pooled(
    session: AsyncSession, region_id: str, terms: Terms, cooling_since: datetime | None
) -> list[Pooled]:
    """`cooling_since`: who lost a customer after it does not get it back; None: they may."""
    cools: ColumnElement[Any] = null()
    if cooling_since is not None:
        cools = case((Assignment.left_at > cooling_since, Assignment.last_owner_id))
    query = (
        select(Assignment.customer_id, cools)
        .join(Customer, Customer.id == Assignment.customer_id)
        .where(*pooled(region_id, terms))
        .limit(MOST)
    )
    return [Pooled(customer, not_to) for customer, not_to in await session.execute(query)]


async def count_pooled(session: AsyncSession, region_id: str, terms: Terms) -> int:
    query = select(func.count()).select_from(Assignment).join(Customer, Customer.id == Assignment.customer_id)
    return await session.scalar(query.where(*pooled(region_id, terms))) or 0


async def sellers_in(session: AsyncSession, region_id: str) -> dict[str, frozenset[str]]:
    """Everybody who sells in a region, with the roles they do it by."""
    found = await holders(session, [role_key(role, region_id) for role in SELLING])
    return dict(await selling_roles(session, found))


async def owned_by(session: AsyncSession, people: Sequence[str]) -> dict[str, int]:
    """How many customers each owns, in whatever region."""
    query = select(Assignment.owner_id, func.count()).where(Assignment.owner_id.in_(people))
    return {person: count for person, count in await session.execute(query.group_by(Assignment.owner_id)) if person}


async def seats_in(
    session: AsyncSession, region_id: str, terms: Terms, at: datetime, most: Mapping[str, int | None]
) -> list[Seat]:
    """Those who take part as they stand at this instant; `most`: how many customers each may own, None: any number."""
    people = [one for one in most if not terms.people or one in terms.people]
    has = await owned_by(session, people)
    away = {one.person for one in await away_at(session, at) if one.covers("first_contact")}
    seats = []
    for person in sorted(people):
        limit = most[person]
        room = None if limit is None else max(limit - has.get(person, 0), 0)
        seats.append(Seat(person, has.get(person, 0), room, person in away))
    return seats


_LAY = text("""
    insert into allocation_row (allocation_id, no, customer_id, person_id, last_owner_id, left_at)
    select cast(:allocation as uuid), :before + planned.no, a.customer_id, planned.person_id, a.last_owner_id, a.left_at
    from unnest(cast(:customers as uuid[]), cast(:people as uuid[]))
        with ordinality planned (customer_id, person_id, no)
    join assignment a on a.customer_id = planned.customer_id and a.region_id = cast(:region as uuid)
""")
LAID = 20_000
"""Rows laid down with one statement."""
STRETCHES = 4


async def keep_plan(
    session: AsyncSession,
    allocation: Allocation,
    given: Sequence[Given],
    shared: Sequence[Share],
    seats: Sequence[Seat],
) -> None:
    """The allocation with its shares and every row of its plan."""
    session.add(allocation)
    await session.flush()
    room = {seat.person: seat.room for seat in seats}
    session.add_all(
        AllocationShare(
            allocation_id=allocation.id, person_id=one.person, has=one.has, room=room[one.person], planned=one.gets,
            why=one.why,
        )
        for one in shared
    )  # fmt: skip
    await session.flush()
    ordered = _by_people(given)
    for at in range(0, len(ordered), LAID):
        part = ordered[at : at + LAID]
        rows = {
            "allocation": allocation.id, "region": allocation.region_id, "before": at,
            "customers": [one.customer for one in part], "people": [one.person for one in part],
        }  # fmt: skip
        await session.execute(_LAY, rows)


def _by_people(given: Sequence[Given]) -> list[Given]:
    """A long plan in stretches of one person after the other, so that each book is woken a few times and not with every
    transaction; a short one as it was dealt, so that it is fair wherever it is stopped."""
    if len(given) <= LAID:
        return list(given)
    size = max(-(-len(given) // STRETCHES), LAID)
    stretches = (given[at : at + size] for at in range(0, len(given), size))
    return [one for stretch in stretches for one in sorted(stretch, key=lambda one: one.person)]


async def drop_old_plans(session: AsyncSession, region_id: str, asked_by: str | None, now: datetime) -> None:
    """Previews that somebody has passed over go, and the rows of what ended so long ago that nobody undoes it."""
    passed = and_(Allocation.status == "previewed", Allocation.asked_by == asked_by)
    stale = and_(Allocation.status == "previewed", Allocation.asked_at < now - timedelta(days=1))
    await session.execute(delete(Allocation).where(Allocation.region_id == region_id, or_(passed, stale)))
    old = select(Allocation.id).where(Allocation.region_id == region_id, Allocation.ended_at < now - KEPT)
    await session.execute(delete(AllocationRow).where(AllocationRow.allocation_id.in_(old)))


async def lock_region(session: AsyncSession, region_id: str) -> None:
    """Whoever starts an allocation of the region until the transaction ends does so alone."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"allocation/{region_id}"))))


async def busy_in(session: AsyncSession, region_id: str) -> Allocation | None:
    """The one that is under way in a region."""
    return await session.scalar(
        select(Allocation).where(Allocation.region_id == region_id, Allocation.status.in_(BUSY))
    )


async def plan(
    session: AsyncSession, region_id: str, terms: Terms, seed: int, at: datetime, *, asked_by: str | None,
    origin: str | None = None, allocation_id: str | None = None,
) -> Allocation:  # fmt: skip
    """Who would get which customer, kept as a preview."""
    await take_time(session)
    await drop_old_plans(session, region_id, asked_by, at)
    most, cooling_off = await limits_in(session, region_id)
    seats = await seats_in(session, region_id, terms, at, most)
    customers = await customers_pooled(session, region_id, terms, at - cooling_off if cooling_off else None)
    given = await asyncio.to_thread(allocate, terms, customers, seats, seed)
    allocation = Allocation(
        id=allocation_id or new_id(), region_id=region_id, terms=terms.model_dump(mode="json"), seed=seed,
        status="previewed", found=len(customers), planned=len(given), done=0, given=0, looked_back=0, undone=0,
        attempt=0, asked_by=asked_by, origin=origin,
    )  # fmt: skip
    await keep_plan(session, allocation, given, shares(terms, seats, given), seats)
    return allocation


async def limits_in(session: AsyncSession, region_id: str) -> tuple[dict[str, int | None], timedelta | None]:
    """How many customers each who sells in the region may own, and how long a last owner cools off."""
    policy = load(PoolPolicy, (await current_policy(session, PoolPolicy.kind))[1])
    sellers = await sellers_in(session, region_id)
    return {person: policy.quota(person, roles).total for person, roles in sellers.items()}, policy.cooling_off


class Changed(NamedTuple):
    """What is no longer as it was planned: customers that left the pool, people who can no longer have their share."""

    gone: int
    people: list[str]


async def changed_since(session: AsyncSession, allocation: Allocation, at: datetime) -> Changed:
    await take_time(session)
    row = AllocationRow
    gone = (
        select(func.count())
        .select_from(row)
        .outerjoin(
            Assignment,
            and_(
                Assignment.customer_id == row.customer_id,
                Assignment.region_id == allocation.region_id,
                Assignment.owner_id.is_(None),
            ),
        )
        .where(row.allocation_id == allocation.id, Assignment.customer_id.is_(None))
    )
    terms = Terms.model_validate(allocation.terms)
    most, _ = await limits_in(session, allocation.region_id)
    seats = {seat.person: seat for seat in await seats_in(session, allocation.region_id, terms, at, most)}
    people = [
        share.person_id
        for share in await shares_of(session, allocation.id)
        if share.planned and not _can_have(seats.get(share.person_id), share.planned)
    ]
    return Changed(await session.scalar(gone) or 0, people)


def _can_have(seat: Seat | None, planned: int) -> bool:
    return seat is not None and not seat.away and (seat.room is None or seat.room >= planned)
