"""An allocation carried out and undone, some rows of its plan at a time: each transaction moves its customers and
says how far the plan is, so that whoever is killed goes on where the last one was committed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Integer, Uuid, and_, any_, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from db.allocation import Allocation, AllocationRow, AllocationShare
from db.book import lock_books
from db.customer import Assignment
from db.customer_import import imported_since
from db.deal import Deal
from db.engine import take_time
from db.live import announce
from db.ownership import AssignmentChange, Lain, Turn, move_each
from db.ownership_history import Unwritten
from db.pool_policy import rules_in_force


class Step(NamedTuple):
    """How far it is; `over` when there is no more to do, because all is done or somebody stopped it."""

    done: int
    planned: int
    over: bool


class Row(NamedTuple):
    """A row of the plan."""

    no: int
    customer_id: str
    person_id: str
    end: str | None
    last_owner_id: str | None
    left_at: datetime | None


async def give_next(session: AsyncSession, allocation_id: str, size: int, at: datetime) -> Step:
    """Gives the next customers of the plan to their people."""
    await take_time(session)
    run = await session.get_one(Allocation, allocation_id, with_for_update=True)
    if run.status != "running":
        return Step(run.done, run.planned, over=True)
    rows = await _rows(session, run.id, run.done, size)
    await lock_books(session, {row.person_id for row in rows})
    there = await _still_pooled(session, run.region_id, [row.customer_id for row in rows])
    left = await _room_left(session, run)
    ends: dict[int, str] = {}
    given: Counter[str] = Counter()
    turns: list[Turn] = []
    for row in rows:
        limit = left.get(row.person_id)
        if row.customer_id not in there:
            ends[row.no] = "taken"
        elif limit is not None and given[row.person_id] >= limit:
            ends[row.no] = "full"
        else:
            given[row.person_id] += 1
            turns.append(Turn(row.customer_id, row.person_id))
    rules = await rules_in_force(session)
    await move_each(session, run.region_id, turns, rules, how="allocated", at=at, by=run.started_by, run_id=run.id)
    await _note(session, run.id, ends, "given", given)
    run.done = rows[-1].no if rows else run.planned
    run.given += given.total()
    if run.done >= run.planned:
        run.status, run.ended_at = "done", at
    await announce(session, "allocation", run.id, run.done, region=run.region_id)
    return Step(run.done, run.planned, over=run.status != "running")


async def take_back_next(session: AsyncSession, allocation_id: str, size: int, at: datetime) -> Step:
    """Lays the next customers back into the pool as they lay there; what was tended or changed hands since stays.

    Who was given a customer by mistake does not cool off from it; who lost it before still does.
    """
    await take_time(session)
    run = await session.get_one(Allocation, allocation_id, with_for_update=True)
    if run.status != "undoing":
        return Step(run.looked_back, run.done, over=True)
    rows = [row for row in await _rows(session, run.id, run.looked_back, size) if row.no <= run.done]
    ends, back = await _kept(session, run, [row for row in rows if row.end is None])
    lain = await lain_of(session, run, back)
    turns = [Turn(row.customer_id, None, lain.get(row.customer_id)) for row in back]
    rules = await rules_in_force(session)
    await move_each(
        session, run.region_id, turns, rules, how="undone", reason="undone", at=at, by=run.undone_by, run_id=run.id
    )
    undone = Counter(row.person_id for row in back)
    await _note(session, run.id, ends, "undone", undone)
    run.looked_back = rows[-1].no if rows else run.done
    run.undone += undone.total()
    if run.looked_back >= run.done:
        run.status, run.undone_at = "undone", at
    await announce(session, "allocation", run.id, run.looked_back, region=run.region_id)
    return Step(run.looked_back, run.done, over=run.status != "undoing")


async def _rows(session: AsyncSession, allocation_id: str, after: int, size: int) -> list[Row]:
    row = AllocationRow
    query = select(row.no, row.customer_id, row.person_id, row.end, row.last_owner_id, row.left_at)
    query = query.where(row.allocation_id == allocation_id, row.no > after).order_by(row.no).limit(size)
    return [Row(*found) for found in await session.execute(query)]


def _ids(values: Sequence[str]) -> Any:
    return literal(list(values), ARRAY(Uuid(as_uuid=False)))


async def _still_pooled(session: AsyncSession, region_id: str, customers: list[str]) -> set[str]:
    """Those nobody has taken meanwhile; nobody can until the transaction ends."""
    query = select(Assignment.customer_id).where(
        Assignment.region_id == region_id,
        Assignment.customer_id == any_(_ids(customers)),
        Assignment.owner_id.is_(None),
    )
    return set(await session.scalars(query.order_by(Assignment.customer_id).with_for_update()))


async def _room_left(session: AsyncSession, run: Allocation) -> dict[str, int]:
    """How many more those may get whose number is limited: what came to them since the start takes of their room."""
    query = select(AllocationShare).where(AllocationShare.allocation_id == run.id, AllocationShare.room.is_not(None))
    limited = {share.person_id: share for share in await session.scalars(query)}
    tables: list[Any] = [AssignmentChange] if limited else []
    if limited and run.started_at and await imported_since(session, run.started_at):
        tables.append(Unwritten)  # which has no index of the time
    others: Counter[str] = Counter()
    for change in tables:
        came = select(change.to_id, func.count()).where(
            change.to_id.in_(limited), change.at >= run.started_at, change.run_id.is_distinct_from(run.id)
        )
        others.update(dict((await session.execute(came.group_by(change.to_id))).all()))
    return {person: (share.room or 0) - share.given - others[person] for person, share in limited.items()}


async def _kept(session: AsyncSession, run: Allocation, rows: Sequence[Row]) -> tuple[dict[int, str], list[Row]]:
    """Why rows stay as they are, and those that go back."""
    customers = [row.customer_id for row in rows]
    deal = select(Deal.id).where(
        Deal.customer_id == Assignment.customer_id,
        Deal.owner_id == Assignment.owner_id,
        or_(Deal.opened_at >= run.started_at, Deal.closed_at >= run.started_at),
    )
    tended = or_(Assignment.followed_at.is_not(None), deal.exists())
    ours = and_(Assignment.how == "allocated", Assignment.since.between(run.started_at, run.ended_at))
    query = (
        select(Assignment.customer_id, Assignment.owner_id, tended)
        .where(Assignment.region_id == run.region_id, Assignment.customer_id == any_(_ids(customers)), ours)
        .order_by(Assignment.customer_id)
        .with_for_update(of=Assignment)
    )
    now = {customer: (owner, touched) for customer, owner, touched in await session.execute(query)}
    ends: dict[int, str] = {}
    back = []
    for row in rows:
        owner, touched = now.get(row.customer_id, (None, False))
        if owner != row.person_id:
            ends[row.no] = "moved"
        elif touched:
            ends[row.no] = "followed"
        else:
            back.append(row)
    return ends, back


# A customer that has lain in the pool since it was entered has no change before; what an undo laid back lies there as
# it came before that. By their time: how one came with an import that was merged may have been written later.
_LAIN = text("""
    select cast(asked.customer_id as text), given.since, coalesce(came.how, 'assigned'), came.reason, came.note
    from unnest(cast(:customers as uuid[])) asked (customer_id)
    cross join lateral (
        select id, at, since from assignment_change
        where customer_id = asked.customer_id and region_id = cast(:region as uuid)
            and run_id = cast(:allocation as uuid) and to_id is not null
        order by id desc limit 1
    ) given
    left join lateral (
        select how, reason, note from assignment_change
        where customer_id = asked.customer_id and region_id = cast(:region as uuid)
            and to_id is null and how <> 'undone' and (at, id) < (given.at, given.id)
        order by at desc, id desc limit 1
    ) came on true
""")


async def lain_of(session: AsyncSession, run: Allocation, rows: Sequence[Row]) -> dict[str, Lain]:
    """How each lay in the pool when it was given."""
    asked = {"customers": [row.customer_id for row in rows], "region": run.region_id, "allocation": run.id}
    was = {row.customer_id: (row.last_owner_id, row.left_at) for row in rows}
    lay = await session.execute(_LAIN, asked)
    return {customer: Lain(since, how, why, note, *was[customer]) for customer, since, how, why, note in lay}


_SHARES = {
    name: text(f"""
        update allocation_share s set {name} = s.{name} + got.count
        from unnest(cast(:people as uuid[]), cast(:counts as int[])) got (person_id, count)
        where s.allocation_id = cast(:allocation as uuid) and s.person_id = got.person_id
    """)  # noqa: S608 - our own words
    for name in ("given", "undone")
}


async def _note(
    session: AsyncSession, allocation_id: str, ends: dict[int, str], what: Literal["given", "undone"],
    by_person: Counter[str],
) -> None:  # fmt: skip
    """What became of the rows, and how many each person got or gave back."""
    row = AllocationRow
    for end in set(ends.values()):
        numbers = [no for no, said in ends.items() if said == end]
        await session.execute(
            update(row)
            .where(row.allocation_id == allocation_id, row.no == any_(literal(numbers, ARRAY(Integer))))
            .values(end=end)
        )
    if by_person:
        counted = {"allocation": allocation_id, "people": list(by_person), "counts": list(by_person.values())}
        await session.execute(_SHARES[what], counted)
