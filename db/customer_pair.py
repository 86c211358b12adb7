"""All pairs of customers that may be one: found set-wise, part by part, and shown to those who may merge them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.customer import Assignment, Customer
from db.customer_match import CustomerMatchRun, CustomerPair, fingerprint, parties
from db.engine import take_time
from db.outbox import enqueue
from db.scope import customers_within, reach
from domain.access import Action, Actor, Scope
from domain.customer_match import PUBLIC_MAIL, SHOWN, Party, Score, compare

COMMON = 20
"""Customers that share one thing at most: what more of them share (a switchboard, a head of a name) says nothing."""
PART = 150_000
"""Customers for each part of a run: as many numbers as are sorted in memory."""

_PAIRS = text("""
    with keyed as (
        select id, unnest(near_keys || array_remove(array[
            hashtextextended('t' || tax_number, 0), hashtextextended('p' || phone, 0),
            hashtextextended('e' || email, 0), hashtextextended('n' || nullif(company_key, ''), 0),
            case when domain <> all(cast(:public as text[])) then hashtextextended('d' || domain, 0) end
        ], null)) as key
        from customer where merged_into is null
        union all
        select customer_id, unnest(array_remove(array[
            hashtextextended('p' || phone, 0), hashtextextended('e' || lower(email), 0),
            case when split_part(lower(email), '@', 2) <> all(cast(:public as text[]))
                then hashtextextended('d' || split_part(lower(email), '@', 2), 0) end
        ], null))
        from contact
    ), shared as (
        select array_agg(distinct id) as ids from keyed where abs(key % :parts) = :part
        group by key having count(*) between 2 and :common * 3
    )
    select distinct one, other
    from shared cross join lateral unnest(ids) one cross join lateral unnest(ids) other
    where cardinality(ids) <= :common and one < other
""")


async def begin_run(session: AsyncSession, run_id: str, by: str | None) -> int:
    """How many parts it has; a repeat gives the same. `announce_run` may have written its row before."""
    customers = await session.scalar(select(func.count()).select_from(Customer).where(Customer.merged_into.is_(None)))
    parts = max(1, -(-(customers or 0) // PART))
    made = insert(CustomerMatchRun).values(id=run_id, by=by, parts=parts, customers=customers or 0)
    begun = {"parts": made.excluded.parts, "customers": made.excluded.customers}
    again = made.on_conflict_do_update(index_elements=["id"], set_=begun, where=CustomerMatchRun.parts == 0)
    await session.execute(again)
    return (await session.scalars(select(CustomerMatchRun.parts).where(CustomerMatchRun.id == run_id))).one()


async def compare_after(session: AsyncSession, what: str) -> None:
    """Has all customers compared, once, when the transaction is committed: many came."""
    start = {"workflow": "CustomerMatchWorkflow", "id": f"customer-match/{what}", "input": {}}
    await enqueue(session, f"customer-match/{what}", "start", start)


async def announce_run(session: AsyncSession, run_id: str, by: str) -> None:
    """Somebody asked for it: it is shown at once, before a worker takes it up."""
    await session.execute(insert(CustomerMatchRun).values(id=run_id, by=by).on_conflict_do_nothing())


_FILL = text("""
    update customer c set near_keys = cast(given.near as bigint[])
    from unnest(cast(:ids as uuid[]), cast(:nears as text[])) given (id, near)
    where c.id = given.id and cardinality(c.near_keys) = 0
""")


async def look_over(session: AsyncSession) -> None:
    """Many came: what PostgreSQL knows of its tables is of before, and a plan for those takes minutes with these."""
    await session.execute(text("set local statement_timeout = 0"))
    await session.execute(text("analyze customer, contact, assignment"))


async def without_near_keys(session: AsyncSession, batch: int) -> AsyncIterator[Sequence[tuple[str, str]]]:
    """Customers that an import wrote without the numbers that nearly the same names share: ids with their keys."""
    await session.execute(text("set local statement_timeout = 0"))
    missing = select(Customer.id, Customer.company_key).where(Customer.near_keys == [], Customer.company_key != "")
    rows = await session.stream(missing)
    async for some in rows.partitions(batch):
        yield [(str(one), key) for one, key in some]


async def fill_near_keys(session: AsyncSession, rows: Sequence[tuple[str, list[int]]]) -> None:
    await take_time(session)
    nears = ["{" + ",".join(map(str, near)) + "}" for _, near in rows]
    await session.execute(_FILL, {"ids": [one for one, _ in rows], "nears": nears})


async def candidates(
    session: AsyncSession, part: int, parts: int, batch: int
) -> AsyncIterator[Sequence[tuple[str, str]]]:
    """Pairs of ids that share something, the older first, in batches."""
    await session.execute(text("set local work_mem = '192MB'"))
    await session.execute(text("set local statement_timeout = 0"))
    asked = {"part": part, "parts": parts, "common": COMMON, "public": sorted(PUBLIC_MAIL)}
    rows = await session.stream(_PAIRS, asked)
    async for some in rows.partitions(batch):
        yield [(str(one), str(other)) for one, other in some]


def judged(run_id: str, pairs: Sequence[tuple[str, str]], known: dict[str, Party]) -> list[dict[str, object]]:
    """Rows of the pairs that are worth a look."""
    found = []
    for first, second in pairs:
        one, other = known.get(first), known.get(second)
        if one is None or other is None:
            continue
        score: Score = compare(one, other)
        if score.points >= SHOWN:
            found.append({
                "first_id": first, "second_id": second, "points": score.points, "reasons": list(score.reasons),
                "fingerprint": fingerprint(one, other), "status": "open", "run_id": run_id,
            })  # fmt: skip
    return found


async def fresh_pairs(session: AsyncSession, run_id: str, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those that this run has not kept yet: what shares several things comes several times."""
    there = select(CustomerPair.first_id, CustomerPair.second_id).where(
        CustomerPair.first_id.in_({one for one, _ in pairs}), CustomerPair.run_id == run_id
    )
    kept = {(one, other) for one, other in await session.execute(there)}
    return [pair for pair in pairs if pair not in kept]


async def parties_of(session: AsyncSession, pairs: Sequence[tuple[str, str]]) -> dict[str, Party]:
    return await parties(session, list({one for pair in pairs for one in pair}))


async def keep_pairs(session: AsyncSession, rows: Sequence[dict[str, object]]) -> None:
    """A dismissed pair is shown again only where what was compared has changed since."""
    if not rows:
        return
    made = insert(CustomerPair)
    changed = CustomerPair.fingerprint != made.excluded.fingerprint
    again: dict[str, Any] = {name: made.excluded[name] for name in ("points", "reasons", "fingerprint", "run_id")}
    again["status"] = case((changed, "open"), else_=CustomerPair.status)
    again["found_at"] = case((changed, func.now()), else_=CustomerPair.found_at)
    await session.execute(made.on_conflict_do_update(index_elements=["first_id", "second_id"], set_=again), rows)


async def note_part(session: AsyncSession, run_id: str, part: int, compared: int, found: int) -> None:
    """How far the run is; a part that is done again counts anew."""
    run = CustomerMatchRun
    await session.execute(
        update(run)
        .where(run.id == run_id, run.done == part)
        .values(done=part + 1, compared=run.compared + compared, found=run.found + found)
    )


async def end_run(session: AsyncSession, run_id: str) -> None:
    """Pairs that nobody has decided on and that are none any more go."""
    gone = (CustomerPair.status == "open", CustomerPair.run_id.is_distinct_from(run_id), CustomerPair.note.is_(None))
    await session.execute(delete(CustomerPair).where(*gone))
    ended = update(CustomerMatchRun).where(CustomerMatchRun.id == run_id, CustomerMatchRun.ended_at.is_(None))
    await session.execute(ended.values(ended_at=func.now()))


# --- the review -------------------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """After which pair a page goes on."""

    points: int
    first_id: str
    second_id: str


class Counted(NamedTuple):
    """How many pairs wait, `MOST_COUNTED` at most."""

    pairs: int
    more: bool


class Twin(NamedTuple):
    """A pair as one of the two sees it."""

    pair: CustomerPair
    other_id: str
    other_name: str


MOST_COUNTED = 1_000


async def last_run(session: AsyncSession) -> CustomerMatchRun | None:
    return await session.scalar(select(CustomerMatchRun).order_by(CustomerMatchRun.started_at.desc()).limit(1))


async def list_pairs(
    session: AsyncSession, actor: Actor, *, after: Place | None = None, limit: int = 50
) -> Sequence[CustomerPair]:
    """Pairs that this person may merge, the surest first."""
    query = select(CustomerPair).where(*_open_to(actor))
    if after is not None:
        same = and_(
            CustomerPair.points == after.points,
            tuple_(CustomerPair.first_id, CustomerPair.second_id) > (after.first_id, after.second_id),
        )
        query = query.where(or_(CustomerPair.points < after.points, same))
    ordered = query.order_by(CustomerPair.points.desc(), CustomerPair.first_id, CustomerPair.second_id)
    return (await session.scalars(ordered.limit(limit))).all()


async def pairs_of(session: AsyncSession, actor: Actor, customer_id: str, limit: int = 5) -> list[Twin]:
    """Those of one customer that this person may merge, the surest first."""
    other = aliased(Customer)
    other_id = case((CustomerPair.first_id == customer_id, CustomerPair.second_id), else_=CustomerPair.first_id)
    query = (
        select(CustomerPair, other.id, other.name)
        .join(other, other.id == other_id)
        .where(of_either(customer_id), *_open_to(actor))
        .order_by(CustomerPair.points.desc(), other.id)
        .limit(limit)
    )
    return [Twin(*row) for row in await session.execute(query)]


def of_either(customer_id: Any) -> ColumnElement[bool]:
    return or_(CustomerPair.first_id == customer_id, CustomerPair.second_id == customer_id)


async def count_pairs(session: AsyncSession, actor: Actor) -> Counted:
    some = select(CustomerPair.first_id).where(*_open_to(actor)).limit(MOST_COUNTED + 1).subquery()
    counted = await session.scalar(select(func.count()).select_from(some)) or 0
    return Counted(min(counted, MOST_COUNTED), counted > MOST_COUNTED)


async def open_pair(session: AsyncSession, actor: Actor, first_id: str, second_id: str) -> CustomerPair | None:
    """The pair, held until the transaction ends, if this person may decide on it."""
    query = select(CustomerPair).where(
        CustomerPair.first_id == first_id, CustomerPair.second_id == second_id, *_open_to(actor)
    )
    return await session.scalar(query.with_for_update())


def _open_to(actor: Actor) -> list[ColumnElement[bool]]:
    """Both are seen, and no region follows one of them that this person does not answer for."""
    conditions: list[ColumnElement[bool]] = [CustomerPair.status == "open"]
    for side in (CustomerPair.first_id, CustomerPair.second_id):
        conditions.append(select(Customer.id).where(Customer.id == side, customers_within(actor)).exists())
        conditions += _answered_for(actor, side)
    return conditions


def _answered_for(actor: Actor, customer_id: Any) -> list[ColumnElement[bool]]:
    if actor.scope(Action.CUSTOMER_MERGE) is Scope.ALL:
        return []
    ours = reach(actor, Action.CUSTOMER_MERGE, Assignment.owner_id, Assignment.region_id)
    return [~exists().where(Assignment.customer_id == customer_id, ours.is_not(True))]


async def mergeable(session: AsyncSession, actor: Actor, customers: Sequence[str]) -> dict[str, Customer]:
    """Those of the customers that this person may merge, by id."""
    actor.require(Action.CUSTOMER_MERGE)
    query = select(Customer).where(Customer.id.in_(customers), customers_within(actor))
    return {row.id: row for row in await session.scalars(query.where(*_answered_for(actor, Customer.id)))}
