"""A customer that is there already is recognised before it is entered twice; several made into one are one everywhere,
also for the processes that began before, and several again when that is undone."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import delete, select, text

from commands.policy import publish_defaults
from commands.ticket_intake import Inbound, TicketIntake
from db.contract import Contract
from db.customer import Assignment, Contact, Customer
from db.customer_match import CustomerPair
from db.customer_pair import fill_near_keys
from db.deal import Deal
from db.engine import Database
from db.ownership import AssignmentChange
from db.process import Process, TimelineEvent
from db.ticket import Ticket
from tests.conftest import SignIn
from tests.selling import Selling

pytestmark = pytest.mark.usefixtures("worker")


async def post(browser: AsyncClient, path: str, key: str = "", **body: Any) -> Response:
    return await browser.post(path, json=body, headers={"Idempotency-Key": key or uuid4().hex})


def code(first: str) -> str:
    """A credit code with its check digit, from 17 characters."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(alphabet.index(sign) * pow(3, no, 31) for no, sign in enumerate(first))
    return first + alphabet[-total % 31]


async def test_a_known_credit_code_is_refused_and_a_likeness_wants_a_reason(sign_in: SignIn, db: Database) -> None:
    browser, number = await sign_in("li.wei"), code("91310000MA1FL0AB3")
    values = {"name": "申蓝精密机械（上海）有限公司", "tax_number": number, "phone": "021 6288 1234", "city": "上海"}
    key = uuid4().hex
    made = await post(browser, "/api/customers", key, values=values, region="east", owner_id=None)
    assert made.status_code == 201, made.text
    again = await post(browser, "/api/customers", key, values=values, region="east", owner_id=None)
    assert again.json() == made.json()
    async with db.session() as session:
        row = await session.get_one(Customer, made.json()["id"])
        assert (row.tax_number, row.phone, row.company_key) == (number, "+862162881234", "申蓝精密机械")

    same = await post(browser, "/api/customers", values=values | {"name": "别的名字"}, region="east")
    assert (same.status_code, same.json()["code"]) == (409, "customer_known")
    other = {"name": "申藍精密機械有限公司", "city": "上海市"}
    alike = await post(browser, "/api/customers", values=other, region="east")
    assert (alike.status_code, alike.json()["code"]) == (409, "customer_alike")
    kept = await post(browser, "/api/customers", values=other, region="east", reason="它的子公司")
    assert kept.status_code == 201
    async with db.session() as session:
        pair = (await session.scalars(select(CustomerPair).where(CustomerPair.note == "它的子公司"))).one()
        assert {pair.first_id, pair.second_id} == {made.json()["id"], kept.json()["id"]}
    wrong = await post(
        browser, "/api/customers", values={"name": "错号", "tax_number": number[:-1] + "0"}, region="east"
    )
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "tax_number")


async def test_two_who_enter_one_credit_code_at_once_make_one_customer(sign_in: SignIn) -> None:
    number = code("91320500MA1XK77Q2")
    one, other = await sign_in("li.wei"), await sign_in("zhao.min")
    answers = await asyncio.gather(*(
        post(browser, "/api/customers", values={"name": f"同时{no}", "tax_number": number}, region="east")
        for no, browser in enumerate((one, other))
    ))  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_of_five_who_enter_one_name_or_number_at_once_one_is_not_warned(sign_in: SignIn) -> None:
    browsers = [await sign_in(name) for name in ("li.wei", "zhao.min", "wang.fang", "zhou.kai", "chen.tao")]
    phones = ["13511112222", "135 1111 2222", "13511112222", "13622223333", "13633334444"]
    names = ["竞速同名纺织有限公司", "另一家名字", "竞速同名纺织", "竞速同名纺织有限公司", "競速同名紡織"]
    answers = await asyncio.gather(*(
        post(browser, "/api/customers", values={"name": name, "phone": phone, "city": "杭州"}, region="east")
        for browser, name, phone in zip(browsers, names, phones, strict=True)
    ))  # fmt: skip
    made = sum(answer.status_code == 201 for answer in answers)
    warned = [answer.json()["code"] for answer in answers if answer.status_code == 409]
    # 另一家名字 shares the number only, with some of the others.
    assert (made, len(warned)) in ((1, 4), (2, 3))
    assert set(warned) == {"customer_alike"}


async def test_who_becomes_like_another_by_a_change_is_told_as_on_entry(
    sign_in: SignIn, selling: Selling, db: Database
) -> None:
    browser, number = await sign_in("li.wei"), code("91330200MA2AHXX12")
    other, own = await selling.customer("望潮船舶配件有限公司"), await selling.customer("随便起的名字")
    async with db.session() as session:
        await session.execute(delete(Contact).where(Contact.customer_id.in_([other, own])))
        (await session.get_one(Customer, other)).tax_number = number

    async def change(reason: str | None = None, **values: str) -> Response:
        body = {"values": values, "reason": reason}
        return await browser.patch(f"/api/customers/{own}", json=body, headers={"Idempotency-Key": uuid4().hex})

    assert (await change(city="宁波")).status_code == 204
    renamed = await change(name="望潮船舶配件")
    assert (renamed.status_code, renamed.json()["code"]) == (409, "customer_alike")
    assert (renamed.json()["params"]["customer"], renamed.json()["errors"][0]["field"]) == (other, "reason")
    same = await change(reason="不是同一家", tax_number=number)
    assert (same.status_code, same.json()["code"]) == (409, "customer_known")
    assert (await change(reason="它的分厂", name="望潮船舶配件")).status_code == 204
    # What was kept with a reason is not asked about again for something else.
    assert (await change(phone="0574 8712 0001", city="杭州")).status_code == 204
    assert (await change(name="望潮船舶配件", industry="船舶")).status_code == 204
    async with db.session() as session:
        pair = (await session.scalars(select(CustomerPair).where(CustomerPair.note == "它的分厂"))).one()
        assert {pair.first_id, pair.second_id} == {other, own}


async def test_the_warning_says_no_more_than_one_may_know(sign_in: SignIn, selling: Selling) -> None:
    customer_id = await selling.customer("翠湖水务设备有限公司")
    asked = {"name": "Cui Hu Shui Wu She Bei Co., Ltd.", "phone": "13800138000"}
    own = (await post(await sign_in("li.wei"), "/api/customers/match", **asked)).json()["matches"]
    found = next(one for one in own if one["id"] == customer_id)
    assert (found["level"], found["reasons"]) == ("certain", ["same_sound", "phone"])
    for name, owner in (("wang.fang", selling.people["li.wei"]), ("wu.hao", None)):
        others = (await post(await sign_in(name), "/api/customers/match", **asked)).json()["matches"]
        told = {(one["id"], one["title"], one["number"], one["owner_id"]) for one in others}
        assert told == {("", "", "", owner)}, name
    assert (await post(await sign_in("li.wei"), "/api/customers/match", phone="12")).status_code == 422


async def test_each_thing_that_is_known_finds_by_itself(sign_in: SignIn, selling: Selling, db: Database) -> None:
    customer_id, number = await selling.customer("鹤鸣仪表有限公司"), code("91330100MA2CC0DE4")
    async with db.session() as session:
        row = await session.get_one(Customer, customer_id)
        row.phone, row.email, row.domain, row.tax_number = "+8657188990011", "hm@qq.com", "heming.example", number
        row.city = "杭州"
    known = {"phone": "0571 8899 0011", "email": "hm@qq.com", "domain": "www.heming.example", "tax_number": number}
    for field, value in known.items():
        found = (await post(await sign_in("li.wei"), "/api/customers/match", **{field: value})).json()["matches"]
        assert [(one["id"], one["reasons"]) for one in found] == [(customer_id, [field])], field
        assert [one["level"] for one in found] == ["certain" if field == "tax_number" else "possible"], field
    values = {"name": "另起炉灶", "phone": known["phone"], "city": "宁波"}
    alike = await post(await sign_in("li.wei"), "/api/customers", values=values, region="east")
    assert (alike.status_code, alike.json()["code"]) == (409, "customer_alike")
    kept = await post(await sign_in("li.wei"), "/api/customers", values=values, region="east", reason="总机相同")
    async with db.session() as session:
        pair = (await session.scalars(select(CustomerPair).where(CustomerPair.second_id == kept.json()["id"]))).one()
        assert (pair.first_id, pair.points, pair.reasons) == (customer_id, 55, ["phone", "other_city"])


async def test_what_lies_in_the_own_pool_is_led_to(sign_in: SignIn, selling: Selling, db: Database) -> None:
    await publish_defaults(db)
    pooled = await selling.customer("汀溪茶叶进出口有限公司")
    async with db.session() as session:
        (await session.get_one(Customer, pooled)).phone = "+862162885566"
        (await session.get_one(Assignment, (pooled, selling.people["east"]))).owner_id = None

    async def told(who: str, **asked: str) -> tuple[Any, ...]:
        found = (await post(await sign_in(who), "/api/customers/match", **asked)).json()["matches"]
        assert len(found) == 1
        return tuple(found[0][key] for key in ("id", "title", "number", "seen", "pooled", "owner_id"))

    name = "汀溪茶葉進出口"
    assert await told("li.wei", name=name) == (pooled, "汀溪茶叶进出口有限公司", "", False, True, None)
    assert await told("wu.hao", name=name) == ("", "", "", False, False, None), "a pool of another region"
    # The number is hidden in the pool: whose it is does not come out by asking for it.
    assert await told("li.wei", phone="021 6288 5566") == ("", "", "", False, True, None)
    assert (await told("li.wei", name=name, phone="021 6288 5566"))[0] == pooled
    assert (await told("zhao.min", name=name))[3:5] == (True, True), "who heads the region sees it whole"
    refused = await post(await sign_in("li.wei"), "/api/customers", values={"name": name}, region="east")
    assert (refused.status_code, refused.json()["code"]) == (409, "customer_alike")


async def test_nobody_enters_a_customer_into_another_region(sign_in: SignIn, people: dict[str, str]) -> None:
    browser = await sign_in("li.wei")
    answer = await post(browser, "/api/customers", values={"name": "南方的客户"}, region="south")
    assert (answer.status_code, answer.json()["code"]) == (422, "region_unfit")
    assert "east" in answer.json()["detail"]
    by_id = await post(browser, "/api/customers", values={"name": "按区域编号录入"}, region=people["east"])
    assert by_id.status_code == 201, by_id.text
    support = await post(await sign_in("gao.fei"), "/api/customers", values={"name": "客服的客户"}, region="east")
    assert support.status_code == 403


async def test_a_deal_under_way_goes_on_to_an_order_at_the_survivor(
    sign_in: SignIn, selling: Selling, db: Database
) -> None:
    survivor = await selling.customer("合并甲")
    merged = await selling.customer("合并乙", owner="chen.tao")
    deal_id = await selling.deal("合并前的商机", owner="chen.tao", customer_id=merged, stage="needs")
    answer = await post(await sign_in("zhao.min"), f"/api/customers/{survivor}/merge", merged=[merged])
    assert (answer.status_code, answer.json()["code"]) == (422, "merge_owner_needed")
    region = selling.people["east"]
    body = {"merged": [merged], "owners": {region: merged}}
    key = uuid4().hex
    merge_id = (await post(await sign_in("zhao.min"), f"/api/customers/{survivor}/merge", key, **body)).json()["id"]
    again = await post(await sign_in("zhao.min"), f"/api/customers/{survivor}/merge", key, **body)
    assert again.json()["id"] == merge_id
    assert (await selling.row(Deal, deal_id)).customer_id == survivor
    async with db.session() as session:
        follow = (await session.scalars(select(Assignment).where(Assignment.customer_id == survivor))).one()
        assert (follow.owner_id, follow.how) == (selling.people["chen.tao"], "merged")
        change = (await session.scalars(select(AssignmentChange).where(AssignmentChange.customer_id == survivor))).all()
        assert [one.from_id for one in change] == [selling.people["li.wei"]]

    # The process began with the merged one's id, and knows no other.
    for was, now in (("needs", "proposal"), ("proposal", "negotiation")):
        await selling.move(deal_id, was, now, by="chen.tao")
    contract = await selling.contract(deal_id)
    await selling.submitted(deal_id, owner="chen.tao")
    await selling.decide(deal_id, "zhao.min")
    await selling.row(Contract, contract.id, customer_id=survivor)
    async with db.session() as session:
        held = set(await session.scalars(select(Process.customer_id).where(Process.line_id == contract.line_id)))
        told = set(await session.scalars(select(TimelineEvent.customer_id).where(TimelineEvent.line_id == deal_id)))
    assert held == told == {survivor}
    page = await (await sign_in("chen.tao")).get(f"/api/customers/{survivor}")
    assert page.json()["deals"] == [deal_id]
    assert page.json()["contracts"] == [contract.id]
    old = await (await sign_in("chen.tao")).get(f"/api/customers/{merged}")
    assert (old.status_code, old.headers["location"]) == (307, f"/api/customers/{survivor}")

    undone = await post(await sign_in("zhao.min"), f"/api/customers/merges/{merge_id}/undo")
    assert undone.json() == {"kept": []}
    async with db.session() as session:
        for table in (Deal, Contract):
            rows = set(await session.scalars(select(table.customer_id).where(table.line_id == contract.line_id)))
            assert rows == {merged}
        owners = {
            row.customer_id: row.owner_id
            for row in await session.scalars(select(Assignment).where(Assignment.customer_id.in_([survivor, merged])))
        }
    assert owners == {survivor: selling.people["li.wei"], merged: selling.people["chen.tao"]}


async def test_what_many_customers_share_may_take_its_time_to_be_written(db: Database) -> None:
    """Beside an import it waits for others; a batch that was given up would be reckoned anew."""
    async with db.session() as session:
        assert await session.scalar(text("show statement_timeout")) == "2s"
        await fill_near_keys(session, [])
        assert await session.scalar(text("show statement_timeout")) == "1min"


async def test_mail_from_the_old_contact_lands_at_the_survivor(sign_in: SignIn, selling: Selling, db: Database) -> None:
    address = "old.contact@laixin.example"
    survivor, merged = await selling.customer("来信甲"), await selling.customer("来信乙")
    async with db.session() as session:
        session.add(Contact(customer_id=merged, name="旧联系人", email=address))
    answer = await post(await sign_in("zhao.min"), f"/api/customers/{survivor}/merge", merged=[merged])
    assert answer.status_code == 201, answer.text
    intake = TicketIntake(selling.services.leads.desk)
    mail = Inbound(
        channel="mail", subject="打不开", text="机器停了", email="old.contact@laixin.example", mail_id="<m@x>"
    )
    received = await intake.receive(mail, uuid4().hex)
    assert (await selling.row(Ticket, received.ticket_id)).customer_id == survivor
    portal = Inbound(channel="api", subject="再来", text="还是停", customer_id=merged)
    assert (await selling.row(Ticket, (await intake.receive(portal, uuid4().hex)).ticket_id)).customer_id == survivor


async def test_two_merges_of_one_pair_at_once_are_one_and_circles_are_refused(
    sign_in: SignIn, selling: Selling, db: Database
) -> None:
    one, other, third = [await selling.customer(f"同并{no}") for no in range(3)]
    boss = await sign_in("zhao.min")
    answers = await asyncio.gather(
        post(boss, f"/api/customers/{one}/merge", merged=[other]),
        post(boss, f"/api/customers/{other}/merge", merged=[one]),
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert {a.json().get("code") for a in answers} == {None, "customer_merged"}
    won = next(no for no, answer in enumerate(answers) if answer.status_code == 201)
    survivor, gone = ((one, other), (other, one))[won]
    first = answers[won].json()["id"]
    assert (await post(boss, f"/api/customers/{third}/merge", merged=[gone])).json()["code"] == "customer_merged"
    assert (await post(boss, f"/api/customers/{third}/merge", merged=[third])).json()["code"] == "merge_twice"
    second = (await post(boss, f"/api/customers/{third}/merge", merged=[survivor])).json()["id"]
    async with db.session() as session:
        assert (await session.get_one(Customer, gone)).merged_into == third
    assert (await post(boss, f"/api/customers/merges/{first}/undo")).json()["code"] == "merge_later"
    assert (await post(boss, f"/api/customers/merges/{second}/undo")).json() == {"kept": []}
    assert (await post(boss, f"/api/customers/merges/{second}/undo")).json()["code"] == "merge_undone"
    async with db.session() as session:
        assert (await session.get_one(Customer, gone)).merged_into == survivor
    assert (await post(boss, f"/api/customers/merges/{first}/undo")).json() == {"kept": []}


async def test_who_merges_answers_for_every_region(sign_in: SignIn, selling: Selling, db: Database) -> None:
    east, south = await selling.customer("跨区甲"), await selling.customer("跨区乙", owner="wu.hao", region="south")
    async with db.session() as session:
        session.add(Assignment(customer_id=south, region_id=selling.people["east"], owner_id=selling.people["li.wei"]))
    refused = await post(await sign_in("zhao.min"), f"/api/customers/{east}/merge", merged=[south])
    assert (refused.status_code, refused.json()["code"]) == (403, "merge_other_region")
    assert (await post(await sign_in("li.wei"), f"/api/customers/{east}/merge", merged=[south])).status_code == 403
    merged = await post(await sign_in("gu.ming"), f"/api/customers/{east}/merge", merged=[south])
    assert merged.status_code == 201
    async with db.session() as session:
        follows = await session.scalars(select(Assignment).where(Assignment.customer_id == east))
        assert {(one.region_id, one.owner_id) for one in follows} == {
            (selling.people["east"], selling.people["li.wei"]), (selling.people["south"], selling.people["wu.hao"]),
        }  # fmt: skip


async def test_fields_come_from_either_and_an_undo_leaves_what_was_changed_since(
    sign_in: SignIn, selling: Selling, db: Database
) -> None:
    one, other = await selling.customer("择取甲"), await selling.customer("择取乙")
    async with db.session() as session:
        first, second = await session.get_one(Customer, one), await session.get_one(Customer, other)
        first.phone, first.tags, first.city = "+862162880001", ["重点"], "上海"
        second.phone, second.tags, second.industry = "+862162880002", ["老客户"], "food"
        second.custom = {"grade": 3}
    boss = await sign_in("zhao.min")
    answer = await post(boss, f"/api/customers/{one}/merge", merged=[other], fields={"name": other})
    merge_id = answer.json()["id"]
    async with db.session() as session:
        row = await session.get_one(Customer, one)
        assert (row.name, row.phone, row.city, row.industry) == ("择取乙", "+862162880001", "上海", "food")
        assert (row.tags, row.custom) == (["重点", "老客户"], {"grade": 3})
        phones = set(await session.scalars(select(Contact.phone).where(Contact.customer_id == one)))
        assert phones == {"+8613800138000", "+862162880002"}, "the number that was not taken is a contact's"
        row.industry = "retail"
        follow = (await session.scalars(select(Assignment).where(Assignment.customer_id == one))).one()
        follow.owner_id = selling.people["chen.tao"]
    undone = (await post(boss, f"/api/customers/merges/{merge_id}/undo")).json()
    assert undone == {
        "kept": [{"what": "field", "name": "industry"}, {"what": "owner", "name": selling.people["east"]}]
    }
    async with db.session() as session:
        row, back = await session.get_one(Customer, one), await session.get_one(Customer, other)
        assert (row.name, row.industry, row.tags, row.custom) == ("择取甲", "retail", ["重点"], {})
        assert (back.merged_into, back.name, back.industry) == (None, "择取乙", "food")
        left = list(await session.scalars(select(Contact.phone).where(Contact.customer_id.in_([one, other]))))
        assert left == ["+8613800138000"] * 2
        follows = await session.scalars(select(Assignment).where(Assignment.customer_id.in_([one, other])))
        assert {(f.customer_id, f.owner_id) for f in follows} == {
            (one, selling.people["chen.tao"]), (other, selling.people["li.wei"]),
        }  # fmt: skip
