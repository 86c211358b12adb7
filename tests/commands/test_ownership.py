"""A customer changes hands: once, with its history, in bulk as for one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from db.base import new_id
from db.customer import Assignment, Customer
from db.engine import Database
from db.ownership import AssignmentChange, move

BEGAN = datetime(2026, 3, 2, 1, tzinfo=UTC)


async def test_customers_go_to_a_person_and_back_and_each_change_is_kept(db: Database, people: dict[str, str]) -> None:
    ids = [new_id() for _ in range(3)]
    east, li, wang = people["east"], people["li.wei"], people["wang.fang"]
    places = [(one, east) for one in ids]
    async with db.session() as session:
        session.add_all([Customer(id=one, name=f"客户{n}") for n, one in enumerate(ids)])
        await session.flush()
        session.add_all([Assignment(customer_id=one, region_id=east, owner_id=None, since=BEGAN) for one in ids])
        session.add(Assignment(customer_id=ids[0], region_id=people["south"], owner_id=wang, since=BEGAN))
    day = timedelta(days=1)
    async with db.session() as session:
        taken = await move(session, places[:2], to=li, how="claimed", at=BEGAN + day, by=li)
        again = await move(session, places[:2], to=li, how="claimed", at=BEGAN + day, by=li)
        given = await move(session, places, to=wang, how="assigned", at=BEGAN + 2 * day, by=None)
        back = await move(
            session, places, to=None, how="recycled", at=BEGAN + 3 * day, reason="no_follow_up", pool="old"
        )
    assert (len(taken), again, [moved.owner_id for moved in taken]) == (2, [], [None, None])
    assert {moved.customer_id: moved.owner_id for moved in given} == {ids[0]: li, ids[1]: li, ids[2]: None}
    assert {moved.owner_id for moved in back} == {wang}
    async with db.session() as session:
        rows = await session.scalars(
            select(Assignment).where(Assignment.customer_id == ids[0], Assignment.region_id == east)
        )
        row = rows.one()
        changes = select(AssignmentChange).where(AssignmentChange.customer_id == ids[0]).order_by(AssignmentChange.id)
        kept = [(c.from_id, c.to_id, c.how, c.reason, c.since) for c in await session.scalars(changes)]
    assert (row.owner_id, row.pool, row.last_owner_id, row.left_at) == (None, "old", wang, BEGAN + 3 * day)
    assert kept == [
        (None, li, "claimed", None, BEGAN),
        (li, wang, "assigned", None, BEGAN + day),
        (wang, None, "recycled", "no_follow_up", BEGAN + 2 * day),
    ]
