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
from db.base import Base, new_id
from db.customer import Assignment, Customer
from db.engine import take_time
from db.holder import holders
from db.lead_turn import selling_roles
from db.policy import current_policy
from db.pool_policy import region_codes
from domain.access import role_key
from domain.allocation import MOST, Given, Pooled, Seat, Share, Terms, allocate, shares
from domain.customer_pool import PoolPolicy
from domain.lead_assignment import SELLING
from domain.policy import load

KEPT = timedelta(days=90)
"""How long the plan of one that ended is kept: so long it can be undone."""


class Ground(NamedTuple):
    """What the pool's policy says of a region: how many customers each who sells there may own (None: any number), how
    long a last owner cools off, and in which pool lies what names none."""

    most: dict[str, int | None]
    cooling_off: timedelta | None = None
    first_pool: str = ""


def pooled(region_id: str, terms: Terms, ground: Ground) -> list[ColumnElement[bool]]:
    """Customers that lie in the region's pool and are asked for; a join with the customer."""
    wanted = terms.wanted
    conditions = [
        Assignment.region_id == region_id,
        Assignment.owner_id.is_(None),
        Customer.merged_into.is_(None),
    ]
    if terms.pool:
        named = Assignment.pool == terms.pool
        conditions.append(or_(named, Assignment.pool.is_(None)) if terms.pool == ground.first_pool else named)
    for column, values in (
        (Assignment.tier, wanted.tiers), (Customer.industry, wanted.industries),
        (Customer.province, wanted.provinces), (Customer.source, wanted.sources),
    ):  # fmt: skip
        if values:
            conditions.append(column.in_(values))
    return conditions


async def customers_pooled(
    session: AsyncSession, region_id: str, terms: Terms, ground: Ground, at: datetime
) -> list[Pooled]:
    """Each with its last owner, where that one cools off at this instant."""
    cools: ColumnElement[Any] = null()
    if ground.cooling_off is not None:
        cools = case((Assignment.left_at > at - ground.cooling_off, Assignment.last_owner_id))
    query = (
        select(Assignment.customer_id, cools)
        .join(Customer, Customer.id == Assignment.customer_id)
        .where(*pooled(region_id, terms, ground))
        .limit(MOST)
    )
    return [Pooled(customer, not_to) for customer, not_to in await session.execute(query)]


COUNTED = 100_000
"""A form counts the pool no further."""


async def count_pooled(session: AsyncSession, region_id: str, terms: Terms, ground: Ground) -> int:
    some = select(Assignment.customer_id).join(Customer, Customer.id == Assignment.customer_id)
    some = some.where(*pooled(region_id, terms, ground)).limit(COUNTED)
    return await session.scalar(select(func.count()).select_from(some.subquery())) or 0


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


class Drawn(NamedTuple):
    """Who gets which, in the order they are given; of how many that fit, and by whom."""

    found: int
    given: list[Given]
    shared: list[Share]
    seats: list[Seat]


async def draw(session: AsyncSession, run: Allocation, at: datetime) -> Drawn:
    """Who would get which customer if it were given at this instant."""
    terms = Terms.model_validate(run.terms)
    ground = await ground_of(session, run.region_id)
    seats = await seats_in(session, run.region_id, terms, at, ground.most)
    customers = await customers_pooled(session, run.region_id, terms, ground, at)
    given = await asyncio.to_thread(allocate, terms, customers, seats, run.seed)
    return Drawn(len(customers), _by_people(given), shares(terms, seats, given), seats)


async def begin_plan(session: AsyncSession, run: Allocation, drawn: Drawn) -> None:
    """What each gets, in place of what a try before this one laid down; that one lays no more, by its `attempt`."""
    for kind in (AllocationRow, AllocationShare):
        await session.execute(delete(kind).where(kind.allocation_id == run.id))
    run.found, run.planned, run.attempt = drawn.found, len(drawn.given), run.attempt + 1
    room = {seat.person: seat.room for seat in drawn.seats}
    session.add_all(
        AllocationShare(
            allocation_id=run.id, person_id=one.person, has=one.has, room=room[one.person], planned=one.gets,
            why=one.why,
        )
        for one in drawn.shared
    )  # fmt: skip
    await session.flush()


async def know_sizes(session: AsyncSession, run: Allocation, *tables: type[Base]) -> None:
    """Has PostgreSQL look at tables that many rows may just have come to: by what it last knew of them it would compare
    every customer with every row of the plan."""
    if run.planned >= LAID // 2:
        for table in tables:
            await session.execute(text(f"analyze {table.__tablename__}"))


async def lay_rows(session: AsyncSession, run: Allocation, given: Sequence[Given], at: int) -> int:
    """The next rows of the plan, behind the `at` that are there; how many there are then."""
    part = given[at : at + LAID]
    rows = {
        "allocation": run.id, "region": run.region_id, "before": at,
        "customers": [one.customer for one in part], "people": [one.person for one in part],
    }  # fmt: skip
    await session.execute(_LAY, rows)
    return at + len(part)


def _by_people(given: Sequence[Given]) -> list[Given]:
    """A long plan in stretches of one person after the other, so that each book is woken a few times and not with every
    transaction; a short one as it was dealt, so that it is fair wherever it is stopped."""
    if len(given) <= LAID:
        return list(given)
    size = max(-(-len(given) // STRETCHES), LAID)
    stretches = (given[at : at + size] for at in range(0, len(given), size))
    return [one for stretch in stretches for one in sorted(stretch, key=lambda one: one.person)]


async def drop_old_plans(session: AsyncSession, run: Allocation, now: datetime) -> None:
    """What somebody looked at in the region before this one goes, and the rows of what ended so long ago that nobody
    undoes it."""
    looked_at = Allocation.status.in_(("planning", "previewed"))
    passed = and_(Allocation.asked_by == run.asked_by, Allocation.id < run.id)
    stale = Allocation.asked_at < now - timedelta(days=1)
    here = and_(Allocation.region_id == run.region_id, Allocation.id != run.id)
    await session.execute(delete(Allocation).where(here, looked_at, or_(passed, stale)))
    old = select(Allocation.id).where(Allocation.region_id == run.region_id, Allocation.ended_at < now - KEPT)
    await session.execute(delete(AllocationRow).where(AllocationRow.allocation_id.in_(old)))


async def lock_region(session: AsyncSession, region_id: str) -> None:
    """Whoever starts an allocation of the region until the transaction ends does so alone."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"allocation/{region_id}"))))


async def busy_in(session: AsyncSession, region_id: str) -> Allocation | None:
    """The one that is under way in a region."""
    return await session.scalar(
        select(Allocation).where(Allocation.region_id == region_id, Allocation.status.in_(BUSY))
    )


def new_plan(
    region_id: str, terms: Terms, seed: int, *, asked_by: str | None, allocation_id: str | None = None,
    origin: str | None = None,
) -> Allocation:  # fmt: skip
    """An allocation of which nothing is known yet but what was asked for."""
    return Allocation(
        id=allocation_id or new_id(), region_id=region_id, terms=terms.model_dump(mode="json"), seed=seed,
        status="planning", found=0, planned=0, done=0, given=0, looked_back=0, undone=0, attempt=0, asked_by=asked_by,
        origin=origin,
    )  # fmt: skip


async def plan(
    session: AsyncSession, region_id: str, terms: Terms, seed: int, at: datetime, *, asked_by: str | None
) -> Allocation:
    """A small one, planned in this transaction."""
    run = new_plan(region_id, terms, seed, asked_by=asked_by)
    session.add(run)
    await session.flush()
    drawn = await draw(session, run, at)
    await begin_plan(session, run, drawn)
    laid = 0
    while laid < run.planned:
        laid = await lay_rows(session, run, drawn.given, laid)
    run.status = "previewed"
    return run


async def ground_of(session: AsyncSession, region_id: str) -> Ground:
    policy = load(PoolPolicy, (await current_policy(session, PoolPolicy.kind))[1])
    sellers = await sellers_in(session, region_id)
    most = {person: policy.quota(person, roles).total for person, roles in sellers.items()}
    code = (await region_codes(session)).get(region_id, "")
    return Ground(most, policy.cooling_off, policy.pool(None, code).key)


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
    ground = await ground_of(session, allocation.region_id)
    seats = {seat.person: seat for seat in await seats_in(session, allocation.region_id, terms, at, ground.most)}
    people = [
        share.person_id
        for share in await shares_of(session, allocation.id)
        if share.planned and not _can_have(seats.get(share.person_id), share.planned)
    ]
    return Changed(await session.scalar(gone) or 0, people)


def _can_have(seat: Seat | None, planned: int) -> bool:
    return seat is not None and not seat.away and (seat.room is None or seat.room >= planned)
