"""The pool: one winner, nobody over capacity, nobody back too soon, and every date exact."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from commands.desk import Desk
from commands.policy import Policies, publish_defaults
from commands.pool import Outcome, PoolCommands
from commands.temporal import Processes
from db.actor import actor_of
from db.book import lock_books
from db.customer import Assignment, Customer
from db.customer_assignment import lay_in_pool
from db.engine import Database
from db.lead import Lead
from db.ownership import AssignmentChange
from db.policy import current_policy
from domain.access import Actor
from domain.customer_pool import DEFAULT
from domain.refusal import Refused
from settings import Settings

DAY = timedelta(days=1)
Place = tuple[str, str]


class Pool:
    """A region's pool, and a clock that a story turns."""

    def __init__(self, db: Database, people: dict[str, str], settings: Settings) -> None:
        self.db = db
        self.people = people
        self.at = datetime.now(UTC)
        self.few = asyncio.Semaphore(8)  # the connections of one process
        nobody: Any = None
        self.commands = PoolCommands(Desk(db, Processes(nobody, ""), settings), lambda: self.at)

    async def actor(self, name: str) -> Actor:
        async with self.db.session() as session:
            return await actor_of(session, self.people[name])

    async def rules(self, **changed: Any) -> None:
        async with self.db.session() as session:
            version, _ = await current_policy(session, "pool")
        document = {**DEFAULT, "tiers": _tiers(), **changed}
        await Policies(self.db).publish(await self.actor("gu.ming"), uuid4().hex, "pool", document, follows=version)

    async def customers(self, number: int = 1, **where: Any) -> list[Place]:
        async with self.db.session() as session:
            made = [Customer(name=f"客户 {uuid4().hex[:8]}") for _ in range(number)]
            session.add_all(made)
            await session.flush()
            region = self.people["east"]
            given = {"since": self.at - 30 * DAY, **where}
            session.add_all(Assignment(customer_id=one.id, region_id=region, **given) for one in made)
            return [(one.id, region) for one in made]

    async def claim(self, name: str, *places: Place) -> Outcome:
        async with self.few:
            return await self.commands.claim(await self.actor(name), uuid4().hex, places)

    async def give_back(self, name: str, *places: Place) -> Outcome:
        return await self.commands.give_back(await self.actor(name), uuid4().hex, places, note="not ours")

    async def row(self, place: Place) -> Assignment:
        async with self.db.session() as session:
            return await session.get_one(Assignment, place)


def _tiers() -> dict[str, Any]:
    return {t: {"no_follow_up": f"P{n}D", "warn": "P1D"} for t, n in zip("ABCDE", (30, 15, 10, 7, 3), strict=True)}


def why(outcome: Outcome) -> list[str]:
    return sorted(refused.code for refused in outcome.refused.values())


@pytest.fixture
async def pool(db: Database, people: dict[str, str], settings: Settings) -> Pool:
    await publish_defaults(db)
    opened = Pool(db, people, settings)
    await opened.rules(capacity={}, cooling_off=None)
    async with db.session() as session:
        await session.execute(update(Assignment).values(owner_id=None))
        await session.execute(update(AssignmentChange).values(at=opened.at - 40 * DAY))
    return opened


async def test_one_of_two_who_claim_at_once_has_it_and_the_other_learns_who(pool: Pool) -> None:
    places = await pool.customers(20)
    names = ("li.wei", "wang.fang", "zhou.kai", "chen.tao")
    ends = await asyncio.gather(*(pool.claim(name, place) for place in places for name in names))
    winners = [place for end in ends for place in end.done]
    assert sorted(winners) == sorted(places)
    assert {code for end in ends for code in why(end)} == {"customer_taken"}
    owner = (await pool.row(places[0])).owner_id
    loser = next(end for end in ends if places[0] in end.refused)
    assert loser.refused[places[0]].params == {"by": owner}


async def test_a_repeat_of_the_click_is_answered_as_before(pool: Pool) -> None:
    [place] = await pool.customers()
    actor, key = await pool.actor("li.wei"), uuid4().hex
    assert (await pool.commands.claim(actor, key, [place])).done == [place]
    assert (await pool.commands.claim(actor, key, [place])).done == [place]


async def test_a_repeat_takes_from_nobody_what_came_after_it(pool: Pool) -> None:
    [place] = await pool.customers(owner_id=pool.people["li.wei"])
    manager, key = await pool.actor("zhao.min"), uuid4().hex

    async def given(to: str, key: str) -> Outcome:
        return await pool.commands.assign(manager, key, [place], pool.people[to], reason="休假")

    assert (await given("wang.fang", key)).done == [place]
    assert (await given("zhou.kai", uuid4().hex)).done == [place]
    assert (await given("wang.fang", key)).done == [place]
    assert (await pool.row(place)).owner_id == pool.people["zhou.kai"]
    assert (await pool.commands.set_tier(manager, key + "A", [place], "A")).done == [place]
    await pool.commands.set_tier(manager, uuid4().hex, [place], "B")
    assert (await pool.commands.set_tier(manager, key + "A", [place], "A")).done == [place]
    assert (await pool.row(place)).tier == "B"
    owner, back = await pool.actor("zhou.kai"), uuid4().hex
    for _ in range(2):
        assert (await pool.commands.give_back(owner, back, [place], note="预算取消")) == Outcome([place], {})


async def test_nobody_has_more_than_their_day_and_their_hands_hold(pool: Pool) -> None:
    await pool.rules(capacity={"sales": {"daily": 3, "total": 5}})
    places = await pool.customers(12)
    ends = await asyncio.gather(*(pool.claim("li.wei", place) for place in places))
    assert sum(len(end.done) for end in ends) == 3
    assert {code for end in ends for code in why(end)} == {"pool_daily_full"}
    pool.at += DAY + timedelta(minutes=1)
    later = await pool.claim("li.wei", *[place for place in places if (await pool.row(place)).owner_id is None])
    assert (len(later.done), why(later)[:1]) == (2, ["pool_total_full"])


async def test_who_gave_it_back_cools_off_and_others_need_not(pool: Pool) -> None:
    await pool.rules(cooling_off="P7D", capacity={})
    [place] = await pool.customers()
    await pool.claim("li.wei", place)
    await pool.give_back("li.wei", place)
    again = await pool.claim("li.wei", place)
    assert why(again) == ["customer_cooling"]
    assert again.refused[place].params == {"until": (pool.at + 7 * DAY).isoformat()}
    assert (await pool.claim("wang.fang", place)).done == [place]
    await pool.give_back("wang.fang", place)
    pool.at += 7 * DAY
    assert (await pool.claim("wang.fang", place)).done == [place]


async def test_what_has_only_just_come_rests(pool: Pool) -> None:
    await pool.rules(rest="PT2H", capacity={})
    [place] = await pool.customers(since=pool.at - timedelta(hours=2) + timedelta(seconds=1))
    assert why(await pool.claim("li.wei", place)) == ["customer_resting"]
    pool.at += timedelta(seconds=1)
    assert (await pool.claim("li.wei", place)).done == [place]


async def test_a_customer_goes_back_to_the_pool_of_its_product_line(pool: Pool) -> None:
    """As its own field says, else what its latest lead asked about; of no line: where it lay."""
    cold = {**DEFAULT["pools"][0], "key": "cold", "product": "冷链"}
    heavy = {**DEFAULT["pools"][0], "key": "heavy", "product": "Heavy"}
    await pool.rules(capacity={}, cooling_off=None, product_field="line", pools=[*DEFAULT["pools"], cold, heavy])
    by_field, by_lead, of_none = await pool.customers(3, owner_id=pool.people["li.wei"], pool="region")
    async with pool.db.session() as session:
        (await session.get_one(Customer, by_field[0])).custom = {"line": "冷链"}
        about = {"customer_id": by_lead[0], "region_id": pool.people["east"], "product": "heavy "}
        told = {"number": uuid4().hex, "company": "重工", "name": "周明", "currency": "CNY", "utm": {}, "revision": 1}
        session.add(Lead(source="form", stage="closed", **told, **about))
    await pool.give_back("li.wei", by_field, by_lead, of_none)
    rows = [await pool.row(place) for place in (by_field, by_lead, of_none)]
    assert [row.pool for row in rows] == ["cold", "heavy", "region"]
    async with pool.db.session() as session:
        made = [Customer(name=f"新客户 {uuid4().hex[:8]}", custom={"line": line}) for line in ("冷链", "")]
        session.add_all(made)
        await session.flush()
        ids = [one.id for one in made]
        await lay_in_pool(session, ids, pool.people["east"], tier="C", pool=None, how="imported", at=pool.at)
    assert [(await pool.row((one, pool.people["east"]))).pool for one in ids] == ["cold", None]


async def test_another_regions_pool_is_not_there(pool: Pool) -> None:
    [place] = await pool.customers()
    assert why(await pool.claim("wu.hao", place)) == ["not_found"]


async def test_a_manager_goes_beyond_a_capacity_only_with_a_reason(pool: Pool) -> None:
    await pool.rules(capacity={"sales": {"total": 1}})
    places = await pool.customers(2)
    manager, to = await pool.actor("zhao.min"), pool.people["li.wei"]
    first = await pool.commands.assign(manager, uuid4().hex, places, to)
    assert (len(first.done), why(first)) == (1, ["pool_their_hands_full"])
    more = await pool.commands.assign(manager, uuid4().hex, list(first.refused), to, reason="knows them")
    assert len(more.done) == 1
    with pytest.raises(Refused, match="forbidden"):
        await pool.commands.assign(await pool.actor("li.wei"), uuid4().hex, places, to)


async def test_a_claimed_customer_shows_its_date_at_once_and_a_tier_moves_it(pool: Pool) -> None:
    [place] = await pool.customers()
    await pool.claim("li.wei", place)
    assert (await pool.row(place)).due_at == pool.at + 10 * DAY
    await pool.commands.set_tier(await pool.actor("li.wei"), uuid4().hex, [place], "E")
    assert (await pool.row(place)).due_at == pool.at + 3 * DAY


async def test_a_manager_keeps_it_until_a_day_and_then_its_date_is_exact_again(pool: Pool) -> None:
    [place] = await pool.customers()
    await pool.claim("li.wei", place)
    until = pool.at + 90 * DAY
    manager = await pool.actor("zhao.min")
    assert why(await pool.commands.protect(await pool.actor("lin.yue"), uuid4().hex, [place], until)) == []
    assert (await pool.row(place)).due_at == until
    await pool.commands.protect(manager, uuid4().hex, [place], None)
    assert (await pool.row(place)).due_at == pool.at + 10 * DAY


async def test_a_manager_takes_back_and_a_colleague_may_not(pool: Pool) -> None:
    [place] = await pool.customers()
    await pool.claim("li.wei", place)
    assert why(await pool.give_back("wang.fang", place)) == ["not_found"]
    await pool.give_back("zhao.min", place)
    row = await pool.row(place)
    assert (row.owner_id, row.reason, row.note, row.pool) == (None, "taken_back", "not ours", "region")


async def test_who_ranks_a_customer_does_not_wait_for_its_owners_book(pool: Pool) -> None:
    """Whose holder may be waiting for the customer."""
    place = (await pool.customers())[0]
    await pool.claim("li.wei", place)
    async with pool.db.session() as session:
        await lock_books(session, [pool.people["li.wei"]])
        await pool.commands.set_tier(await pool.actor("zhao.min"), uuid4().hex, [place], "A")
    assert (await pool.row(place)).tier == "A"
