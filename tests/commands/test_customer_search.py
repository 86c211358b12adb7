"""Customers are found by what people type, at once and after additions in bulk, whoever fills and whenever it stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import OperationalError

from commands.policy import publish_defaults
from db.actor import actor_of
from db.base import new_id
from db.customer import Assignment, Contact, Customer
from db.customer_filter import Looking
from db.customer_find import found
from db.customer_list import list_customers
from db.customer_page import ids_of
from db.customer_search import CustomerSearch, Lag, alone, called, is_named, lag, named, take_wanted, write_rows
from db.customer_sight import CustomerSight
from db.customer_sought import Sought
from db.deal import Deal
from db.engine import Database
from worker.customer_search import SearchFiller


async def names_found(db: Database, typed: str) -> list[str]:
    async with db.session() as session:
        ids = await found(session, [], typed, after=None, limit=50)
        rows = select(Customer.name).where(Customer.id.in_(ids)).order_by(Customer.id.desc())
        return list(await session.scalars(rows))


@pytest.fixture(scope="module")
async def companies(db: Database) -> list[str]:
    await publish_defaults(db)
    names = ["上海恒远物流有限公司", "重庆银行", "曾强机械（苏州）", "Quant Orbit Ltd.", "360科技", "ＡＢＣ贸易"]
    async with db.session() as session:
        rows = [Customer(id=new_id(), name=name) for name in names]
        session.add_all(rows)
        await session.flush()
        session.add(Contact(customer_id=rows[0].id, name="周明", phone="+8613800138000"))
    return names


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("恒远", 0), ("远", 0), ("hywl", 0), ("shanghaihengyuan", 0), ("周明", 0), ("zhoum", 0), ("zm", 0),
        ("38001380", 0), ("上海 物流", 0), ("恒远 zhou", 0), ("cq", 1), ("chongqingyinhang", 1), ("zengqiang", 2),
        ("cqjx", 2), ("机械苏州", 2), ("orbit", 3), ("QUANT ltd", 3), ("orb", 3), ("360", 4), ("0科", 4), ("abc", 5),
    ],
)  # fmt: skip
async def test_a_customer_is_found_by_what_people_type(
    db: Database, companies: list[str], monkeypatch: pytest.MonkeyPatch, typed: str, at: int
) -> None:
    assert companies[at] in await names_found(db, typed)
    monkeypatch.setattr("db.customer_find.RARE", -1.0)  # walked, as for a common word
    walked = await names_found(db, typed)
    monkeypatch.setattr("db.customer_find.WALK", 0)  # in vain, and so looked up after all
    assert walked == await names_found(db, typed)
    assert companies[at] in walked
    async with db.session() as session:
        row = select(Customer.name)
        by_index = set(await session.scalars(row.where(Customer.id.in_(named(typed)))))
        one_by_one = set(await session.scalars(row.where(is_named(typed, Customer.id))))
    assert by_index == set(walked)
    assert one_by_one == (set() if typed.isdecimal() and len(typed) > 3 else by_index), "a number is not looked for"


async def test_several_common_words_that_seldom_stand_together_are_looked_up_also_among_the_old(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with db.session() as session:
        session.add_all(Customer(id=new_id(), name=name) for name in ("晨星甲", "晨星乙", "昼", "夜"))
    for limit, most in (("RARE", -1), ("COMMON", -1), ("GLANCE", 1), ("WALK", 2)):
        monkeypatch.setattr(f"db.customer_find.{limit}", most)
    assert await names_found(db, "晨 星") == ["晨星乙", "晨星甲"]
    assert await names_found(db, "晨星") == [], "of a word that most hold only the newest are found"


@pytest.mark.parametrize(
    "typed", ["恒运", "xyzw", "1391111", "%", "_", "()", "恒远 贸易", "'; drop table customer", "\\"]
)
async def test_what_no_name_holds_finds_nobody(db: Database, companies: list[str], typed: str) -> None:
    assert await names_found(db, typed) == []


async def test_additions_in_bulk_are_found_after_the_filler_and_until_then_counted(db: Database) -> None:
    async with db.session() as session:
        await SearchFiller(db).fill_waiting()
        assert await lag(session) == Lag(0, None)
    import_id = new_id()
    async with db.session() as session:
        rows = text("""
            insert into customer (id, name, import_id, company_key, near_keys, custom)
            select gen_random_uuid(), '批量' || n || '号', cast(:run as uuid), '', '{}', '{}'
            from generate_series(1, 1200) n
        """)
        await session.execute(rows, {"run": import_id})
    async with db.session() as session:
        waiting = await lag(session)
        assert (waiting.customers, waiting.since is not None) == (1200, True)
        assert (await lag(session, Customer.import_id == import_id)).customers == 1200
    filler = SearchFiller(db)
    assert await filler._batch() == 500
    await SearchFiller(db).fill_waiting()  # that one was killed: another begins where it stopped
    async with db.session() as session:
        assert await lag(session) == Lag(0, None)
        assert (await lag(session, Customer.import_id == import_id)).customers == 0
    assert await names_found(db, "批量77号") == ["批量77号"]


async def test_what_changes_past_our_sessions_is_found_under_its_new_name(db: Database) -> None:
    customer_id, other = new_id(), new_id()
    async with db.session() as session:
        session.add_all([Customer(id=customer_id, name="旧名字公司"), Customer(id=other, name="别家")])
        await session.flush()
        session.add(Contact(customer_id=customer_id, name="冯勇", phone=None))
    await SearchFiller(db).fill_waiting()
    async with db.session() as session:
        await session.execute(text("update customer set name = '新招牌' where id = :id"), {"id": customer_id})
        await session.execute(text("update contact set customer_id = :other where customer_id = :id"),
                              {"id": customer_id, "other": other})  # fmt: skip
    async with db.session() as session:
        assert (await lag(session)).customers == 2
    await SearchFiller(db).fill_waiting()
    assert await names_found(db, "旧名字") == []
    assert await names_found(db, "xzp") == ["新招牌"]
    assert await names_found(db, "冯勇") == ["别家"]
    async with db.session() as session:
        await session.execute(delete(Customer).where(Customer.id == other))
    await SearchFiller(db).fill_waiting()
    assert await names_found(db, "冯勇") == []


async def test_a_change_while_the_filler_is_at_it_is_not_lost(db: Database) -> None:
    customer_id = new_id()
    async with db.session() as session:
        session.add(Customer(id=customer_id, name="起初"))
    async with db.session() as filling:
        assert await alone(filling)
        taken = await take_wanted(filling, 10)
        before = [one.row() for one in await called(filling, taken)]
        async with db.session() as session:
            await session.execute(text("update customer set name = '后来' where id = :id"), {"id": customer_id})
        assert await SearchFiller(db)._batch() is None  # somebody is at it
        await write_rows(filling, before)
    await SearchFiller(db).fill_waiting()
    assert await names_found(db, "后来") == ["后来"]
    assert await names_found(db, "起初") == []


async def test_search_stays_within_what_somebody_may_see(
    db: Database, people: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a word is so common that it is looked for along the reader's own regions and customers."""
    async with db.session() as session:
        customer = Customer(id=new_id(), name="华东独家客户")
        session.add(customer)
        await session.flush()
        session.add(Assignment(customer_id=customer.id, region_id=people["east"], owner_id=people["li.wei"]))
    seen, along = {}, {}
    async with db.session() as session:
        for name in ("li.wei", "wang.fang", "zhao.min", "huang.bo", "lin.yue"):
            actor = await actor_of(session, people[name])
            assert actor is not None
            seen[name] = len(await list_customers(session, actor, text="hddj"))
            with monkeypatch.context() as common:
                for limit, most in (("FEW", -1.0), ("GLANCE", 0)):
                    common.setattr(f"db.customer_find.{limit}", most)
                along[name] = len(await list_customers(session, actor, text="hddj"))
        row = await session.get_one(CustomerSearch, customer.id)
    assert along == seen
    assert seen == {"li.wei": 1, "wang.fang": 0, "zhao.min": 1, "huang.bo": 0, "lin.yue": 1}
    assert row.words.split() == ["华东独家客户", "huadongdujiakehu", "hddjkh"]


@pytest.fixture(scope="module")
async def galaxies(db: Database, people: dict[str, str]) -> dict[str, str]:
    """Those who hold one word: where they lie, the oldest first, by id."""
    await publish_defaults(db)
    places = {
        "own": ("east", "li.wei"), "pool": ("east", None), "a colleague's": ("east", "wang.fang"),
        "own elsewhere": ("south", "li.wei"), "pool elsewhere": ("south", None), "of a deal": ("south", "wu.hao"),
        "own and pool": ("east", None), "pool by its people": ("east", None),
    }  # fmt: skip
    ids: dict[str, str] = {}
    async with db.session() as session:
        for key, (region, owner) in places.items():
            row = Customer(id=new_id(), name="无名" if key == "pool by its people" else f"银河系{len(ids)}")
            session.add(row)
            await session.flush()
            owner_id = people[owner] if owner else None
            session.add(Assignment(customer_id=row.id, region_id=people[region], owner_id=owner_id))
            ids[row.id] = key
        by_key = {key: one for one, key in ids.items()}
        both, deal, now = by_key["own and pool"], by_key["of a deal"], datetime.now(UTC)
        session.add(Assignment(customer_id=both, region_id=people["south"], owner_id=people["li.wei"]))
        session.add(Contact(customer_id=by_key["pool by its people"], name="银河系长"))
        session.add(
            Deal(id=new_id(), number="D-galaxy", title="星际", customer_id=deal, line_id=new_id(), stage="new",
                 region_id=people["south"], owner_id=people["li.wei"], amount=1, currency="CNY", opened_at=now,
                 stage_since=now, active_at=now, version=1, revision=1)
        )  # fmt: skip
    return ids


@pytest.mark.parametrize("limits", [{}, {"FEW": -1}, {"FEW": -1, "COMMON": -1}, {"FEW": -1, "COMMON": -1, "GLANCE": 3}])
@pytest.mark.parametrize("typed", ["银河", "银", "yinhe", "银河 系"])
async def test_however_common_a_word_who_sells_finds_their_own_wherever_they_lie_and_their_pool_in_one_order(
    db: Database, people: dict[str, str], galaxies: dict[str, str], monkeypatch: pytest.MonkeyPatch,
    limits: dict[str, int], typed: str,
) -> None:  # fmt: skip
    for limit, most in limits.items():
        monkeypatch.setattr(f"db.customer_find.{limit}", most)
    async with db.session() as session:
        actor = await actor_of(session, people["li.wei"])
        sought = Sought(Looking(actor, "UTC", date.min, await CustomerSight.of(session, actor)), typed)
        seen = {oldest: await ids_of(session, sought, None, 50, oldest_first=oldest) for oldest in (True, False)}
        pages = await ids_of(session, sought, None, 2), await ids_of(session, sought, seen[False][1], 2)
        everybody = replace(sought, text="")
        full = await ids_of(session, everybody, None, 50)
        short = await ids_of(session, everybody, None, 2), await ids_of(session, everybody, full[1], 3)
    assert [galaxies[one] for one in seen[True]] == ["own", "pool", "own elsewhere", "of a deal", "own and pool"]
    assert seen[False] == seen[True][::-1]
    assert [*pages[0], *pages[1]] == seen[False][:4]
    assert [*short[0], *short[1]] == full[:5]
    assert {*seen[True]} <= {*full}


async def test_very_many_are_written_by_helpers_and_what_one_cannot_write_by_the_filler(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await SearchFiller(db).fill_waiting()
    monkeypatch.setattr("worker.customer_search.MANY", 50)
    monkeypatch.setattr("worker.customer_search.STRETCH", 40)
    added = text("""
        insert into customer (id, name, company_key, near_keys, custom)
        select gen_random_uuid(), '成批' || n || 'Robot', '', '{}', '{}'
        from generate_series(cast(:first as int), :last) n
    """)
    async with db.session() as session:
        await session.execute(added, {"first": 1, "last": 1100})
    assert await SearchFiller(db).fill_waiting() == 1100
    assert await names_found(db, "cp1100robot") == ["成批1100Robot"]
    async with db.session() as session:
        assert await lag(session) == Lag(0, None)
        await session.execute(added, {"first": 1101, "last": 2200})
    monkeypatch.setattr("worker.customer_search.sys.executable", "/bin/true")
    assert await SearchFiller(db).fill_waiting() == 1100
    assert await names_found(db, "批2200r") == ["成批2200Robot"]


async def test_a_database_that_is_away_while_helpers_write_does_not_end_the_filler(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await SearchFiller(db).fill_waiting()
    monkeypatch.setattr("worker.customer_search.MANY", 50)
    filler, tries = SearchFiller(db), 0
    write_wanted = filler._wanted

    async def lost_once() -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OperationalError("select", {}, Exception("connection timed out"))
        await write_wanted()

    monkeypatch.setattr(filler, "_wanted", lost_once)
    async with db.session() as session:
        await session.execute(
            text("""
            insert into customer (id, name, company_key, near_keys, custom)
            select gen_random_uuid(), '中断' || n || 'Robot', '', '{}', '{}' from generate_series(1, 1100) n
        """)
        )
    while await lagging(db):
        await filler.fill_waiting()
    assert await names_found(db, "zd1100robot") == ["中断1100Robot"]


async def lagging(db: Database) -> bool:
    async with db.session() as session:
        return (await lag(session)).customers > 0


async def test_a_region_that_follows_a_customer_from_now_on_finds_it(
    db: Database, people: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.customer_find.FEW", -1.0)
    monkeypatch.setattr("db.customer_find.GLANCE", 0)
    customer_id = new_id()
    async with db.session() as session:
        session.add(Customer(id=customer_id, name="后来南下"))
    place = {"id": customer_id, "south": people["south"], "east": people["east"]}

    async def finds() -> dict[str, bool]:
        await SearchFiller(db).fill_waiting()
        async with db.session() as session:
            readers = {name: await actor_of(session, people[name]) for name in ("zhao.min", "huang.bo")}
            return {name: bool(await list_customers(session, one, text="hlnx")) for name, one in readers.items()}

    for change, seen in (
        ("insert into assignment (customer_id, region_id) values (:id, :south)", (False, True)),
        ("update assignment set region_id = :east where customer_id = :id and region_id = :south", (True, False)),
        ("delete from assignment where customer_id = :id and region_id = :east", (False, False)),
    ):
        async with db.session() as session:
            await session.execute(text(change), place)
        assert tuple((await finds()).values()) == seen, change
