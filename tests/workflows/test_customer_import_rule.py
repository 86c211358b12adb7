"""A company's own fields in a file of customers, and new ones given to people by rule."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from temporalio.testing import ActivityEnvironment

import activities.customer_import as carried
from activities.customer_import import CustomerImportActivities, Work
from db.base import new_id
from db.customer import Assignment, Customer
from db.customer_field import CustomerUnique, fill_unique
from db.customer_import import CustomerImport, CustomerImportRow
from db.engine import Database
from db.ownership_history import ChangeOfHands
from db.policy import current_policy, publish
from db.process import Notification
from domain.customer_assignment import CustomerAssignmentPolicy
from domain.customer_field import CustomerFieldPolicy
from domain.customer_pool import PoolPolicy
from domain.field import Field
from domain.policy import load
from domain.refusal import Refused
from tests.workflows.importing import Imports

pytestmark = pytest.mark.usefixtures("worker")
FIELDS: list[dict[str, Any]] = [
    {"key": "fleet", "label": {"zh": "车辆数", "en": "Vehicles"}, "type": "integer", "least": 1},
    {"key": "badge", "label": {"zh": "会员号", "en": "Badge"}, "type": "text", "unique": True, "required": True},
    {"key": "kind_of_cold", "label": {"zh": "冷库", "en": "Cold store"}, "type": "choice",
     "options": [{"value": "own", "label": {"zh": "自有", "en": "Own"}}]},
    {"key": "founded", "label": {"zh": "成立日期", "en": "Founded"}, "type": "date"},
]  # fmt: skip


@pytest.fixture
def imports(app: FastAPI, people: dict[str, str]) -> Imports:
    return Imports(app.state.services, people)


async def put(db: Database, policy: Any, **changed: Any) -> None:
    async with db.session() as session:
        version, _ = await current_policy(session, policy.kind)
        await publish(session, policy.kind, {**policy.default, **changed}, by=None, note="", follows=version)


async def test_new_customers_come_to_people_by_turn_and_these_are_told(imports: Imports, db: Database) -> None:
    rows = [
        {
            "id": "zhejiang", "when": {"province": {"op": "in", "values": ["浙江"]}}, "note": "",
            "then": {"follow": [{"region": "east", "to": "turn", "tier": "B"}]},
        }
    ]  # fmt: skip
    table = CustomerAssignmentPolicy.default["table"]
    await put(db, CustomerAssignmentPolicy, table={**table, "rows": rows})
    lines = [f"规则{no}号冷链有限公司,1370017{no:04d},{'浙江' if no % 5 else '西藏'}," for no in range(40)]
    named = "规则指定有限公司,13700179999,浙江,li.wei@throughline.example"
    done = await imports.take_in(["客户名称,电话,省份,负责人", *lines, named], target="rule")
    assert done.created + done.rejected == 41
    made = [one.id for one in await imports.all(Customer, Customer.import_id == done.id)]
    places = await imports.all(Assignment, Assignment.customer_id.in_(made))
    assert len(places) == len(made)
    ruled = Counter(place.owner_id for place in places if place.how == "rule" and place.owner_id)
    assert sum(ruled.values()) == 32
    assert max(ruled.values()) - min(ruled.values()) <= 1
    assert Counter(place.how for place in places if place.owner_id is None) == {"imported": 8}
    async with db.session() as session:
        link = Notification.link == f"/allocations/{done.id}/mine"
        told = list(await session.scalars(select(Notification).where(link)))
    assert {one.person_id: one.params["num"] for one in told} == dict(ruled)
    await imports.commands.undo(await imports.actor(), uuid4().hex, done.id)
    assert (await imports.ended(done.id, "undone")).kept == 0
    await put(db, CustomerAssignmentPolicy)


async def test_new_customers_lie_in_the_pool_of_their_product_line(imports: Imports, db: Database) -> None:
    line = {"key": "product_line", "label": {"zh": "产品线", "en": "Line"}, "type": "text"}
    cold = {"key": "cold", "name": {"zh": "冷链公海", "en": "Cold"}, "product": "Cold 冷链", "regions": ["east"]}
    await put(db, CustomerFieldPolicy, fields=[line])
    await put(db, PoolPolicy, pools=[*PoolPolicy.default["pools"], cold], product_field="product_line")
    told = {}
    for pool, name in ((None, "产品线甲"), ("region", "产品线乙")):
        lines = [
            "客户名称,产品线,大区,负责人", f"{name}一号有限公司, cold 冷链 ,,", f"{name}二号有限公司,别的,,",
            f"{name}三号有限公司,,,", f"{name}四号有限公司,Cold 冷链,,li.wei@throughline.example",
            f"{name}五号有限公司,Cold 冷链,south,",
        ]  # fmt: skip
        done = await imports.take_in(lines, "gu.ming", pool=pool)
        assert (done.stage, done.created) == ("done", 5)
        made = [one.id for one in await imports.all(Customer, Customer.import_id == done.id)]
        places = await imports.all(Assignment, Assignment.customer_id.in_(made))
        changes = await imports.all(ChangeOfHands, ChangeOfHands.customer_id.in_(made))
        told[pool] = [one.pool for one in sorted(places, key=lambda one: one.customer_id)]
        assert {one.customer_id: one.pool for one in changes} == {one.customer_id: one.pool for one in places}
    assert told == {None: ["cold", None, None, "cold", None], "region": ["region"] * 5}
    await put(db, PoolPolicy)
    await put(db, CustomerFieldPolicy)


async def test_a_field_names_another_customer_by_number_or_name_also_after_a_crash(
    imports: Imports, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = {"key": "parent", "label": {"zh": "母公司", "en": "Parent"}, "type": "customer"}
    await put(db, CustomerFieldPolicy, fields=[parent])
    async with db.session() as session:
        there = [Customer(id=new_id(), name=name) for name in ("母港集团", "二名集团", "二名集团", "远方集团")]
        session.add_all(there)
        await session.flush()
        for no, one in enumerate(there):
            region = imports.people["south" if no == 3 else "east"]
            session.add(Assignment(customer_id=one.id, region_id=region))
        number = there[0].number
    lines = [
        "客户名称,母公司,电话", "子一有限公司,母港集团,13700182001", f"子二有限公司,#{number},13700182002",
        "子三有限公司,,13700182003", "子四有限公司,没有的集团,", "子五有限公司,二名集团,", "子六有限公司,远方集团,",
        f"子七有限公司,{number},13700182001",
    ]  # fmt: skip
    sent = await imports.add(lines)
    async with db.session() as session:
        held = await session.get_one(CustomerImport, sent)
        held.stage, held.region_id, held.target = "checking", imports.people["east"], "pool"
    activities = CustomerImportActivities(db, "Asia/Shanghai", imports.commands.store.path, "CN")

    async def dying(*_: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(carried, "merge_batch", dying)
        with pytest.raises(RuntimeError):
            await ActivityEnvironment().run(activities.carry_customer_import, Work(import_id=sent))
    async with db.session() as session:
        await session.execute(text(f"truncate import_stage_{sent.replace('-', '')}"))  # as a crash of the server does
    done = await ActivityEnvironment().run(activities.carry_customer_import, Work(import_id=sent))
    assert (done.outcome, done.created, done.rejected, done.doubled) == ("done", 3, 3, 1)
    made = await imports.all(Customer, Customer.import_id == sent)
    assert {one.name: one.custom for one in made} == {
        "子一有限公司": {"parent": there[0].id}, "子二有限公司": {"parent": there[0].id}, "子三有限公司": {},
    }  # fmt: skip
    rows = await imports.all(CustomerImportRow, CustomerImportRow.import_id == sent)
    assert {row.no: (row.field, row.code, row.cells and row.cells[1]) for row in rows} == {
        4: ("custom.parent", "import_customer_unknown", "没有的集团"),
        5: ("custom.parent", "import_customer_unknown", "二名集团"),
        6: ("custom.parent", "import_customer_unknown", "远方集团"),
        7: (None, None, "母港集团"),
    }
    async with db.session() as session:
        (await session.get_one(CustomerImport, sent)).stage = "done"
    await put(db, CustomerFieldPolicy)


async def test_own_fields_are_read_needed_and_taken_once(imports: Imports, db: Database) -> None:
    await put(db, CustomerFieldPolicy, fields=FIELDS)
    heading = "客户名称,电话,车辆数,会员号,冷库,成立日期"
    import_id = await imports.add([heading, "一家公司,13700180000,1,M0,,"])
    with pytest.raises(Refused, match="columns_missing"):
        await imports.start(import_id, mapping=["name", "phone", "", "", "", ""])
    first = await imports.take_in(
        [
            heading,
            "自有一号冷链有限公司,13700180001,12,M1,自有,2020/3/1",
            "自有二号冷链有限公司,13700180002,0,M2,,",  # fewer than one
            "自有三号冷链有限公司,13700180003,,M3,租用,",  # nothing to choose
            "自有四号冷链有限公司,13700180004,,m1,,",  # an earlier row's
            "自有五号冷链有限公司,13700180005,,,,",  # must have one
            "自有一号冷链有限公司,13700180001,13,M9,,",  # twice in the file
        ]
    )
    assert (first.created, first.rejected, first.doubled) == (1, 4, 1)
    rows = await imports.all(CustomerImportRow, CustomerImportRow.import_id == first.id)
    why = {row.no: (row.verdict, row.field, row.code) for row in rows}
    assert why == {
        2: ("rejected", "custom.fleet", "field_below"), 3: ("rejected", "custom.kind_of_cold", "choice_unknown"),
        4: ("rejected", "custom.badge", "field_taken"), 5: ("rejected", "custom.badge", "field_needed"),
        6: ("double", None, None),
    }  # fmt: skip
    cells = {row.no: row.cells for row in rows}
    assert cells[6] == ["自有一号冷链有限公司", "+8613700180001", "13", "M9", "", ""]
    [made] = await imports.all(Customer, Customer.import_id == first.id)
    assert made.custom == {"fleet": 12, "badge": "M1", "kind_of_cold": "own", "founded": "2020-03-01"}

    second = await imports.take_in(
        [heading, "自有一号冷链有限公司,13700180001,,M7,,", "自有六号冷链有限公司,13700180006,,M1,,"]
    )
    assert (second.updated, second.created, second.rejected) == (1, 0, 1)  # M1 was still the first one's
    assert await claims(db) == {"m7": made.id}
    await imports.commands.undo(await imports.actor(), uuid4().hex, second.id)
    await imports.ended(second.id, "undone")
    assert await claims(db) == {"m1": made.id}
    await put(db, CustomerFieldPolicy)


async def test_a_field_that_becomes_unique_while_rows_are_merged_has_no_value_twice(
    imports: Imports, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between comparing and merging somebody makes it unique, and gives one of the file's values to another."""
    plain = [{**field, "unique": False, "required": False} for field in FIELDS]
    await put(db, CustomerFieldPolicy, fields=plain)
    there = await imports.take_in(["客户名称,电话,会员号", "晚到老户冷链有限公司,13700181000,C0"])
    [old] = await imports.all(Customer, Customer.import_id == there.id)
    lines = [
        "晚到一号冷链有限公司,13700181001,C1", "晚到二号冷链有限公司,13700181002,c1",
        "晚到三号冷链有限公司,13700181003,C3", "晚到四号冷链有限公司,13700181004,C4",
        "晚到老户冷链有限公司,13700181000,C4",
    ]  # fmt: skip
    late = await imports.add(["客户名称,电话,会员号", *lines])
    async with db.session() as session:
        held = await session.get_one(CustomerImport, late)
        held.stage, held.region_id, held.target = "checking", imports.people["east"], "pool"
    name = "merge_batch"
    real = getattr(carried, name)

    async def meanwhile(*args: Any) -> None:
        async with db.session() as session:
            assert await fill_unique(session, badge_of(FIELDS)) == (0, "")
            version, _ = await current_policy(session, "customer_field")
            changed = {**CustomerFieldPolicy.default, "fields": FIELDS}
            await publish(session, "customer_field", changed, by=None, note="", follows=version)
            other = Customer(name="抢先冷链有限公司", custom={"badge": "C3"})
            session.add(other)
            await session.flush()
            session.add(CustomerUnique(field="badge", value="c3", customer_id=other.id))
        monkeypatch.setattr(carried, name, real)
        await real(*args)

    monkeypatch.setattr(carried, name, meanwhile)
    services = imports.services
    activities = CustomerImportActivities(db, services.settings.zone, imports.commands.store.path, "CN")
    done = await ActivityEnvironment().run(activities.carry_customer_import, Work(import_id=late))
    assert (done.outcome, done.created, done.rejected) == ("done", 2, 2)
    rows = await imports.all(CustomerImportRow, CustomerImportRow.import_id == late)
    assert {row.no: (row.verdict, row.code) for row in rows} == {
        2: ("rejected", "field_taken"), 3: ("rejected", "field_taken"), 5: ("update", "field_taken"),
    }  # fmt: skip
    made = {one.name: one.id for one in await imports.all(Customer, Customer.import_id == late)}
    taken = await claims(db)
    assert {key: taken[key] for key in ("c0", "c1", "c4")} == {
        "c0": old.id, "c1": made["晚到一号冷链有限公司"], "c4": made["晚到四号冷链有限公司"],
    }  # fmt: skip
    [now] = await imports.all(Customer, Customer.id == old.id)
    assert now.custom["badge"] == "C0"
    async with db.session() as session:
        (await session.get_one(CustomerImport, late)).stage = "done"
    await put(db, CustomerFieldPolicy)


def badge_of(fields: list[dict[str, Any]]) -> Field:
    return next(one for one in load(CustomerFieldPolicy, {**CustomerFieldPolicy.default, "fields": fields}).fields
                if one.key == "badge")  # fmt: skip


async def claims(db: Database) -> dict[str, str]:
    async with db.session() as session:
        held = select(CustomerUnique.value, CustomerUnique.customer_id).where(CustomerUnique.field == "badge")
        return dict((await session.execute(held)).all())
