"""A customer's fields are changed by whoever works on it, not over another's change, and seen by whom they may."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from playwright.async_api import expect
from sqlalchemy import select
from sqlalchemy import text as sql

from commands.policy import publish_defaults
from db.customer import Contact, Customer
from db.customer_field import CustomerChange
from db.customer_match import CustomerPair
from db.engine import Database
from db.ownership import move
from domain.field import MADE, TYPES
from domain.quote import tax_number
from domain.refusal import Refused
from tests.conftest import SignIn
from tests.fields import EVERY_TYPE, own, publish_fields
from tests.selling import Selling
from tests.ui.browser import Visit, check_everywhere

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
async def fields(selling: Selling) -> Any:
    async def publish(*own_fields: dict[str, Any], **more: Any) -> None:
        await publish_fields(selling.services.policies, await selling.actor("gu.ming"), *own_fields, **more)

    return publish


async def change(browser: AsyncClient, customer_id: str, based_on: str | None = None, **values: Any) -> Response:
    body = {"values": values} | ({"based_on": based_on} if based_on else {})
    return await browser.patch(f"/api/customers/{customer_id}", json=body, headers={"Idempotency-Key": uuid4().hex})


async def held(browser: AsyncClient, customer_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await browser.get(f"/api/customers/{customer_id}/fields")).json()
    return found


async def test_the_name_is_asked_for_first_also_where_the_layout_leaves_it_to_the_rest(
    sign_in: SignIn, selling: Selling, fields: Any
) -> None:
    section = {"title": {"zh": "概况", "en": "Company"}, "fields": ["city", "industry"]}
    await fields(layouts={"company": [section]})
    form = (await (await sign_in("li.wei")).get(f"/customers/{await selling.customer('先问名称')}/edit")).text
    asked = [form.index(f'name="field-{key}"') for key in ("name", "phone", "city", "industry")]
    assert asked == sorted(asked)


async def test_every_type_is_typed_into_the_form_and_comes_back_as_it_was(
    visit: Visit, sign_in: SignIn, selling: Selling, fields: Any
) -> None:
    await fields(*EVERY_TYPE)
    customer_id, parent = await selling.customer("二十五种字段"), await selling.customer("母公司")
    page = (await visit(f"/customers/{customer_id}/edit", as_person="li.wei")).page

    async def fill(kind: str, text: str) -> None:
        await page.locator(f"#f-field-{kind}_field").fill(text)

    for kind, text in {
        "text": "上海 浦东", "long_text": "一\n二", "number": "1,234.5", "integer": "1200", "money": "2.4万",
        "percent": "12.5", "date": "2026-11-30", "datetime": "2026-11-30T09:30", "time": "09:30",
        "phone": "138 0013 8001", "email": "A@Example.com", "url": "www.example.com", "address": "世纪大道 1 号",
        "location": "31.2304, 121.4737", "customer": "母公司",
    }.items():  # fmt: skip
        await fill(kind, text)
    for kind, value in {
        "yes_no": "yes", "choice": "gold", "rating": "4", "person": selling.people["zhao.min"],
        "department": selling.people["east"],
    }.items():  # fmt: skip
        await page.locator(f"#f-field-{kind}_field").select_option(value)
    await page.locator("#f-field-people_field").select_option([selling.people["li.wei"], selling.people["zhao.min"]])
    await page.get_by_role("group", name="Own choices_field").get_by_label("Silver").check()
    await page.locator("#f-file-files_field").set_input_files(
        {"name": "资质.txt", "mimeType": "text/plain", "buffer": "一".encode()}
    )
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    browser = await sign_in("li.wei")
    found = (await held(browser, customer_id))["values"]
    assert set(found) == {"name"} | {f"{kind}_field" for kind in TYPES} - {"formula_field"}
    assert (found["money_field"], found["datetime_field"]) == (2_400_000, "2026-11-30T01:30:00+00:00")
    assert (found["serial_field"], found["customer_field"]) == ("KH-0001", parent)
    assert found["people_field"] == sorted(
        [selling.people["li.wei"], selling.people["zhao.min"]], key=found["people_field"].index
    )
    # Opened and saved again, nothing is another: no change is written.
    await page.goto(page.url.rstrip("/") + "/edit")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    assert (await held(browser, customer_id))["values"] == found
    async with selling.services.db.session() as session:
        changes = (await session.scalars(select(CustomerChange).where(CustomerChange.customer_id == customer_id))).all()
    assert len(changes) == 1
    assert (changes[0].before["integer_field"], changes[0].after["integer_field"]) == (None, 1200)
    opened = await browser.get(f"/documents/{found['files_field'][0]}")
    assert opened.status_code == 200


@pytest.mark.parametrize(
    "kind", [kind for kind in TYPES if kind not in MADE | {"text", "long_text", "address", "choices"}]
)
async def test_what_cannot_be_read_names_its_field(sign_in: SignIn, selling: Selling, fields: Any, kind: str) -> None:
    await fields(*EVERY_TYPE)
    customer_id = await selling.customer("读不懂")
    refused = await change(await sign_in("li.wei"), customer_id, **{f"{kind}_field": "a b$"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, f"{kind}_field")


async def test_a_rename_to_anothers_name_is_warned_of_and_kept_with_a_reason(visit: Visit, selling: Selling) -> None:
    await publish_defaults(selling.services.db)
    other, own = await selling.customer("听涛制冰设备有限公司"), await selling.customer("不起眼的名字")
    page = (await visit(f"/customers/{own}/edit", as_person="li.wei")).page
    await page.locator("#f-field-name").fill("听涛制冰设备有限公司")
    await page.get_by_role("button", name="Save").click()
    warning = page.locator(".collisions")
    await expect(warning.get_by_role("link", name="听涛制冰设备有限公司")).to_have_attribute(
        "href", f"/customers/{other}"
    )
    await expect(page.locator("#f-field-name")).to_have_value("听涛制冰设备有限公司")
    await expect(page.get_by_text("Now it says")).to_have_count(0)
    await page.get_by_label("Why it is another one").fill("同名的另一家")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()


async def test_who_was_slower_does_not_write_over_the_other_and_hears_who_it_was(
    visit: Visit, sign_in: SignIn, selling: Selling, fields: Any
) -> None:
    await fields(own("employees", "integer"))
    customer_id = await selling.customer("两人同时改")
    page = (await visit(f"/customers/{customer_id}/edit", as_person="li.wei")).page
    await page.get_by_label("Own employees").fill("10")
    manager = await sign_in("zhao.min")
    based_on = (await held(manager, customer_id))["based_on"]
    assert (await change(manager, customer_id, based_on, city="上海", employees=20)).status_code == 204
    stale = await change(manager, customer_id, based_on, city="苏州")
    assert (stale.status_code, stale.json()["code"]) == (409, "customer_changed")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert").first).to_contain_text("Zhao Min changed this customer meanwhile")
    await expect(page.get_by_text("Now it says: 20")).to_be_visible()
    await expect(page.get_by_text("Now it says: 上海")).to_be_visible()
    assert (await held(manager, customer_id))["values"]["employees"] == 20
    await page.get_by_label("City").fill("上海")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    after = (await held(manager, customer_id))["values"]
    assert (after["employees"], after["city"]) == (10, "上海")


async def test_of_two_who_take_the_same_unique_value_at_once_one_gets_it(
    sign_in: SignIn, selling: Selling, fields: Any
) -> None:
    await fields(own("erp_code", "text", unique=True))
    ids = [await selling.customer(f"抢编码{no}") for no in range(6)]
    browser = await sign_in("li.wei")
    asked = [change(browser, one, erp_code="Ab1" if no % 2 else "aB1") for no, one in enumerate(ids)]
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [204] + [422] * 5
    refused = next(answer for answer in answers if answer.status_code == 422).json()
    assert (refused["code"], refused["errors"][0]["field"]) == ("field_taken", "erp_code")
    winner = ids[[answer.status_code for answer in answers].index(204)]
    loser = next(one for one in ids if one != winner)
    assert (await change(browser, winner, erp_code="C3")).status_code == 204
    assert (await change(browser, loser, erp_code="AB1")).status_code == 204


async def test_the_credit_code_of_an_imported_customer_is_taken_too(sign_in: SignIn, selling: Selling) -> None:
    imported, mine = await selling.customer("导入的"), await selling.customer("手填的")
    browser = await sign_in("li.wei")
    good = next(
        one for one in (f"9131000060728253{a}{b}" for a in "0123456789" for b in "0123456789ABCDEFGHJKLMNPQRTUWXY")
        if _fits(one)
    )  # fmt: skip
    async with selling.services.db.session() as session:
        (await session.get_one(Customer, imported)).tax_number = good
    refused = await change(browser, mine, tax_number=good.lower())
    assert (refused.status_code, refused.json()["code"]) == (409, "customer_known")


def _fits(code: str) -> bool:
    try:
        return bool(tax_number(code))
    except Refused:
        return False


async def test_what_is_hidden_or_masked_never_leaves_the_server_and_is_not_changed_by_who_does_not_see_it(
    sign_in: SignIn, selling: Selling, fields: Any
) -> None:
    await fields(
        own("margin", "percent", hidden_from=["sales"]), own("mobile", "phone", masked_for=["sales"]),
        own("twice", "formula", formula="margin * 2"), builtin={"tax_number": {"masked_for": ["sales"]}},
    )  # fmt: skip
    customer_id = await selling.customer("脱敏字段")
    manager, seller = await sign_in("zhao.min"), await sign_in("li.wei")
    assert (await change(manager, customer_id, margin="31.25", mobile="13800137777")).status_code == 204
    pages = [
        (await seller.get(path, headers={"accept": "text/html"})).text
        for path in (f"/customers/{customer_id}", f"/customers/{customer_id}/edit", f"/customers/{customer_id}/billing")
    ]
    values = await seller.get(f"/api/customers/{customer_id}/fields")
    fields_seen = await seller.get("/api/customer-fields")
    assert values.json()["values"]["mobile"] == "138****7777"
    for text in (*pages, values.text, fields_seen.text):
        for secret in ("31.25", "62.5", "13800137777", "138 0013 7777", "margin"):
            assert secret not in text
    assert (await held(manager, customer_id))["values"]["mobile"] == "+8613800137777"
    hidden = await change(seller, customer_id, margin="1")
    assert (hidden.status_code, hidden.json()["code"]) == (422, "field_unknown")
    # What one does not see stays as it is when one changes something else.
    based_on = (await held(seller, customer_id))["based_on"]
    assert (await change(seller, customer_id, based_on, city="无锡")).status_code == 204
    assert (await held(manager, customer_id))["values"]["margin"] == 31.25


async def test_a_masked_number_is_not_told_in_the_portrait_nor_found_by_trying(
    sign_in: SignIn, selling: Selling, fields: Any
) -> None:
    await fields(builtin={"phone": {"masked_for": ["sales"]}})
    customer_id = await selling.customer("号码脱敏")
    manager, seller = await sign_in("zhao.min"), await sign_in("li.wei")
    assert (await change(manager, customer_id, phone="13912345678")).status_code == 204
    for path in ("portrait", "regions?panel=true"):
        api = "/api" if path == "portrait" else ""
        seen = (await seller.get(f"{api}/customers/{customer_id}/{path}", headers={"accept": "*/*"})).text
        assert "139****5678" in seen
        assert "12345678" not in seen.replace(" ", "")

    async def found(browser: Any, text: str) -> bool:
        answers = [
            await browser.get(path, params={"text": text, "q": text}, headers={"accept": kind})
            for path, kind in (("/api/customers", "*/*"), ("/customers", "text/html"), ("/ui/palette", "text/html"))
        ]
        told = [customer_id in answer.text for answer in answers if answer.status_code == 200]
        assert len({*told}) == 1, told
        return told[0]

    assert await found(seller, "号码脱敏")
    for part in ("13912345678", "5678", "1234"):
        assert not await found(seller, part)
        assert await found(manager, part)


async def test_who_sees_a_part_of_a_number_enters_one_and_leaves_alone_what_they_do_not_replace(
    visit: Visit, sign_in: SignIn, selling: Selling, fields: Any
) -> None:
    await fields(
        own("skills", "choices", masked_for=["sales"]),
        builtin={"phone": {"masked_for": ["sales"], "required": True}},
    )
    manager, seller = await sign_in("zhao.min"), await sign_in("li.wei")
    page = (await visit("/customers/new", as_person="li.wei")).page
    await page.locator("#f-v_name").fill("写入脱敏号码")
    await page.locator("#f-v_phone").fill("137 6655 4433")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("The customer is kept.")).to_be_visible()
    customer_id = page.url.rsplit("/", 1)[1]
    assert (await change(manager, customer_id, skills=["gold"])).status_code == 204

    async def number() -> str:
        return str((await held(manager, customer_id))["values"]["phone"])

    assert await number() == "+8613766554433"
    await page.goto(page.url.rstrip("/") + "/edit")
    await expect(page.get_by_text("137****4433")).to_be_visible()
    await page.locator("#f-field-city").fill("无锡")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    for same in ("", "137****4433"):
        assert (await change(seller, customer_id, phone=same)).status_code == 204
    values = (await held(manager, customer_id))["values"]
    assert (values["phone"], values["city"], values["skills"]) == ("+8613766554433", "无锡", ["gold"])
    assert (await change(seller, customer_id, phone="13766550000")).status_code == 204
    assert await number() == "+8613766550000"
    closed = await change(seller, customer_id, skills=["silver"])
    assert (closed.status_code, closed.json()["code"]) == (422, "field_closed")


async def test_a_contacts_number_is_masked_as_the_customers_own_and_kept_by_who_corrects_the_rest(
    visit: Visit, sign_in: SignIn, selling: Selling, fields: Any
) -> None:
    await fields(builtin={"phone": {"masked_for": ["sales"]}, "email": {"hidden_from": ["sales"]}})
    customer_id = await selling.customer("联系人脱敏")
    async with selling.services.db.session() as session:
        contact = (await session.scalars(select(Contact).where(Contact.customer_id == customer_id))).one()
        contact.phone, contact.email = "+8613912345678", "boss@masked.example"
    address = f"/customers/{customer_id}/contacts/{contact.id}"
    seller, manager = await sign_in("li.wei"), await sign_in("zhao.min")
    paths = (f"/customers/{customer_id}", f"/customers/{customer_id}/regions?panel=true", address)
    for kind, path in (
        *(("text/html", path) for path in paths),
        *(("*/*", f"/api/customers/{customer_id}{more}") for more in ("", "/portrait")),
    ):
        seen = (await seller.get(path, headers={"accept": kind})).text
        assert "139****5678" in seen, path
        for secret in ("12345678", "masked.example"):
            assert secret not in seen.replace(" ", ""), path

    async def known() -> tuple[str, str, str]:
        [one] = (await manager.get(f"/api/customers/{customer_id}")).json()["contacts"]
        return one["name"], one["phone"], one["email"]

    page = (await visit(address, as_person="li.wei")).page
    await page.locator("#f-name").fill("周明明")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    assert await known() == ("周明明", "+8613912345678", "boss@masked.example")
    for sent, phone in (("139****5678", "+8613912345678"), ("13912340000", "+8613912340000")):
        body = {"name": "周明", "phone": sent}
        answer = await seller.put(f"/api{address}", json=body, headers={"Idempotency-Key": uuid4().hex})
        assert answer.status_code == 204
        assert await known() == ("周明", phone, "boss@masked.example")


async def test_a_number_masked_for_managers_is_so_in_the_queue_of_duplicates_and_in_the_pool(
    sign_in: SignIn, selling: Selling, fields: Any, db: Database
) -> None:
    await fields(
        builtin={"phone": {"masked_for": ["regional_manager"]}, "email": {"hidden_from": ["regional_manager"]}}
    )
    ids = sorted([await selling.customer("成对脱敏甲"), await selling.customer("成对脱敏乙")])
    async with db.session() as session:
        for one in ids:
            row = await session.get_one(Customer, one)
            row.phone, row.email = "+8613912349876", "boss@masked.example"
        pair = {"points": 95, "reasons": ["phone"], "fingerprint": 1, "status": "open"}
        session.add(CustomerPair(first_id=ids[0], second_id=ids[1], **pair))
        await move(session, [(ids[0], selling.people["east"])], to=None, how="returned", at=datetime.now(UTC))
    manager = await sign_in("zhao.min")
    for path in ("/customers/duplicates", "/pool?text=成对脱敏", "/api/pool?text=成对脱敏"):
        answer = await manager.get(path, headers={"accept": "*/*" if path.startswith("/api") else "text/html"})
        assert "成对脱敏" in answer.text, path
        assert "139****9876" in answer.text, path
        assert "12349876" not in answer.text.replace(" ", ""), path
        assert "boss@masked.example" not in answer.text, path


async def test_only_who_works_on_a_customer_changes_it(sign_in: SignIn, selling: Selling) -> None:
    customer_id = await selling.customer("谁能改")
    answers = {
        name: (await change(await sign_in(name), customer_id, city="宁波")).status_code
        for name in ("li.wei", "zhao.min", "wang.fang", "gao.fei", "huang.bo")
    }
    assert answers == {"li.wei": 204, "zhao.min": 204, "wang.fang": 404, "gao.fei": 403, "huang.bo": 404}
    pages = {}
    for name in ("li.wei", "wang.fang", "gao.fei"):
        browser = await sign_in(name)
        page = await browser.get(f"/customers/{customer_id}/edit", headers={"accept": "text/html"})
        pages[name] = page.status_code
    assert pages == {"li.wei": 200, "wang.fang": 404, "gao.fei": 403}


async def test_a_required_field_is_asked_for_and_a_kind_has_its_own(
    sign_in: SignIn, selling: Selling, fields: Any
) -> None:
    kinds = [{"key": key, "name": {"zh": key, "en": key}} for key in ("company", "school")]
    await fields(own("pupils", "integer", required=True, kinds=["school"]), kinds=kinds)
    customer_id = await selling.customer("一所学校")
    browser = await sign_in("li.wei")
    path = f"/api/customers/{customer_id}"
    assert (await change(browser, customer_id, city="杭州")).status_code == 204

    async def as_school(**values: Any) -> Response:
        body = {"values": values, "kind": "school"}
        return await browser.patch(path, json=body, headers={"Idempotency-Key": uuid4().hex})

    refused = await as_school()
    assert (refused.json()["code"], refused.json()["errors"][0]["field"]) == ("field_needed", "pupils")
    assert (await as_school(pupils=300)).status_code == 204
    assert (await held(browser, customer_id))["kind"] == "school"


async def test_a_field_becomes_unique_only_where_no_value_is_there_twice(
    sign_in: SignIn, selling: Selling, fields: Any
) -> None:
    await fields(own("contract_no", "text"))
    one, other = await selling.customer("合同号一"), await selling.customer("合同号二")
    browser = await sign_in("li.wei")
    for customer_id in (one, other):
        assert (await change(browser, customer_id, contract_no="HT-1")).status_code == 204
    administrator = await sign_in("gu.ming")
    version = (await administrator.get("/api/policies/customer_field")).json()["version"]
    kinds = [{"key": "company", "name": {"zh": "企业", "en": "Company"}}]
    document = {"engine": 1, "kinds": kinds, "fields": [own("contract_no", "text", unique=True)]}
    asked = {"document": document, "follows": version, "note": ""}
    path = "/api/policies/customer_field"
    refused = await administrator.post(path, json=asked, headers={"Idempotency-Key": uuid4().hex})
    assert refused.json()["params"]["problems"][0]["code"] == "field_repeats"
    assert (await change(browser, other, contract_no="HT-2")).status_code == 204
    published = await administrator.post(path, json=asked, headers={"Idempotency-Key": uuid4().hex})
    assert published.status_code == 201, published.text
    assert (await change(browser, other, contract_no="ht-1")).json()["code"] == "field_taken"


async def test_a_field_that_becomes_unique_waits_for_whoever_writes_a_customer(
    sign_in: SignIn, selling: Selling, fields: Any, db: Database
) -> None:
    await fields(own("contract_no", "text"))
    one, other = await selling.customer("先写的"), await selling.customer("正在写的")
    assert (await change(await sign_in("li.wei"), one, contract_no="HT-7")).status_code == 204
    administrator = await sign_in("gu.ming")
    path = "/api/policies/customer_field"
    version = (await administrator.get(path)).json()["version"]
    kinds = [{"key": "company", "name": {"zh": "企业", "en": "Company"}}]
    document = {"engine": 1, "kinds": kinds, "fields": [own("contract_no", "text", unique=True)]}
    asked = {"document": document, "follows": version, "note": ""}
    async with db.session() as writing:
        written = sql("""update customer set custom = '{"contract_no": "ht-7"}' where id = :id""")
        await writing.execute(written, {"id": other})
        publishing = asyncio.create_task(administrator.post(path, json=asked, headers={"Idempotency-Key": uuid4().hex}))
        waits = sql("select count(*) from pg_locks where mode = 'ExclusiveLock' and not granted and relation > 0")
        async with db.session() as looking:
            while not await looking.scalar(waits):
                await asyncio.sleep(0.01)
    refused = (await publishing).json()
    assert refused["params"]["problems"][0]["code"] == "field_repeats"


async def test_a_new_customer_gets_its_number_and_takes_its_unique_values(sign_in: SignIn, fields: Any) -> None:
    await fields(own("card_no", "serial", pattern="XK-{no:3}"), own("badge", "text", unique=True))
    browser = await sign_in("li.wei")

    async def add(name: str) -> Response:
        body = {"values": {"name": name, "badge": "B7"}, "region": "east"}
        return await browser.post("/api/customers", json=body, headers={"Idempotency-Key": uuid4().hex})

    first, second = await add("新客户甲乙丙"), await add("另有其人丁戊")
    assert (first.status_code, second.status_code, second.json()["code"]) == (201, 422, "field_taken"), first.text
    manager = await sign_in("zhao.min")  # without an owner it lies in the region's pool
    assert (await held(manager, first.json()["id"]))["values"]["card_no"] == "XK-001"


async def test_the_form_reads_well_everywhere(visit: Visit, selling: Selling, fields: Any) -> None:
    await fields(*EVERY_TYPE)
    customer_id = await selling.customer("蓝港食品")
    await check_everywhere(visit, f"/customers/{customer_id}/edit", "customer-edit", as_person="li.wei")
