"""How a customer came here with an import is told the same before somebody has moved it and after."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from commands.customer_merge import MergeBody, MergeCommands
from commands.policy import publish_defaults
from db.actor import actor_of
from db.allocation import Allocation
from db.allocation_run import Row, lain_of
from db.base import new_id
from db.customer import Assignment, Customer
from db.customer_assignment import stop_following
from db.customer_import import CustomerImport
from db.customer_report import by_person, by_week, flows
from db.engine import Database
from db.ownership import AssignmentChange, Turn, move, move_each, write_first
from db.ownership_history import ChangeOfHands
from db.pool import places_to_change
from db.pool_history import last_changes
from db.pool_policy import rules_in_force
from db.report import Span

CAME = datetime(2026, 3, 2, 1, tzinfo=UTC)
DAY = timedelta(days=1)


class Scene:
    """Three customers of an import: two are Li Wei's, one lies in the pool."""

    def __init__(self, db: Database, people: dict[str, str]) -> None:
        self.db, self.people = db, people
        self.li, self.east, self.by = people["li.wei"], people["east"], people["zhao.min"]
        self.ids = [new_id() for _ in range(3)]
        self.import_id = new_id()

    async def made(self) -> Scene:
        sent = CustomerImport(
            id=self.import_id, by_id=self.by, file_name="客户.csv", hash="0", size=1, encoding="utf-8", delimiter=",",
            headings=[], sample=[], rows=3, mapping=[],
        )  # fmt: skip
        async with self.db.session() as session:
            session.add(sent)
            session.add_all([Customer(id=one, name=f"客户{one}", import_id=self.import_id) for one in self.ids])
            await session.flush()
            here = {"region_id": self.east, "since": CAME, "how": "imported", "tier": "B", "unwritten": True}
            owners = [self.li, self.li, None]
            places = zip(self.ids, owners, strict=True)
            session.add_all([Assignment(customer_id=one, owner_id=owner, **here) for one, owner in places])
        return self

    @property
    def places(self) -> list[tuple[str, str]]:
        return [(one, self.east) for one in self.ids]

    async def told(self, session: AsyncSession, no: int) -> list[tuple[object, ...]]:
        one = ChangeOfHands
        query = select(one).where(one.customer_id == self.ids[no]).order_by(one.at, one.id)
        return [
            (row.from_id, row.to_id, row.tier, row.how, row.at, row.by) for row in await session.scalars(query)
        ]  # fmt: skip

    async def written(self, session: AsyncSession) -> int:
        query = select(func.count()).where(AssignmentChange.customer_id.in_(self.ids))
        return await session.scalar(query) or 0


@pytest.fixture
async def scene(db: Database, people: dict[str, str]) -> Scene:
    await publish_defaults(db)
    return await Scene(db, people).made()


async def test_its_place_says_it_until_it_is_moved_and_then_a_line_does_once(scene: Scene) -> None:
    first = [(None, scene.li, "B", "imported", CAME, scene.by)]
    async with scene.db.session() as session:
        assert (await scene.told(session, 0), await scene.told(session, 2)) == (first, [(None, None, *first[0][2:])])
        assert await scene.written(session) == 0
        await move(session, scene.places[:1], to=None, how="recycled", reason="no_follow_up", at=CAME + DAY)
        await move(session, scene.places[:1], to=scene.li, how="claimed", at=CAME + 2 * DAY, by=scene.li)
        assert await scene.told(session, 0) == [
            *first,
            (scene.li, None, "B", "recycled", CAME + DAY, None),
            (None, scene.li, "B", "claimed", CAME + 2 * DAY, scene.li),
        ]
        assert await scene.told(session, 1) == first
        assert await scene.written(session) == 3


async def test_an_allocation_that_is_taken_back_leaves_it_told_once(scene: Scene) -> None:
    async with scene.db.session() as session:
        rules = await rules_in_force(session)
        given = [Turn(scene.ids[2], scene.li)]
        assert await move_each(session, scene.east, given, rules, how="allocated", at=CAME + DAY, run_id=new_id()) == 1
        # As `db.allocation_run` lays it back: it is there again as it was imported.
        place = await session.get_one(Assignment, (scene.ids[2], scene.east))
        place.owner_id, place.how, place.since = None, "imported", CAME
        await session.flush()
        assert [row[3] for row in await scene.told(session, 2)] == ["imported", "allocated"]


async def test_a_new_tier_and_a_region_that_stops_leave_what_was_told(scene: Scene) -> None:
    async with scene.db.session() as session:
        before = await scene.told(session, 0), await scene.told(session, 2)
        await write_first(session, scene.places[:1])
        (await session.get_one(Assignment, (scene.ids[0], scene.east))).tier = "A"
        await stop_following(session, scene.ids[2], scene.east)
        await session.flush()
        assert (await scene.told(session, 0), await scene.told(session, 2)) == before


async def test_reports_count_it_either_way(scene: Scene) -> None:
    at = CAME - 100 * DAY  # when nothing else happened
    span = Span(at - DAY, at + DAY, scene.east)
    async with scene.db.session() as session:
        mine = update(Assignment).where(Assignment.customer_id.in_(scene.ids))
        await session.execute(mine.values(since=at))
    async with scene.db.session() as session:
        actor = await actor_of(session, scene.by)

        async def reported() -> list[object]:
            weeks = await by_week(session, actor, span, "Asia/Shanghai", scene.li)
            return [await flows(session, actor, span), await by_person(session, actor, span), weeks]

        before = await reported()
        assert [(flow.came, flow.how, flow.changes) for flow in before[0]] == [  # type: ignore[attr-defined]
            (False, "imported", 1), (True, "imported", 2),
        ]  # fmt: skip
        await write_first(session, scene.places)
        assert await scene.written(session) == 3
        assert await reported() == before


async def test_how_a_merged_one_came_is_told_before_what_happened_since(scene: Scene) -> None:
    """Its line is written by the merge, long after those of the other."""
    async with scene.db.session() as session:
        await move(session, scene.places[:1], to=None, how="recycled", reason="no_deal", at=CAME + 3 * DAY)
        boss = await actor_of(session, scene.people["zhao.min"])
    survivor, other = scene.ids[0], scene.ids[2]
    await MergeCommands(scene.db).merge(boss, new_id(), survivor, MergeBody(merged=[other]))
    async with scene.db.session() as session:
        told = await last_changes(session, survivor, scene.east)
        assert [row.how for row in told] == ["recycled", "imported", "imported"]
        run, rules = Allocation(id=new_id(), region_id=scene.east), await rules_in_force(session)
        given = [Turn(survivor, scene.li)]
        await move_each(session, scene.east, given, rules, how="allocated", at=CAME + 4 * DAY, run_id=run.id)
        lain = (await lain_of(session, run, [Row(1, survivor, scene.li, None, None, None)]))[survivor]
        assert (lain.how, lain.reason, lain.since) == ("recycled", "no_deal", CAME + 3 * DAY)


async def test_only_the_regions_that_are_asked_for_are_written(scene: Scene) -> None:
    async with scene.db.session() as session:
        there = {"region_id": scene.people["south"], "since": CAME, "how": "imported", "unwritten": True}
        session.add(Assignment(customer_id=scene.ids[0], **there))
        await session.flush()
        await write_first(session, scene.places[:1])
        assert await scene.written(session) == 1
        assert len(await scene.told(session, 0)) == 2


async def test_who_merges_waits_for_who_moves_and_neither_for_the_other_in_turn(scene: Scene) -> None:
    async with scene.db.session() as session:
        boss = await actor_of(session, scene.people["zhao.min"])
    body = MergeBody(merged=scene.ids[1:2])
    async with scene.db.session() as session:
        await places_to_change(session, scene.places[:2])
        merging = asyncio.create_task(MergeCommands(scene.db).merge(boss, new_id(), scene.ids[0], body))
        await _somebody_waits(scene.db)
        await move(session, scene.places[:2], to=None, how="returned", at=CAME + DAY, by=scene.li)
    await merging
    async with scene.db.session() as session:
        assert [row[3] for row in await scene.told(session, 0)] == ["imported", "imported", "returned", "returned"]


async def _somebody_waits(db: Database) -> None:
    """For a lock that another transaction holds."""
    waits = text("select exists (select from pg_locks where not granted)")
    async with asyncio.timeout(30), db.session() as session:
        while not await session.scalar(waits):
            pass
