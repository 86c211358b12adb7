"""A file of customers becomes customers once each, whatever happens on the way, and can be taken back."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from temporalio.testing import ActivityEnvironment

import activities.customer_import as carried
from activities.customer_import import CustomerImportActivities, Work
from activities.customer_import_clearing import CustomerImportClearingActivities
from commands.document import DocumentStore
from db import customer_import_bulk
from db.allocation import Allocation, AllocationRow
from db.base import new_id
from db.customer import Assignment, Contact, Customer
from db.customer_act import CustomerAct, CustomerActRefusal
from db.customer_import import CustomerImport, CustomerImportRow
from db.customer_import_stage import open_connection
from db.customer_import_undo import undo_batch
from db.engine import plain_url
from domain.refusal import Refused
from tests.workflows.importing import Imports

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def imports(app: FastAPI, people: dict[str, str]) -> Imports:
    return Imports(app.state.services, people)


async def test_a_file_becomes_customers_of_an_owner_with_contacts_and_a_history(imports: Imports) -> None:
    owner = imports.people["li.wei"]
    done = await imports.take_in(
        [
            "客户名称,电话,邮箱,所在城市,联系人,职务",
            "上海蓝港食品有限公司,021-62345678,Hi@Langang.example,上海,周明,采购",
            "\"杭州, 明远软件有限公司\",13800138001,,杭州,,",
        ],
        target="owner", owner_id=owner,
    )  # fmt: skip
    assert (done.stage, done.created, done.rejected) == ("done", 2, 0)
    made = await imports.all(Customer, Customer.import_id == done.id)
    assert {(one.name, one.phone, one.email, one.city) for one in made} == {
        ("上海蓝港食品有限公司", "+862162345678", "hi@langang.example", "上海"),
        ("杭州, 明远软件有限公司", "+8613800138001", None, "杭州"),
    }
    places = await imports.all(Assignment, Assignment.customer_id.in_([one.id for one in made]))
    assert {(place.owner_id, place.how) for place in places} == {(owner, "imported")}
    people = await imports.all(Contact, Contact.customer_id.in_([one.id for one in made]))
    assert [(one.name, one.title) for one in people] == [("周明", "采购")]


async def test_a_line_that_cannot_be_read_is_told_and_the_counts_are_those_of_the_file(imports: Imports) -> None:
    objects = ['{"name": "碧湾水务有限公司", "phone": "13800138951"}', "not json", '{"name": "碧湾环保有限公司"}']
    done = await imports.take_in("\n".join(objects).encode())
    assert (done.stage, done.rows, done.read, done.merged) == ("done", 3, 3, 3)
    assert (done.created, done.rejected) == (2, 1)
    [row] = await imports.all(CustomerImportRow, CustomerImportRow.import_id == done.id)
    assert (row.no, row.code, row.cells) == (2, "import_line_unread", ["not json"])
    back = [cells async for told in imports.commands.rows_as_sent(done, ["rejected"]) for _, cells in told]
    assert back == [["not json"]]


async def test_companies_of_one_name_in_two_cities_are_two(imports: Imports) -> None:
    lines = ["客户名称,电话,城市", "宁波双城装备有限公司,13800138901,宁波", "台州双城装备有限公司,13800138902,台州市"]
    done = await imports.take_in(lines)
    assert (done.created, done.doubled) == (2, 0)
    again = await imports.take_in(["客户名称,城市", "双城装备有限公司,温州", "台州双城装备有限公司,台州"])
    assert (again.created, again.doubled, again.rejected) == (1, 0, 0)


async def test_what_is_there_is_updated_once_and_what_stands_twice_is_left_out(imports: Imports) -> None:
    first = await imports.take_in(
        [
            "客户名称,税号,电话,城市",
            "广州天成电气有限公司,,13800138101,",
            "深圳启航科技有限公司,,13800138102,深圳",
        ]
    )
    assert first.created == 2
    second = await imports.take_in(
        [
            "客户名称,税号,电话,城市,邮箱",
            "天成电气,,,广州,",  # by its name's key
            "别的名字公司,,13800138102,深圳,",  # by its number, and nothing is new
            "又一个名字公司,,138-0013-8102,,again@qihang.example",  # the same number once more
            "全新装备有限公司,,13800138103,苏州,",
            "不同的装备有限公司,,13800138103,,",  # twice in the file
            "没有号码有限公司,123,12,,",  # cannot be used
        ]
    )
    assert (second.created, second.updated, second.unchanged, second.doubled, second.rejected) == (1, 1, 1, 2, 1)
    assert await imports.told(second.id) == {1: "update", 2: "update", 3: "double", 5: "double", 6: "rejected"}
    [tiancheng] = await imports.all(Customer, Customer.phone == "+8613800138101")
    assert (tiancheng.name, tiancheng.city) == ("广州天成电气有限公司", "广州")


async def test_what_is_left_out_comes_back_as_it_stood_in_the_file_as_long_as_that_is_kept(
    imports: Imports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        "客户名称,备注,电话",
        "原样轴承有限公司,第一行,138-0013-8161",
        '原样轴承厂,"两行,\n备注",138 0013 8161',  # twice in the file
        ",没有名称,13800138162",  # cannot be used
        "原样密封有限公司,,138-0013-8163",
    ]
    import_id = await imports.add("\n".join([*lines, ""]).encode("gb18030"))
    await imports.start(import_id, mapping=["name", "", "phone"])
    row = await imports.ended(import_id)
    assert (row.created, row.doubled, row.rejected) == (2, 1, 1)

    async def back() -> dict[int, list[str]]:
        verdicts = ["rejected", "double"]
        return {
            one.no: list(cells) async for told in imports.commands.rows_as_sent(row, verdicts) for one, cells in told
        }

    rejected = ["", "没有名称", "13800138162"]
    assert await back() == {2: ["原样轴承厂", "两行,\n备注", "138 0013 8161"], 3: rejected}
    monkeypatch.setattr(imports.commands, "store", DocumentStore(tmp_path))
    assert await back() == {2: ["原样轴承厂", "", "+8613800138161"], 3: rejected}


async def test_other_tax_numbers_keep_companies_of_one_name_apart(imports: Imports) -> None:
    done = await imports.take_in(
        ["客户名称,税号", "宏图软件有限公司,91350100M000100Y43", "北京宏图软件有限公司,91110000100000010N", "宏图软件,"]
    )
    told = await imports.told(done.id)
    assert told.get(3) == "double"
    assert done.created + done.rejected == 2


async def test_an_import_is_taken_back_as_a_whole_but_for_what_was_touched_since(imports: Imports) -> None:
    await imports.take_in(
        ["客户名称,电话,城市,标签", "恒达物流有限公司,13800138201,无锡,老客户", "锦绣贸易有限公司,13800138202,,"]
    )
    done = await imports.take_in(
        [
            "客户名称,电话,城市,标签",
            "恒达物流有限公司,13800138201,南京,重点",
            "锦绣贸易有限公司,13800138202,扬州,",
            "卓越建设有限公司,13800138203,,",
            "鼎盛医药有限公司,13800138204,,",
        ]
    )
    assert (done.created, done.updated) == (2, 2)
    async with imports.services.db.session() as session:
        touched = (await session.scalars(select(Customer).where(Customer.phone == "+8613800138202"))).one()
        touched.city = "镇江"
        used = (await session.scalars(select(Customer).where(Customer.phone == "+8613800138203"))).one()
        session.add(Contact(customer_id=used.id, name="吴工"))
    await imports.commands.undo(await imports.actor(), uuid4().hex, done.id)
    undone = await imports.ended(done.id, "undone")
    assert (undone.undone, undone.kept) == (2, 2)
    phones = {f"+861380013820{no}" for no in range(1, 5)}
    left = {one.phone: one for one in await imports.all(Customer, Customer.phone.in_(phones))}
    assert set(left) == phones - {"+8613800138204"}
    assert (left["+8613800138201"].city, left["+8613800138201"].tags) == ("无锡", ["老客户"])
    assert left["+8613800138202"].city == "镇江"
    assert sorted((await imports.told(done.id)).items()) == [(1, "restored"), (2, "kept"), (3, "kept")]


async def test_a_plan_that_nobody_ran_and_an_act_that_was_refused_keep_no_customer(imports: Imports) -> None:
    done = await imports.take_in(["客户名称,电话", "鸿图印务有限公司,13800138251", "鸿途运输有限公司,13800138252"])
    one, other = [made.id for made in await imports.all(Customer, Customer.import_id == done.id)]
    region, person = imports.people["east"], imports.people["li.wei"]
    async with imports.services.db.session() as session:
        looked_at = Allocation(id=new_id(), region_id=region, terms={}, seed=1, status="previewed", asked_by=person)
        act = CustomerAct(id=new_id(), by_id=person, act="claim", terms={}, every=False)
        session.add_all([looked_at, act])
        await session.flush()
        session.add(AllocationRow(allocation_id=looked_at.id, no=0, customer_id=one, person_id=person))
        session.add(CustomerActRefusal(act_id=act.id, no=0, customer_id=other, code="pool_daily_full", params={}))
    await imports.commands.undo(await imports.actor(), uuid4().hex, done.id)
    undone = await imports.ended(done.id, "undone")
    assert (undone.undone, undone.kept) == (2, 0)


async def test_the_same_rows_sent_in_six_times_at_once_are_one_import_until_it_has_begun(imports: Imports) -> None:
    lines = ["客户名称,电话", "六次送来有限公司,13800138261"]
    sent = set(await asyncio.gather(*(imports.add(lines) for _ in range(6))))
    assert sent == {await imports.add(lines)}
    assert await imports.add(lines, by="lin.yue") not in sent
    [import_id] = sent
    await imports.start(import_id)
    assert await imports.add(lines) not in sent
    await imports.ended(import_id)


async def test_what_nobody_begins_is_put_away_with_its_file_and_what_runs_keeps_it(
    imports: Imports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DocumentStore(tmp_path)
    monkeypatch.setattr(imports.commands, "store", store)
    names = ("放着不管有限公司", "刚刚送来有限公司", "正在导入有限公司")
    left, fresh, running = [await imports.add(["客户名称", name]) for name in names]
    paths = [store.path((await imports.row(one)).hash) for one in (left, fresh, running)]
    refused = tmp_path / "refused"
    refused.write_bytes(b"no table")
    week = timedelta(days=7)
    async with imports.services.db.session() as session:
        for one in (left, running):
            held = await session.get_one(CustomerImport, one)
            held.created_at -= week + timedelta(hours=1)
        held.stage = "checking"
    for path in (paths[0], paths[2], refused):
        os.utime(path, (0, 0))
    clearing = CustomerImportClearingActivities(imports.services.db, "Asia/Shanghai", tmp_path, week)
    assert await ActivityEnvironment().run(clearing.clear_customer_imports) >= 1
    assert await ActivityEnvironment().run(clearing.clear_customer_imports) == 0
    assert [path.exists() for path in (*paths, refused)] == [False, True, True, False]
    left_over = await imports.all(CustomerImport, CustomerImport.id.in_([left, fresh, running]))
    assert {one.id for one in left_over} == {fresh, running}
    async with imports.services.db.session() as session:
        (await session.get_one(CustomerImport, running)).stage = "done"


async def test_what_has_not_begun_is_not_paused(imports: Imports) -> None:
    import_id = await imports.add(["客户名称", "未始贸易有限公司"])
    for act in (imports.commands.pause, imports.commands.resume, imports.commands.cancel):
        with pytest.raises(Refused) as refused:
            await act(await imports.actor(), uuid4().hex, import_id)
        assert (refused.value.code, refused.value.status) == ("import_not_begun", 409)


async def test_a_manager_changes_nothing_elsewhere_and_hears_no_more_than_that_it_is_there(imports: Imports) -> None:
    south = imports.people["south"]
    await imports.take_in(["客户名称,电话,城市", "南方光谷有限公司,13800138301,佛山"], by="lin.yue", region_id=south)
    done = await imports.take_in(["客户名称,电话,城市", "南方光谷有限公司,13800138301,东莞"])
    assert (done.created, done.updated, done.left_out) == (0, 0, 1)
    rows = await imports.all(CustomerImportRow, CustomerImportRow.import_id == done.id)
    assert [(row.verdict, row.customer_id) for row in rows] == [("elsewhere", None)]
    [there] = await imports.all(Customer, Customer.phone == "+8613800138301")
    assert there.city == "佛山"
    with pytest.raises(Refused, match="region_unknown"):
        await imports.start(await imports.add(["客户名称", "一家公司"]), region_id=south)
    with pytest.raises(Refused, match="forbidden"):
        await imports.add(["客户名称", "一家公司"], by="li.wei")


async def test_a_paused_import_goes_on_and_a_cancelled_one_leaves_nothing_half_done(imports: Imports) -> None:
    rows = [f"暂停{no}号装备有限公司,1380014{no:04d}" for no in range(300)]
    import_id = await imports.add(["客户名称,电话", *rows])
    await imports.start(import_id, bulk=True)
    with suppress(Refused):  # where it was quicker than we are
        await imports.commands.pause(await imports.actor(), uuid4().hex, import_id)
        assert (await imports.row(import_id)).paused
        await imports.commands.resume(await imports.actor(), uuid4().hex, import_id)
    done = await imports.ended(import_id)
    assert (done.stage, done.created, done.dropped) == ("done", 300, [])
    async with imports.services.db.session() as session:  # tidied up again as every table
        set_aside = await session.scalars(text("select relname from pg_class where reloptions::text ~ 'autovacuum'"))
        assert not {"customer", "contact", "assignment", "assignment_change"} & set(set_aside)
    other = await imports.add(["客户名称,电话", *(row.replace("暂停", "取消").replace("14", "15") for row in rows)])
    await imports.start(other)
    with suppress(Refused):
        await imports.commands.cancel(await imports.actor(), uuid4().hex, other)
    ended = await imports.ended(other)
    assert (ended.stage, ended.created) in {("cancelled", 0), ("done", 300), ("cancelled", 300)}


async def test_where_somebody_is_always_at_the_tables_the_indexes_stay(
    imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_import_bulk, "TRIES", 1)
    rows = [f"拥挤{no}号装备有限公司,1380071{no:04d}" for no in range(300)]
    async with imports.services.db.session() as reading:
        await reading.execute(text("select id from customer limit 1"))  # and is there until the end
        done = await imports.take_in(["客户名称,电话", *rows], bulk=True)
    assert (done.stage, done.created, done.dropped, "indexing" in done.noted) == ("done", 300, [], False)


class Killed(Exception):
    """The worker is gone."""


async def test_one_that_was_killed_twice_ends_as_one_that_was_not(
    imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small batches; killed while it reads and while it merges, at which PostgreSQL also loses the rows it had read."""
    lines = ["客户名称,电话,城市", *(f"杀{no % 90}号{no % 7}装备公司,1390020{no % 120:04d},常州" for no in range(150))]
    whole = await imports.take_in("\n".join(lines).encode("gb18030"), by="zhao.min")
    expected = await _outcome(imports, whole.id)
    await imports.commands.undo(await imports.actor(), uuid4().hex, whole.id)
    await imports.ended(whole.id, "undone")

    services = imports.services
    store = imports.commands.store
    small = CustomerImportActivities(services.db, services.settings.zone, store.path, "CN", read=20, merged=20)
    again = await imports.add("\n".join([*lines, ""]).encode("gb18030"))
    row = await imports.row(again)
    async with services.db.session() as session:
        held = await session.get_one(CustomerImport, again)
        held.stage, held.region_id, held.target = "checking", imports.people["east"], "pool"
    for name, at in (("keep_rows", 3), ("merge_batch", 4)):
        real = getattr(carried, name)
        count = 0

        async def dying(*args: Any, real: Any = real, at: int = at) -> None:
            nonlocal count
            count += 1
            if count == at:
                raise Killed
            await real(*args)

        with monkeypatch.context() as patch:
            patch.setattr(carried, name, dying)
            with pytest.raises((Killed, ExceptionGroup)):
                await ActivityEnvironment().run(small.carry_customer_import, Work(import_id=again))
    async with services.db.session() as session:
        await session.execute(text(f"truncate import_stage_{again.replace('-', '')}"))  # as a crash of the server does
    done = await ActivityEnvironment().run(small.carry_customer_import, Work(import_id=again))
    assert done.outcome == "done"
    assert await _outcome(imports, again) == expected
    assert (await imports.row(again)).created == whole.created
    assert row.encoding == "gb18030"
    async with services.db.session() as session:
        held = await session.get_one(CustomerImport, again)
        held.stage = "done"


async def _outcome(imports: Imports, import_id: str) -> tuple[Any, Any]:
    made = await imports.all(Customer, Customer.import_id == import_id)
    rows = await imports.all(CustomerImportRow, CustomerImportRow.import_id == import_id)
    return (
        sorted((one.name, one.phone, one.city, one.company_key) for one in made),
        sorted((row.no, row.verdict, row.other_no) for row in rows),
    )


async def test_what_an_undo_looks_for_is_found_by_its_key(imports: Imports) -> None:
    """A table that an import has just filled counts as small: read whole for each customer, it took minutes."""
    done = await imports.take_in(["客户名称,电话", "回退建材有限公司,13800138291", "回退机电有限公司,13800138292"])
    async with imports.services.db.session() as session:
        one = await carried._import(session, await imports.row(done.id))
    read = "select seq_scan from pg_stat_xact_user_tables where relname = any(%s)"
    async with (
        await open_connection(plain_url(imports.services.db.url)) as connection,
        connection.transaction(force_rollback=True),
    ):
        await undo_batch(connection, one, 0, 1, 2)
        scans = await (await connection.execute(read, [["assignment_change", "assignment", "contact"]])).fetchall()
    assert [count for (count,) in scans] == [0, 0, 0]
