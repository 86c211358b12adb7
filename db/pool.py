"""What lies in the pools, who has how much of their quota, and what of somebody's own goes back next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Assignment, Customer
from db.customer_search import named
from db.ownership import AssignmentChange
from db.person import PersonRole
from domain.access import Action, Actor, Role, Scope
from domain.customer_pool import PoolPolicy
from domain.pool_claim import Room

Place = tuple[str, str]
"""A customer in a region: (customer id, region id)."""
COUNTED = 10_000
"""A pool is counted no further: how many millions it holds tells nobody anything."""


class Entry(NamedTuple):
    """A customer with its place in a region."""

    place: Assignment
    customer: Customer


def pool_within(actor: Actor) -> ColumnElement[bool]:
    """Places without an owner in regions whose pool the person sees: those they sell in or head, or all."""
    scopes = [s for action in (Action.CUSTOMER_CLAIM, Action.CUSTOMER_ASSIGN) if (s := actor.scope(action))]
    if not scopes:
        return false()
    free = Assignment.owner_id.is_(None)
    return free if Scope.ALL in scopes else and_(free, Assignment.region_id.in_(actor.regions))


def hidden_pools(policy: PoolPolicy, codes: dict[str, str], roles: Iterable[Role]) -> ColumnElement[bool]:
    """Places in pools that none of the roles sees."""
    held = {*roles}
    if Role.ADMINISTRATOR in held:
        return false()
    unseen = []
    for region_id, code in codes.items():
        here = policy.pools_of(code)
        keys = [pool.key for pool in here if held.isdisjoint(pool.see)]
        if not keys:
            continue
        first = bool(here) and here[0].key in keys
        named = Assignment.pool.in_(keys)
        unseen.append(
            and_(Assignment.region_id == region_id, or_(named, Assignment.pool.is_(None)) if first else named)
        )
    return or_(false(), *unseen)


async def list_pool(
    session: AsyncSession,
    filters: Sequence[ColumnElement[bool]],
    *,
    text: str = "",
    after: Place | None = None,
    limit: int = 50,
) -> list[Entry]:
    """The latest come first; `after` is the last one seen, `text` of the name, its pinyin or initials."""
    query = select(Assignment, Customer).join(Customer, Customer.id == Assignment.customer_id).where(*filters)
    query = query.where(Customer.merged_into.is_(None))
    if text.strip():
        query = query.where(Customer.id.in_(named(text)))
    if after is not None:
        last = await session.scalar(
            select(Assignment.since).where(Assignment.customer_id == after[0], Assignment.region_id == after[1])
        )
        if last is not None:
            query = query.where(tuple_(Assignment.since, Assignment.customer_id) < tuple_(last, after[0]))
    rows = await session.execute(
        query.order_by(Assignment.since.desc(), Assignment.customer_id.desc()).limit(limit)
    )  # fmt: skip
    return [Entry(*row) for row in rows]


async def count_pool(session: AsyncSession, filters: Sequence[ColumnElement[bool]]) -> int:
    """How many there are, counted up to `COUNTED`."""
    some = select(Assignment.customer_id).where(*filters).limit(COUNTED).subquery()
    return (await session.scalars(select(func.count()).select_from(some))).one()


async def list_due(
    session: AsyncSession, owner_id: str, *, until: datetime | None = None, after: Place | None = None, limit: int = 50
) -> list[Entry]:
    """A person's customers by when they go back, those that never do last."""
    query = (
        select(Assignment, Customer)
        .join(Customer, Customer.id == Assignment.customer_id)
        .where(Assignment.owner_id == owner_id)
    )
    if until is not None:
        query = query.where(Assignment.due_at <= until)
    if after is not None:
        query = await _behind(session, query, after)
    ordered = query.order_by(Assignment.due_at.asc().nulls_last(), Assignment.customer_id).limit(limit)
    return [Entry(*row) for row in await session.execute(ordered)]


async def _behind(
    session: AsyncSession, query: Select[Assignment, Customer], after: Place
) -> Select[Assignment, Customer]:
    last = await session.get(Assignment, after)
    if last is None:
        return query
    behind = and_(Assignment.due_at.is_(None), Assignment.customer_id > last.customer_id)
    if last.due_at is None:
        return query.where(behind)
    here = tuple_(Assignment.due_at, Assignment.customer_id) > tuple_(last.due_at, last.customer_id)
    return query.where(or_(here, Assignment.due_at.is_(None)))


async def count_owned(session: AsyncSession, owner_id: str) -> int:
    query = select(func.count()).select_from(Assignment).where(Assignment.owner_id == owner_id)
    return (await session.scalars(query)).one()


async def room_of(session: AsyncSession, policy: PoolPolicy, person_id: str, today: datetime) -> Room:
    """What somebody has of their quota; `today` is when the day began. Exact while their book is locked."""
    roles = await session.scalars(select(PersonRole.role).where(PersonRole.person_id == person_id))
    claimed = select(func.count()).where(
        AssignmentChange.to_id == person_id, AssignmentChange.at >= today, AssignmentChange.how == "claimed"
    )
    return Room(
        policy.quota(person_id, roles.all()),
        await count_owned(session, person_id),
        (await session.scalars(claimed)).one(),
    )


async def places_to_change(session: AsyncSession, places: Iterable[Place]) -> dict[Place, Assignment]:
    """The rows of these places, locked in the order that all lock them in."""
    query = (
        select(Assignment)
        .where(tuple_(Assignment.customer_id, Assignment.region_id).in_(sorted(set(places))))
        .order_by(Assignment.customer_id, Assignment.region_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {(row.customer_id, row.region_id): row for row in await session.scalars(query)}
