"""New customers given to regions and people by rule, many at once as well as one; and regions that come and go."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.allocation_plan import ground_of, seats_in
from db.book import lock_books
from db.customer import Assignment, Customer
from db.ownership import AssignmentChange, came, move, write_first
from db.person import OrgUnit
from db.policy import current_policy
from db.pool_policy import region_codes, rules_in_force
from db.pool_product import product_lines
from domain.allocation import Pooled, Terms, allocate
from domain.customer_assignment import CustomerAssignmentPolicy, Follows, Way
from domain.customer_pool import How, Tier
from domain.policy import load


class Assigned(NamedTuple):
    """Where a customer came by rule: `owner_id` null: into the region's pool. `row` is the rule's."""

    customer_id: str
    region_id: str
    owner_id: str | None
    row: str


async def assign_by_rule(
    session: AsyncSession, customers: Sequence[str], *, way: Way, home: str | None, at: datetime,
    by: str | None = None, run_id: str | None = None,
) -> list[Assigned]:  # fmt: skip
    """Gives new customers to the regions that the policy in force says, as far as these do not follow them yet.

    `home` is the id of the region of whoever enters them. Turns are dealt evenly, in an order that the customers' ids
    draw; who is away or full has none, and where nobody is left a customer lies in the pool. Once: a repeat finds all
    in place.
    """
    policy = load(CustomerAssignmentPolicy, (await current_policy(session, CustomerAssignmentPolicy.kind))[1])
    found = await session.execute(select(OrgUnit.code, OrgUnit.id).where(OrgUnit.kind == "region"))
    regions: dict[str, str] = dict(found.all())
    code = next((one for one, region in regions.items() if region == home), None)
    wanted: dict[tuple[str, Follows, str], list[str]] = defaultdict(list)
    said: dict[tuple[Any, ...], Any] = {}
    for customer in await session.scalars(select(Customer).where(Customer.id.in_(customers))):
        facts = _facts(customer, way, home)
        key = tuple(sorted((name, str(value)) for name, value in facts.items()))
        if key not in said:
            said[key] = policy.places(facts, code)
        for row, follows in said[key]:
            if follows.region in regions:
                wanted[regions[follows.region], follows, row].append(customer.id)
    assigned = []
    for (region_id, follows, row), ids in wanted.items():
        fresh = await lay_in_pool(
            session, ids, region_id, tier=follows.tier, pool=follows.pool, how="rule", at=at, by=by, run_id=run_id
        )
        owners = await _owners(session, region_id, follows, fresh, at)
        for owner, theirs in owners.items():
            places = [(one, region_id) for one in theirs]
            await move(session, places, to=owner, how="rule", at=at, by=by, run_id=run_id)
        given = {one: owner for owner, theirs in owners.items() for one in theirs}
        assigned += [Assigned(one, region_id, given.get(one), row) for one in fresh]
    return assigned


def _facts(customer: Customer, way: Way, home: str | None) -> Mapping[str, Any]:
    own = {f"x_{key}": value for key, value in customer.custom.items()}
    told = {name: getattr(customer, name) for name in ("province", "city", "industry", "source")}
    return {
        **own,
        **told,
        "customer_kind": customer.kind,
        "size": customer.custom.get("size"),
        "region": home,
        "way": way,
    }


_LAY = text("""
    with laid as (
        insert into assignment (customer_id, region_id, pool, tier, how, since, unwritten)
        select customer_id, cast(:region as uuid), pool, :tier, :how, :at, nullif(:how = 'imported', false)
        from unnest(cast(:customers as uuid[]), cast(:pools as text[])) new (customer_id, pool) order by customer_id
        on conflict do nothing
        returning customer_id, tier, pool
    ), kept as (
        insert into assignment_change (customer_id, region_id, pool, tier, how, at, by, run_id)
        select customer_id, cast(:region as uuid), pool, tier, :how, :at, cast(:by as uuid), cast(:run_id as uuid)
        from laid where :how <> 'imported'
    )
    select cast(customer_id as text) from laid order by customer_id
""")


async def lay_in_pool(
    session: AsyncSession, customers: Sequence[str], region_id: str, *, tier: Tier, pool: str | None, how: How,
    at: datetime, by: str | None = None, run_id: str | None = None,
) -> list[str]:  # fmt: skip
    """The region follows these customers from now on, first of all in its pool, or that of their product line; those it
    did not follow before."""
    lines: dict[str, str] = {}
    if pool is None:
        policy = (await rules_in_force(session)).policy
        lines = await product_lines(session, policy, customers)
        code = (await region_codes(session)).get(region_id, "") if lines else ""
        lines = {one: key for one, line in lines.items() if (key := policy.of_product(line, code))}
    asked = {
        "customers": list(customers), "pools": [lines.get(one, pool) for one in customers], "region": region_id,
        "tier": tier, "how": how, "at": at, "by": by, "run_id": run_id,
    }  # fmt: skip
    return [customer for (customer,) in await session.execute(_LAY, asked)]


async def _owners(
    session: AsyncSession, region_id: str, follows: Follows, customers: Sequence[str], at: datetime
) -> dict[str, list[str]]:
    """Whose turn it is for each; nobody's where none has room."""
    if follows.to == "pool" or not customers:
        return {}
    most = (await ground_of(session, region_id)).most
    if follows.to == "person":
        return {follows.person: list(customers)} if follows.person in most else {}
    await lock_books(session, most)
    seats = await seats_in(session, region_id, Terms(), at, most)
    if len(customers) == 1:
        able = [seat.person for seat in seats if not seat.away and seat.room != 0]
        first = await _longest_ago(session, able)
        return {first: list(customers)} if first else {}
    seed = int(customers[0].replace("-", ""), 16) % 2**53
    dealt: dict[str, list[str]] = defaultdict(list)
    for one in allocate(Terms(), [Pooled(customer) for customer in customers], seats, seed):
        dealt[one.person].append(one.customer)
    return dealt


async def _longest_ago(session: AsyncSession, people: Sequence[str]) -> str | None:
    """Whose last customer by rule is longest ago: it is their turn."""
    change = AssignmentChange
    last = select(change.to_id, func.max(change.at)).where(change.to_id.in_(people), came("rule"))
    turns: dict[str | None, datetime] = dict((await session.execute(last.group_by(change.to_id))).all())
    return min(people, key=lambda one: (one in turns, turns[one].timestamp() if one in turns else 0, one), default=None)


async def stop_following(session: AsyncSession, customer_id: str, region_id: str) -> None:
    """The region no longer follows the customer; it lies in its pool by now, and its history stays."""
    await write_first(session, [(customer_id, region_id)])
    await session.execute(
        delete(Assignment).where(Assignment.customer_id == customer_id, Assignment.region_id == region_id)
    )


def counted(assigned: Sequence[Assigned]) -> Counter[str]:
    """How many each person got."""
    return Counter(one.owner_id for one in assigned if one.owner_id)
