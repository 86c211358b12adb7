"""What lies in the pools, who has how much of their quota, and what of somebody's own goes back next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, false, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Assignment, Customer
from db.customer_field import readable_by
from db.customer_search import named
from db.ownership import AssignmentChange, came
from db.ownership_order import hold_customers
from db.person import PersonRole
from db.pool_policy import region_codes, rules_in_force
from db.scope import reach
from domain.access import Action, Actor, Role, Scope
from domain.customer_field import Readable
from domain.customer_pool import Hidden, PoolPolicy, PoolRules, open_values
from domain.pool_claim import Lying, Room, free_at

Place = tuple[str, str]
"""A customer in a region: (customer id, region id)."""
FACTS = ("name", "industry", "province", "city", "phone", "email")
"""Of a customer that lies in a pool."""
COUNTED = 10_000
"""A pool is counted no further: how many millions it holds tells nobody anything."""


class Entry(NamedTuple):
    """A customer with its place in a region."""

    place: Assignment
    customer: Customer


class Narrowed(NamedTuple):
    """`reason` new: those that never had an owner; `mine`: those that were the reader's last; `pool`: its key."""

    region: str | None = None
    tier: str | None = None
    reason: str | None = None
    mine: bool = False
    pool: str | None = None


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


class PoolReader:
    """The pools as one person sees them: what their policy hides is hidden here, before it leaves the server."""

    def __init__(self, actor: Actor, policy: PoolPolicy, codes: dict[str, str], readable: Readable) -> None:
        self.actor = actor
        self.policy = policy
        self.codes = codes
        self.readable = readable

    @classmethod
    async def of(cls, session: AsyncSession, actor: Actor) -> PoolReader:
        rules = await rules_in_force(session)
        return cls(actor, rules.policy, await region_codes(session), await readable_by(session, actor))

    @cached_property
    def lying(self) -> ColumnElement[bool]:
        """Places in the pools that this person sees."""
        return and_(pool_within(self.actor), ~hidden_pools(self.policy, self.codes, self.actor.roles))

    def rules(self, place: Assignment) -> PoolRules:
        return self.policy.pool(place.pool, self.codes.get(place.region_id, ""))

    def hidden(self, place: Assignment) -> tuple[Hidden, ...]:
        """A manager who may assign it sees it whole."""
        if self.actor.reaches(Action.CUSTOMER_ASSIGN, owner=None, region=place.region_id):
            return ()
        return self.rules(place).hidden

    def free_at(self, place: Assignment, now: datetime) -> datetime | None:
        lying = Lying(place.since, place.last_owner_id, place.left_at)
        until = free_at(self.policy, lying, self.actor.id)
        return until if until and until > now else None

    def shown(self, entry: Entry, now: datetime) -> dict[str, Any]:
        """What this person may read of a customer in the pool."""
        place, customer = entry
        hidden = self.hidden(place)
        facts = {name: getattr(customer, name) for name in FACTS}
        kept = {"tier", "pool", "since", "reason", "note", "last_owner_id", "customer_id", "region_id"}
        return (
            dict.fromkeys(FACTS)
            | self.readable.values(open_values(facts, hidden))
            | {name: getattr(place, name) for name in kept}
            | {"hidden": list(hidden), "free_at": self.free_at(place, now)}
        )

    async def page(
        self, session: AsyncSession, narrowed: Narrowed, *, text: str = "", after: Place | None = None, limit: int = 50
    ) -> list[Entry]:  # fmt: skip
        """The latest come first; `after` is the last one seen, `text` of the name, its pinyin or initials."""
        query = select(Assignment, Customer).join(Customer, Customer.id == Assignment.customer_id)
        query = query.where(self.lying, *self._narrowed(narrowed))
        query = query.where(Customer.merged_into.is_(None))
        query = query.where(*self._called(text))
        if after is not None:
            last = await session.get(Assignment, after)
            if last is not None:
                here = tuple_(Assignment.since, Assignment.customer_id)
                query = query.where(here < tuple_(last.since, literal(last.customer_id, Assignment.customer_id.type)))
        ordered = query.order_by(Assignment.since.desc(), Assignment.customer_id.desc()).limit(limit)
        return [Entry(*row) for row in await session.execute(ordered)]

    def _narrowed(self, to: Narrowed) -> list[ColumnElement[bool]]:
        found = [Assignment.region_id == to.region] if to.region else []
        if to.tier:
            found.append(Assignment.tier == to.tier)
        if to.reason:
            found.append(Assignment.reason.is_(None) if to.reason == "new" else Assignment.reason == to.reason)
        if to.mine:
            found.append(Assignment.last_owner_id == self.actor.id)
        if to.pool:
            first = [region for region, code in self.codes.items() if self.policy.pool(None, code).key == to.pool]
            unnamed = and_(Assignment.pool.is_(None), Assignment.region_id.in_(first))
            found.append(or_(Assignment.pool == to.pool, unnamed))
        return found

    def _called(self, text: str) -> list[ColumnElement[bool]]:
        """Who may not assign them finds them by their names alone: people and numbers are what a pool hides."""
        if not text.strip():
            return []
        whole = self.actor.scope(Action.CUSTOMER_ASSIGN) is not None
        return [Assignment.customer_id.in_(named(text, name_only=not whole, numbers=self.readable.numbers))]

    async def count(self, session: AsyncSession, narrowed: Narrowed, *, text: str = "") -> int:
        """How many there are, counted up to `COUNTED`."""
        some = select(Assignment.customer_id).where(self.lying, *self._narrowed(narrowed), *self._called(text))
        return (await session.scalars(select(func.count()).select_from(some.limit(COUNTED).subquery()))).one()

    async def find(self, session: AsyncSession, places: Iterable[Place]) -> list[Entry]:
        """Those of these that lie in a pool this person sees, or that they may assign anyway."""
        asked = tuple_(Assignment.customer_id, Assignment.region_id).in_(sorted(set(places)))
        reached = reach(self.actor, Action.CUSTOMER_READ, Assignment.owner_id, Assignment.region_id)
        query = select(Assignment, Customer).join(Customer, Customer.id == Assignment.customer_id)
        seen = or_(self.lying, reached)
        rows = await session.execute(query.where(asked, seen).order_by(Customer.name, Customer.id))
        return [Entry(*row) for row in rows]


async def list_due(
    session: AsyncSession, owner_id: str, *, within: Iterable[str] | None = None, after: Place | None = None,
    limit: int = 50,
) -> list[Entry]:  # fmt: skip
    """A person's customers by when they go back, those that never do last; `within` these regions, None: in all."""
    query = (
        select(Assignment, Customer)
        .join(Customer, Customer.id == Assignment.customer_id)
        .where(Assignment.owner_id == owner_id, Customer.merged_into.is_(None))
    )
    if within is not None:
        query = query.where(Assignment.region_id.in_(list(within)))
    found: list[Entry] = []
    for behind, order in await _stretches(session, after):
        if len(found) < limit:
            rows = await session.execute(query.where(behind).order_by(*order).limit(limit - len(found)))
            found += [Entry(*row) for row in rows]
    return found


async def _stretches(session: AsyncSession, after: Place | None) -> list[tuple[ColumnElement[bool], Sequence[Any]]]:
    """What lies behind `after`, in two parts with their orders, each of which has an index of its own."""
    due, customer = Assignment.due_at, Assignment.customer_id
    never = due.is_(None)
    last = await session.get(Assignment, after) if after else None
    if last is None:
        return [(due.is_not(None), (due, customer)), (never, (customer,))]
    if last.due_at is None:
        return [(and_(never, customer > last.customer_id), (customer,))]
    there = tuple_(last.due_at, literal(last.customer_id, customer.type))
    return [(tuple_(due, customer) > there, (due, customer)), (never, (customer,))]


async def count_due(session: AsyncSession, owner_id: str, now: datetime) -> int:
    """How many of a person's go back soon: those warned of."""
    soon = or_(Assignment.warned_at.is_not(None), Assignment.warn_at <= now)
    query = select(func.count()).where(Assignment.owner_id == owner_id, Assignment.due_at.is_not(None), soon)
    return (await session.scalars(query)).one()


async def count_owned(session: AsyncSession, owner_id: str) -> int:
    query = select(func.count()).select_from(Assignment).where(Assignment.owner_id == owner_id)
    return (await session.scalars(query)).one()


async def room_of(session: AsyncSession, policy: PoolPolicy, person_id: str, today: datetime) -> Room:
    """What somebody has of their quota; `today` is when the day began. Exact while their book is locked."""
    roles = await session.scalars(select(PersonRole.role).where(PersonRole.person_id == person_id))
    claimed = select(func.count()).where(
        AssignmentChange.to_id == person_id, AssignmentChange.at >= today, came("claimed")
    )
    return Room(
        policy.quota(person_id, roles.all()),
        await count_owned(session, person_id),
        (await session.scalars(claimed)).one(),
    )


async def places_to_change(session: AsyncSession, places: Sequence[Place]) -> dict[Place, Assignment]:
    """The rows of these places, locked in the order that all lock them in."""
    await hold_customers(session, {customer for customer, _ in places})
    query = (
        select(Assignment)
        .where(tuple_(Assignment.customer_id, Assignment.region_id).in_(sorted(set(places))))
        .order_by(Assignment.customer_id, Assignment.region_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {(row.customer_id, row.region_id): row for row in await session.scalars(query)}


async def taken_places(session: AsyncSession, places: Iterable[Place]) -> dict[Place, Assignment]:
    """Those of the places that somebody has just now, not locked."""
    asked = tuple_(Assignment.customer_id, Assignment.region_id).in_(sorted(set(places)))
    found = await session.scalars(select(Assignment).where(asked, Assignment.owner_id.is_not(None)))
    return {(row.customer_id, row.region_id): row for row in found}
