"""A book gives customers back that nobody tended: on the second, once, and never one that was tended or is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

import activities.book
from commands.extension import ExtensionCommands
from commands.password import Passwords
from commands.person import People
from commands.pool import PoolCommands
from db.book import Book, look_by
from db.calendar import calendars
from db.customer import Assignment
from db.deal import Deal
from db.engine import Database
from db.extension import Extension
from db.follow_up import FollowUp
from db.ownership import move
from db.process import Notification
from db.reckon import tended
from db.record import Outbox
from domain.refusal import Refused
from settings import Settings
from tests.workflows.books import back, changes, customers, dated, place, rules, tiers
from tests.workflows.office import Office, open_office

SECOND = timedelta(seconds=1)


@pytest.fixture
async def office(db: Database, people: dict[str, str], settings: Settings) -> Any:
    async with open_office(db, people, settings) as opened:
        yield opened


async def test_a_customer_left_alone_is_warned_of_and_goes_back_on_the_second(office: Office) -> None:
    await rules(office, tiers=tiers("P30D", warn="P3D"))
    [customer] = await customers(office, "li.wei")
    due = await dated(office, customer)
    given = await place(office, customer)
    assert due == given.since + timedelta(days=30)

    await office.time_passes(due - timedelta(days=3) + SECOND - await office.env.get_current_time())

    async def warned() -> Any:
        return (await place(office, customer)).warned_at

    await office.until(warned, "the warning")
    told = await office.rows(Notification, person_id=office.people["li.wei"], kind="book.warned")
    assert [one.params["count"] for one in told] == [1]

    await office.time_passes(due - SECOND - await office.env.get_current_time())
    assert (await place(office, customer)).owner_id == office.people["li.wei"]
    await office.time_passes(2 * SECOND)
    returned = await back(office, customer)
    assert (returned.reason, returned.how, returned.pool) == ("no_follow_up", "recycled", "region")
    assert returned.last_owner_id == office.people["li.wei"]
    assert returned.left_at is not None
    assert due <= returned.left_at <= due + 2 * SECOND
    assert [one.how for one in await changes(office, customer)] == ["assigned", "recycled"]


async def test_a_follow_up_a_second_before_keeps_it_for_as_long_again(office: Office) -> None:
    await rules(office, tiers=tiers("P10D"))
    [tended_one, left_alone] = await customers(office, "wang.fang", 2)
    due = await dated(office, tended_one)
    at = due - SECOND
    await office.time_passes(at - await office.env.get_current_time())
    async with office.db.session() as session:
        where = (tended_one, office.people["east"], office.people["wang.fang"])
        assert await tended(session, *where, at) == at + timedelta(days=10)
    await office.time_passes(3 * SECOND)
    await back(office, left_alone)
    kept = await place(office, tended_one)
    assert (kept.owner_id, kept.due_at) == (office.people["wang.fang"], at + timedelta(days=10))
    await office.time_passes(timedelta(days=10))
    await back(office, tended_one)
    assert len(await changes(office, tended_one)) == 2


async def test_working_days_count_for_the_warning_as_for_the_way_back(office: Office) -> None:
    """Three working days before the tenth: weekends and public holidays are nobody's days."""
    await rules(office, tiers=tiers("P10D", warn="P3D"), calendar="office", together="PT1S")
    [customer] = await customers(office, "wang.fang")
    due = await dated(office, customer)
    given = await place(office, customer)
    async with office.db.session() as session:
        clock = (await calendars(session)).working_time("office")

    def working(begin: datetime, end: datetime) -> int:
        """Working days behind the one's day, up to and with the other's."""
        first, last = (at.astimezone(clock.zone).date() for at in (begin, end))
        days = (first + timedelta(days=no) for no in range(1, (last - first).days + 1))
        return sum(bool(clock.calendar.hours(day)) for day in days)

    assert given.warn_at is not None
    assert (working(given.since, due), working(given.warn_at, due)) == (10, 3)
    assert {at.astimezone(clock.zone).time() for at in (due, given.warn_at)} == {
        given.since.astimezone(clock.zone).time()
    }
    await office.time_passes(given.warn_at - SECOND - await office.env.get_current_time())
    assert (await place(office, customer)).warned_at is None
    await office.time_passes(2 * SECOND)

    async def warned() -> bool:
        return (await place(office, customer)).warned_at is not None

    await office.until(warned, "the warning")
    await office.time_passes(due - SECOND - await office.env.get_current_time())
    assert (await place(office, customer)).owner_id == office.people["wang.fang"]
    await office.time_passes(2 * SECOND)
    await back(office, customer)


async def test_a_worker_killed_midway_gives_back_the_rest_and_tells_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """What it had given back and not committed is given back again, what it had committed is not."""
    monkeypatch.setattr(activities.book, "BATCH", 2)
    calls = 0

    async def killed(*args: Any, **named: Any) -> list[Any]:
        nonlocal calls
        calls += 1
        done = await move(*args, **named)
        if calls == 2:
            raise ConnectionError
        return done

    monkeypatch.setattr(activities.book, "move", killed)
    await rules(office, tiers=tiers("P10D"))
    given = await customers(office, "chen.tao", 5)
    due = max([await dated(office, one) for one in given])
    await office.time_passes(due + 30 * SECOND - await office.env.get_current_time())
    for one in given:
        assert (await back(office, one)).reason == "no_follow_up"
        assert [change.how for change in await changes(office, one)] == ["assigned", "recycled"]
    assert calls == 4  # 2, 2 that were lost, 2 again, 1

    async def told() -> list[Notification]:
        return await office.rows(Notification, kind="book.recycled", person_id=office.people["chen.tao"])

    [notice] = await office.until(told, "the owner to hear of it")
    assert notice.params["count"] == 5


async def test_new_rules_hold_for_every_book(office: Office) -> None:
    await rules(office, tiers=tiers("P60D"))
    [customer] = await customers(office, "li.wei")
    before = await dated(office, customer)
    await rules(office, tiers=tiers("P20D"))
    after = await dated(office, customer, other_than=before)
    assert before - after == timedelta(days=40)


async def test_an_open_deal_keeps_it_and_afterwards_its_clock_begins_anew(office: Office) -> None:
    await rules(office, tiers=tiers("P10D"))
    deal = await office.deal(5_000_000)
    await office.relay.carry_waiting()
    kept = await place(office, deal.customer_id)
    assert (kept.protected, kept.due_at) == ("deal", None)
    await office.days_pass(15)
    await office.move(deal.id, "lost", reason="price")
    ended = await office.until(lambda: office.row(Deal, id=deal.id, stage="lost"), "the deal to be lost")
    due = await dated(office, deal.customer_id)
    assert due == (ended.closed_at or due) + timedelta(days=10)


async def test_the_book_of_somebody_who_left_goes_back_with_the_reason(office: Office) -> None:
    await rules(office, tiers=tiers("P60D"))
    [customer] = await customers(office, "zhou.kai")
    await dated(office, customer)
    await People(office.db, Passwords()).set_active(await office.actor("gu.ming"), office.people["zhou.kai"], False)
    await office.relay.carry_waiting()
    assert (await back(office, customer)).reason == "owner_left"


async def test_a_granted_extension_moves_the_day_exactly_and_a_refused_one_does_not(office: Office) -> None:
    await rules(office, tiers=tiers("P10D"))
    extensions = ExtensionCommands(PoolCommands(office.desk))
    owner, manager = await office.actor("li.wei"), await office.actor("zhao.min")
    granted, refused = await customers(office, "li.wei", 2)
    due = await dated(office, granted)
    until = due + timedelta(days=20)
    for customer in (granted, refused):
        place = (customer, office.people["east"])
        await extensions.ask(owner, uuid4().hex, place, until=until, why="in the middle of a tender")
        with pytest.raises(Refused, match="extension_open"):
            await extensions.ask(owner, uuid4().hex, place, until=until, why="again")
        task = await office.open_task("extend_customer", customer_id=customer)
        with pytest.raises(Refused):
            await extensions.decide(owner, uuid4().hex, task.id, grant=True)
        await extensions.decide(manager, uuid4().hex, task.id, grant=customer == granted)
    assert await dated(office, granted, other_than=due) == until
    await office.time_passes(due + 2 * SECOND - await office.env.get_current_time())
    await back(office, refused)
    assert (await office.row(Assignment, customer_id=granted)).owner_id == owner.id  # type: ignore[union-attr]


async def test_an_extension_that_nobody_decides_lapses_with_the_customer(office: Office) -> None:
    await rules(office, tiers=tiers("P10D"))
    [customer] = await customers(office, "li.wei")
    due = await dated(office, customer)
    place = (customer, office.people["east"])
    ask = ExtensionCommands(PoolCommands(office.desk)).ask
    await ask(await office.actor("li.wei"), uuid4().hex, place, until=due + timedelta(days=1), why="please")
    await office.days_pass(11)
    await back(office, customer)
    await office.until(lambda: office.row(Extension, customer_id=customer, status="lapsed"), "the request to lapse")


async def test_what_was_planned_is_told_of_that_morning_in_one_list_and_once(office: Office) -> None:
    """The book is asked only where it would sleep longer; what is done, or of a customer lost since, is not told."""
    await rules(office, tiers=tiers(None))
    mine = await customers(office, "wang.fang", 4)
    owner, lost, done = office.people["wang.fang"], mine[2], mine[3]
    at = await office.env.get_current_time() + timedelta(minutes=5)
    earlier = {one.id for one in await office.rows(Notification, person_id=owner, kind="book.planned")}
    async with office.db.session() as session:
        for one in mine:
            session.add(FollowUp(
                customer_id=one, region_id=office.people["east"], by=owner, how="call", outcome="reached", next_at=at,
                remind_at=at, next_done_at=at if one == done else None,
            ))  # fmt: skip
        await move(session, [(lost, office.people["east"])], to=None, how="returned", at=at)
        await look_by(session, owner, at)
    await office.relay.carry_waiting()

    async def told() -> Any:
        rows = await office.rows(Notification, person_id=owner, kind="book.planned")
        return [one for one in rows if one.id not in earlier]

    async def sleeps() -> bool:
        book = await office.row(Book, owner_id=owner)
        return book is not None and book.next_at is not None

    await office.until(sleeps, "the book to know")
    assert not await told()
    async with office.db.session() as session:
        session.add(FollowUp(
            customer_id=mine[0], region_id=office.people["east"], by=owner, how="call", outcome="reached",
            next_at=at + SECOND, remind_at=at + SECOND,
        ))  # fmt: skip
        before = len(await office.rows(Outbox))
        await look_by(session, owner, at + SECOND)
    assert len(await office.rows(Outbox)) == before  # it looks by then in any case
    await office.time_passes(at + 2 * SECOND - await office.env.get_current_time())
    await office.until(told, "the reminder")
    first = min(await told(), key=lambda one: one.created_at)  # another of a second later may follow by now
    assert (first.params["count"], first.link) == (2, "/follow-ups")
