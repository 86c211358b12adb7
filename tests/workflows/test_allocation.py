"""A region's pool is allocated: as it was looked at, in parts that nothing doubles, and undone as a whole."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update

import activities.allocation
from db import allocation_plan
from db.allocation import Allocation, AllocationShare, ends_of, laid_of
from db.allocation_plan import lay_rows
from db.allocation_run import take_back_next
from db.base import new_id
from db.customer import Assignment, Customer
from db.customer_import import CustomerImport
from db.ownership import AssignmentChange, move
from db.pool_policy import rules_in_force
from db.process import Notification
from domain.allocation import Terms, Wanted
from domain.refusal import Refused
from tests.allocating import SIZE, Pool, plan_now


@pytest.fixture
def pool(app: FastAPI, people: dict[str, str]) -> Pool:
    return Pool(app.state.services, people)


async def test_the_same_seed_deals_the_same_and_another_otherwise(pool: Pool) -> None:
    await pool.fill(40)
    first = await pool.plan(await pool.preview(seed=7))
    assert await pool.plan(await pool.preview(seed=7)) == first
    assert await pool.plan(await pool.preview(seed=8)) != first


async def test_quotas_filters_and_the_absent(pool: Pool) -> None:
    li, wang = pool.people["li.wei"], pool.people["wang.fang"]
    await pool.fill(5, industry="零售")
    customers = await pool.fill(20, industry="制造")
    asked = Terms(mode="quota", quotas={li: 3, wang: 6}, wanted=Wanted(industries=("制造",)))
    previewed = await pool.preview(asked)
    assert Counter((await pool.plan(previewed)).values()) == {li: 3, wang: 6}
    assert set(await pool.plan(previewed)) <= set(customers)
    with pytest.raises(Refused) as refused:
        await pool.start(await pool.preview(Terms(wanted=Wanted(industries=("没有",)))))
    assert refused.value.code == "allocation_empty"
    with pytest.raises(Refused) as refused:
        await pool.preview(Terms(people=(pool.people["he.jie"],)))
    assert refused.value.code == "allocation_person_unfit"


async def test_killed_half_way_it_goes_on_to_the_same_end(pool: Pool) -> None:
    """A part is one transaction: what a killed worker had not committed is done again, what it had is not."""
    customers = await pool.fill(30)
    previewed = await pool.preview(seed=5)
    planned = await pool.plan(previewed)
    await pool.start(previewed)
    await pool.step(previewed, 2)
    await pool.killed(previewed)
    owners = await pool.owners(customers)
    assert Counter(owners.values())[None] == 30 - 2 * SIZE
    await pool.step(previewed, 5)
    assert await pool.owners(customers) == planned
    async with pool.services.db.session() as session:
        count = select(func.count()).where(AssignmentChange.run_id == previewed)
        assert await session.scalar(count) == 30
    assert (await pool.ended(previewed)).given == 30


async def test_asking_answers_at_once_and_a_killed_plan_is_drawn_anew(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """While it is planned it can be looked at and not begun; a try that was overtaken lays nothing more."""
    monkeypatch.setattr(allocation_plan, "LAID", 10)
    customers = await pool.fill(35)
    actor = await pool.actor()
    asked = await pool.commands.preview(actor, uuid4().hex, pool.people["east"], Terms(), seed=3)
    with pytest.raises(Refused, match="allocation_planning"):
        await pool.start(asked)
    laid = 0

    async def killed(*given: object) -> int:
        nonlocal laid
        laid += 1
        if laid == 3:
            raise ConnectionError
        return await lay_rows(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(activities.allocation, "lay_rows", killed)
    with pytest.raises(ConnectionError):
        await plan_now(pool.services.db, asked)
    async with pool.services.db.session() as session:
        assert await laid_of(session, asked) == 20
    await plan_now(pool.services.db, asked)
    assert set(await pool.plan(asked)) == set(customers)
    assert (await pool.ended(asked, "previewed")).planned == 35


async def test_stopped_it_keeps_what_was_given_and_can_go_on(pool: Pool) -> None:
    customers = await pool.fill(20)
    previewed = await pool.preview()
    await pool.start(previewed)
    await pool.step(previewed)
    await pool.commands.stop(await pool.actor(), uuid4().hex, previewed)
    await pool.step(previewed)
    assert Counter((await pool.owners(customers)).values())[None] == 20 - SIZE
    with pytest.raises(Refused, match="allocation_over"):
        await pool.commands.stop(await pool.actor(), uuid4().hex, previewed)
    await pool.start(previewed)
    await pool.step(previewed, 3)
    assert None not in (await pool.owners(customers)).values()


async def test_an_undo_leaves_what_was_tended_or_changed_hands(pool: Pool) -> None:
    customers = await pool.fill(20)
    previewed = await pool.preview()
    planned = await pool.plan(previewed)
    await pool.start(previewed)
    await pool.step(previewed, 3)
    tended, passed = customers[:2]
    other = next(person for person in planned.values() if person != planned[passed])
    async with pool.services.db.session() as session:
        now = datetime.now(UTC)
        await session.execute(update(Assignment).where(Assignment.customer_id == tended).values(followed_at=now))
        await move(session, [(passed, pool.people["east"])], to=other, how="assigned", at=now)
    await pool.commands.undo(await pool.actor(), uuid4().hex, previewed)
    for _ in range(3):
        async with pool.services.db.session() as session:
            await take_back_next(session, previewed, SIZE, datetime.now(UTC))
    run = await pool.ended(previewed, "undone")
    owners = await pool.owners(customers)
    assert {one: owner for one, owner in owners.items() if owner} == {tended: planned[tended], passed: other}
    async with pool.services.db.session() as session:
        assert await ends_of(session, previewed) == {"followed": 1, "moved": 1}
        row = (await session.scalars(select(Assignment).where(Assignment.customer_id == customers[5]))).one()
    assert (run.given, run.undone) == (20, 18)
    assert (row.last_owner_id, row.left_at, row.how, row.reason) == (None, None, "assigned", None)
    with pytest.raises(Refused, match="allocation_not_run"):
        await pool.commands.undo(await pool.actor(), uuid4().hex, previewed)


async def test_undone_twice_a_customer_lies_in_the_pool_as_it_lay_there(pool: Pool) -> None:
    """Since when, why and in whose words it came there is as before both; the history has every change."""
    customers = await pool.fill(8)
    given_back, wang = customers[0], pool.people["wang.fang"]
    place, left = (given_back, pool.people["east"]), datetime.now(UTC) - timedelta(days=60)
    query = select(Assignment).where(Assignment.customer_id.in_(customers)).order_by(Assignment.customer_id)

    async def lying() -> list[tuple[object, ...]]:
        async with pool.services.db.session() as session:
            return [
                (one.customer_id, one.owner_id, one.since, one.how, one.reason, one.note, one.last_owner_id,
                 one.left_at, one.due_at, one.warn_at)
                for one in await session.scalars(query)
            ]  # fmt: skip

    async with pool.services.db.session() as session:
        await move(session, [place], to=wang, how="claimed", at=left - timedelta(days=9), by=wang)
        await move(session, [place], to=None, how="returned", at=left, by=wang, reason="given_back", note="无需求")
    before = await lying()
    assert next(one[2:6] for one in before if one[0] == given_back) == (left, "returned", "given_back", "无需求")
    for _ in range(2):
        previewed = await pool.preview()
        await pool.start(previewed)
        await pool.step(previewed, 2)
        assert await lying() != before
        await pool.commands.undo(await pool.actor(), uuid4().hex, previewed)
        for _ in range(2):
            async with pool.services.db.session() as session:
                await take_back_next(session, previewed, SIZE, datetime.now(UTC))
        assert (await pool.ended(previewed, "undone")).undone == 8
        assert await lying() == before
    async with pool.services.db.session() as session:
        how = select(AssignmentChange.how).where(AssignmentChange.customer_id == given_back)
        told = (await session.scalars(how.order_by(AssignmentChange.id))).all()
    assert told == ["claimed", "returned", "allocated", "undone", "allocated", "undone"]


async def test_a_preview_that_no_longer_holds_is_refused_and_says_why(pool: Pool) -> None:
    customers = await pool.fill(10)
    previewed = await pool.preview()
    async with pool.services.db.session() as session:
        place = [(customers[0], pool.people["east"])]
        await move(session, place, to=pool.people["li.wei"], how="claimed", at=datetime.now(UTC))
    with pytest.raises(Refused) as refused:
        await pool.start(previewed)
    assert (refused.value.code, refused.value.params) == ("allocation_changed", {"gone": 1, "people": [], "fewer": 0})


async def test_what_is_claimed_while_it_runs_stays_claimed(pool: Pool) -> None:
    customers = await pool.fill(12)
    previewed = await pool.preview()
    planned = await pool.plan(previewed)
    await pool.start(previewed)
    last = list(planned)[-1]
    other = next(person for person in planned.values() if person != planned[last])
    async with pool.services.db.session() as session:
        await move(session, [(last, pool.people["east"])], to=other, how="claimed", at=datetime.now(UTC))
    await pool.step(previewed, 2)
    assert (await pool.owners(customers))[last] == other
    run = await pool.ended(previewed)
    assert (run.given, run.done) == (11, 12)
    async with pool.services.db.session() as session:
        assert await ends_of(session, previewed) == {"taken": 1}


async def test_what_an_import_gives_somebody_meanwhile_takes_of_their_room(pool: Pool) -> None:
    await pool.fill(12)
    previewed = await pool.preview()
    await pool.start(previewed)
    person = next(iter((await pool.plan(previewed)).values()))
    sent = {"file_name": "", "hash": "", "size": 0, "encoding": "", "delimiter": "", "rows": 1, "by_id": person}
    async with pool.services.db.session() as session:
        share = (AllocationShare.allocation_id == previewed, AllocationShare.person_id == person)
        await session.execute(update(AllocationShare).where(*share).values(room=1))
        made, now = new_id(), datetime.now(UTC)
        session.add(CustomerImport(id=new_id(), headings=[], sample=[], mapping=[], started_at=now, **sent))
        session.add(Customer(id=made, name="导入给人的客户"))
        await session.flush()
        here = {"region_id": pool.people["east"], "owner_id": person, "how": "imported", "unwritten": True}
        session.add(Assignment(customer_id=made, since=now, **here))
    await pool.step(previewed, 3)
    assert (await pool.shares(previewed))[person].given == 0
    async with pool.services.db.session() as session:
        assert set(await ends_of(session, previewed)) == {"full"}


async def test_one_of_a_region_at_a_time_and_a_second_click_is_one(pool: Pool) -> None:
    await pool.fill(10)
    mine, other = await pool.preview(), await pool.preview(by="lin.yue")
    actor, key = await pool.actor(), uuid4().hex
    await asyncio.gather(*(pool.commands.run(actor, key, mine) for _ in range(2)))
    async with pool.services.db.session() as session:
        assert (await session.get_one(Allocation, mine)).attempt == 2  # planned once, begun once
    with pytest.raises(Refused) as refused:
        await pool.commands.run(await pool.actor("lin.yue"), uuid4().hex, other)
    assert (refused.value.code, refused.value.params["by"]) == ("allocation_busy", actor.id)


async def test_only_who_may_assign_in_the_region_allocates(pool: Pool) -> None:
    await pool.fill(10)
    previewed = await pool.preview()
    with pytest.raises(Refused) as refused:
        await pool.preview(by="li.wei")
    assert refused.value.status == 403
    elsewhere = await pool.actor("zhao.min")
    with pytest.raises(Refused) as refused:
        await pool.commands.preview(elsewhere, uuid4().hex, pool.people["south"], Terms())
    assert refused.value.status == 404
    with pytest.raises(Refused) as refused:
        await pool.commands.run(await pool.actor("li.wei"), uuid4().hex, previewed)
    assert refused.value.status == 403


@pytest.mark.usefixtures("worker")
async def test_what_was_looked_at_is_what_everybody_gets_evenly_and_hears_of_once(pool: Pool) -> None:
    customers = await pool.fill(31)
    previewed = await pool.preview()
    planned = await pool.plan(previewed)
    assert set((await pool.owners(customers)).values()) == {None}
    await pool.start(previewed)
    run = await pool.ended(previewed)
    assert (run.given, run.done, run.planned) == (31, 31, 31)
    assert await pool.owners(customers) == planned
    numbers = Counter(planned.values()).values()
    assert max(numbers) - min(numbers) <= 1
    async with pool.services.db.session() as session:
        changes = (await session.scalars(select(AssignmentChange).where(AssignmentChange.run_id == previewed))).all()
    async with pool.services.db.session() as session:
        kept = (await session.scalars(select(Assignment).where(Assignment.customer_id.in_(customers)))).all()
        stamp = (await rules_in_force(session)).stamp
    assert {(one.reckoned, one.due_why) for one in kept} == {(stamp, "no_follow_up")}
    assert {one.due_at for one in kept} == {one.since + timedelta(days=10) for one in kept}
    assert {(one.how, one.from_id, one.by) for one in changes} == {("allocated", None, pool.people["zhao.min"])}
    assert Counter(one.to_id for one in changes) == Counter(planned.values())

    async def told() -> dict[str, int]:
        async with pool.services.db.session() as session:
            rows = await session.scalars(select(Notification).where(Notification.link == f"/allocations/{previewed}"))
            return {row.person_id: row.params["num"] for row in rows}

    for _ in range(100):
        if len(await told()) == len(numbers):
            break
        await asyncio.sleep(0.05)
    assert await told() == dict(Counter(planned.values()))
