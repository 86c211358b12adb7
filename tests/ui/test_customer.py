"""Customers: found by characters or pinyin among one's own, each with all that is under way."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.conftest import SignIn
from tests.selling import YUAN, Selling
from tests.ui.browser import Visit, check_everywhere

pytestmark = pytest.mark.usefixtures("worker")


async def test_a_customer_is_found_by_pinyin_and_shows_what_is_under_way(visit: Visit, selling: Selling) -> None:
    customer_id = await selling.customer("恒远物流")
    await selling.customer("云帆航空")
    await selling.deal("车队远程信息", amount=1_740_000 * YUAN, customer_id=customer_id, stage="needs")
    licence = await selling.deal("三年平台许可", amount=128_000 * YUAN, customer_id=customer_id, stage="negotiation")
    page = (await visit("/customers", as_person="li.wei")).page
    await page.get_by_role("searchbox").fill("hywl")
    await page.keyboard.press("Enter")
    row = page.locator("tbody tr")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text("2 open deals")
    await expect(row).to_contain_text("¥1.87M")
    await page.get_by_role("link", name="恒远物流", exact=True).click()
    await expect(page.get_by_role("table", name="Deals").locator("tbody tr")).to_have_count(2)
    await expect(page.get_by_role("table", name="Contracts")).to_contain_text("Draft")
    await expect(page.locator("#record")).to_contain_text("Li Wei")
    await expect(page.locator("#record")).to_contain_text("138 0013 8000")
    moved = page.locator(".timeline li", has_text="Moved from First contact to Needs analysis").first
    await expect(moved.get_by_role("link", name="三年平台许可")).to_have_attribute("href", f"/deals/{licence}")


async def test_who_sees_a_customer_follows_it_or_its_region(sign_in: SignIn, selling: Selling) -> None:
    customer_id = await selling.customer("只有华东能看")
    answers = {}
    for name in ("li.wei", "zhao.min", "he.jie", "gao.fei", "wang.fang", "huang.bo"):
        browser = await sign_in(name)
        page = await browser.get(f"/customers/{customer_id}", headers={"accept": "text/html"})
        found = await browser.get("/customers", params={"text": "只有华东能看"}, headers={"accept": "text/html"})
        assert (customer_id in found.text) == (page.status_code == 200), name
        answers[name] = page.status_code
    assert answers == {
        "li.wei": 200, "zhao.min": 200, "he.jie": 200, "gao.fei": 200, "wang.fang": 404, "huang.bo": 404,
    }  # fmt: skip


async def test_support_sees_the_customer_but_not_the_deals(sign_in: SignIn, selling: Selling) -> None:
    customer_id = await selling.customer("客服的客户")
    await selling.deal("客服看不到的商机", customer_id=customer_id)
    page = await (await sign_in("gao.fei")).get(f"/customers/{customer_id}", headers={"accept": "text/html"})
    assert "客服的客户" in page.text
    assert "客服看不到的商机" not in page.text


async def test_a_long_list_goes_on_where_it_stopped(
    sign_in: SignIn, selling: Selling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.customer_list.PAGE", 2)
    made = [await selling.customer(f"翻页{no}") for no in range(5)]
    browser = await sign_in("li.wei")
    found: list[str] = []
    after: str | None = None
    while True:
        params = {"text": "翻页", "limit": "2"} | ({"after": after} if after else {})
        page = (await browser.get("/api/customers", params=params)).json()
        found += [customer["id"] for customer in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert found == made[::-1]
    first = await browser.get("/customers?text=翻页", headers={"accept": "text/html"})
    assert 'rel="next"' in first.text


@pytest.mark.parametrize("path", ["/customers", "customer"])
async def test_the_pages_read_well_everywhere(visit: Visit, selling: Selling, path: str) -> None:
    customer_id = await selling.customer("蓝港食品")
    deal_id = await selling.deal("冷链可视化", customer_id=customer_id, stage="negotiation")
    await selling.submitted(deal_id)
    address = f"/customers/{customer_id}" if path == "customer" else path
    await check_everywhere(visit, address, path.strip("/"), as_person="zhao.min")


async def test_people_at_a_customer_are_added_and_corrected(visit: Visit, selling: Selling) -> None:
    customer_id = await selling.customer("联系人有误")
    page = (await visit(f"/customers/{customer_id}", as_person="li.wei")).page
    await page.get_by_role("link", name="Edit 周明").click()
    await page.get_by_label("E-mail").fill("zhou.ming@")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_label("E-mail")).to_have_value("zhou.ming@")
    await expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    await page.get_by_label("E-mail").fill("Zhou.Ming@example.com")
    await page.get_by_label("Position").fill("采购经理")
    await page.get_by_role("button", name="Save").click()
    record = page.locator("#record")
    await expect(record).to_contain_text("zhou.ming@example.com")
    await expect(record).to_contain_text("采购经理")
    await expect(record).to_contain_text("Regions that follow it")  # it comes after the page, and moves what is below
    await record.get_by_role("link", name="Add", exact=True).click()
    await page.get_by_label("Name").fill("吴倩")
    await page.get_by_label("Phone").fill("139 1234 5678")
    await page.get_by_role("button", name="Save").click()
    await expect(record).to_contain_text("139 1234 5678")


async def test_only_who_works_on_a_customer_changes_its_people(sign_in: SignIn, selling: Selling) -> None:
    customer_id = await selling.customer("别人不能改")
    path, contact = f"/api/customers/{customer_id}/contacts", {"name": "吴倩", "phone": "13912345678"}
    answers = {}
    for name in ("li.wei", "zhao.min", "gao.fei", "wang.fang"):
        browser = await sign_in(name)
        answer = await browser.post(path, json=contact, headers={"Idempotency-Key": f"吴倩 {name}".encode().hex()})
        answers[name] = answer.status_code
    assert answers == {"li.wei": 201, "zhao.min": 201, "gao.fei": 403, "wang.fang": 404}
    browser = await sign_in("li.wei")
    key = {"Idempotency-Key": "add-once"}
    twice = [(await browser.post(path, json=contact, headers=key)).json()["id"] for _ in range(2)]
    assert twice[0] == twice[1]
    short = {"name": "吴倩", "phone": "12"}
    wrong = await browser.put(f"{path}/{twice[0]}", json=short, headers={"Idempotency-Key": "short-number"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "phone")
    elsewhere = await selling.customer("另一家")
    moved = await browser.put(
        f"/api/customers/{elsewhere}/contacts/{twice[0]}",
        json=contact,
        headers={"Idempotency-Key": "of-another-customer"},
    )
    assert moved.status_code == 404


async def test_who_takes_over_a_deal_sees_its_customer(sign_in: SignIn, selling: Selling) -> None:
    customer_id = await selling.customer("随商机转交")
    deal_id = await selling.deal("转交的商机", customer_id=customer_id)
    new_owner = await sign_in("wang.fang")
    page = f"/api/customers/{customer_id}"
    assert (await new_owner.get(page)).status_code == 404
    deal = (await (await sign_in("li.wei")).get(f"/api/deals/{deal_id}")).json()
    handed = await (await sign_in("li.wei")).post(
        f"/api/deals/{deal_id}/hand-over", json={"version": deal["version"], "to": selling.people["wang.fang"]},
        headers={"Idempotency-Key": "handed-over"},
    )  # fmt: skip
    assert handed.status_code == 200, handed.text
    assert (await new_owner.get(page)).status_code == 200
