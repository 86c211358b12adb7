"""Duplicates by browser: warned of on entry, reviewed in pairs, merged field by field, and taken back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from activities.customer_match import MatchRun
from commands.policy import publish_defaults
from db.base import new_id
from db.customer import Assignment, Contact, Customer
from db.customer_match import CustomerMatchRun, CustomerPair
from db.customer_pair import last_run
from db.engine import Database
from tests.conftest import SignIn
from tests.selling import Selling
from tests.ui.browser import Visit, check_everywhere
from workflows.customer_match import MATCHING, CustomerMatchWorkflow

pytestmark = pytest.mark.usefixtures("worker")


async def test_a_new_customer_is_warned_of_while_it_is_typed_and_kept_with_a_reason(
    visit: Visit, selling: Selling
) -> None:
    await selling.customer("青禾农业科技有限公司")
    page = (await visit("/customers/new", as_person="li.wei")).page
    await page.get_by_label("Name", exact=True).first.fill("青禾農業科技")
    await page.keyboard.press("Tab")
    warning = page.get_by_role("alert")
    await expect(warning).to_contain_text("the same company name")
    await expect(warning).to_contain_text("followed by Li Wei")
    await page.get_by_role("button", name="Save").click()
    await expect(warning).to_contain_text("Say why it is another one")
    await page.get_by_label("Why it is another one").fill("它的销售公司")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="青禾農業科技")).to_be_visible()
    await expect(page.locator("#record")).to_contain_text("Li Wei")


async def test_one_that_lies_in_the_pool_is_claimed_there_instead_of_entered_again(
    visit: Visit, selling: Selling, db: Database
) -> None:
    await publish_defaults(db)
    pooled = await selling.customer("苕溪竹木制品有限公司")
    async with db.session() as session:
        place = await session.get_one(Assignment, (pooled, selling.people["east"]))
        place.owner_id, place.since = None, datetime.now(UTC) - timedelta(days=90)
    page = (await visit("/customers/new", as_person="li.wei")).page
    await page.get_by_label("Name", exact=True).first.fill("苕溪竹木製品")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("alert")).to_contain_text("in the pool · East China")
    await page.get_by_role("link", name="Claim it in the pool instead").click()
    await expect(page).to_have_url(re.compile(f"/pool/{pooled}/"))
    await page.get_by_role("button", name="Claim", exact=True).click()
    await expect(page.get_by_text("1 customer is yours now")).to_be_visible()


async def test_a_pair_is_found_merged_field_by_field_and_taken_back(
    visit: Visit, selling: Selling, sign_in: SignIn, db: Database
) -> None:
    """Also from the page of one of the two."""
    one, other = await selling.customer("远山仪器"), await selling.customer("远山仪器有限公司", owner="chen.tao")
    async with db.session() as session:
        (await session.get_one(Customer, one)).phone = "+862155550001"
        (await session.get_one(Customer, other)).phone = "+862155550002"
    page = (await visit("/customers/duplicates", as_person="zhao.min")).page
    await page.get_by_role("button", name="Compare all now").click()
    pair = page.locator("article.twins", has_text="远山仪器有限公司")
    await expect(pair).to_contain_text("the same company name", timeout=20_000)
    await expect(pair.get_by_role("link", name="Merge")).to_be_visible()
    seller = await sign_in("chen.tao")
    assert "Perhaps the same" not in (await seller.get(f"/customers/{other}")).text, "who may merge nobody is not asked"
    await page.goto(f"/customers/{one}")
    card = page.locator(".card", has_text="Perhaps the same")
    await expect(card).to_contain_text("the same company name")
    await card.get_by_role("link", name="Merge").click()
    await page.get_by_role("group", name="Name").get_by_text("远山仪器有限公司").click()
    await page.get_by_role("group", name="East China").get_by_text("Chen Tao").click()
    await page.get_by_role("button", name="Merge").click()
    record = page.locator("#record")
    await expect(page.get_by_role("heading", name="远山仪器有限公司")).to_be_visible()
    await expect(record).to_contain_text("021 5555 0002")
    await page.goto(page.url.replace(one, other))
    assert page.url.endswith(f"/customers/{one}"), "the old address leads on"
    await page.get_by_role("button", name="Undo").click()
    await expect(record.get_by_role("heading", name="Merged from")).to_be_visible()
    await expect(page.get_by_text("The merge is undone.")).to_be_visible()
    async with db.session() as session:
        phones = await session.scalars(select(Contact.phone).where(Contact.customer_id.in_([one, other])))
        assert set(phones) == {"+8613800138000"}


async def test_a_customer_is_merged_with_any_other_that_is_found_from_its_page(
    visit: Visit, selling: Selling, sign_in: SignIn, db: Database
) -> None:
    await publish_defaults(db)
    mine, other = await selling.customer("白鹭光学镜头"), await selling.customer("厦门第三仪器厂", owner="chen.tao")
    south = await selling.customer("白鹭光学镜头南方", owner="wu.hao", region="south")
    async with db.session() as session:
        shared = new_id()
        session.add(Customer(id=shared, name="第三仪器厂两区"))
        await session.flush()
        for region, owner in (("east", "li.wei"), ("south", "wu.hao")):
            place = Assignment(
                customer_id=shared, region_id=selling.people[region], owner_id=selling.people[owner], tier="C"
            )
            session.add(place)
    visited = await visit(f"/customers/{mine}", as_person="zhao.min")
    page = visited.page
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("link", name="Merge with…").click()
    picks = page.locator("#picks")
    await expect(picks).not_to_contain_text("南方")
    await page.get_by_label("Customer", exact=True).press_sequentially("第三仪器")
    await expect(picks).to_contain_text("厦门第三仪器厂")
    await expect(picks).not_to_contain_text("第三仪器厂两区")  # another region answers for it, too
    await picks.get_by_role("link", name="Merge with 厦门第三仪器厂").click()
    await expect(page.get_by_role("link", name="Cancel")).to_have_attribute("href", f"/customers/{mine}")
    await page.get_by_role("group", name="East China").get_by_text("Chen Tao").click()
    await page.get_by_role("button", name="Merge", exact=True).click()
    await expect(page.get_by_text("They are one customer now.")).to_be_visible()
    await expect(page.locator("#record")).to_contain_text("厦门第三仪器厂")
    assert visited.problems == []

    boss, seller = await sign_in("zhao.min"), await sign_in("li.wei")
    assert (await boss.get(f"/customers/{south}/merge-with")).status_code == 404
    assert (await boss.get(f"/customers/{shared}/merge-with")).status_code == 403
    assert (await boss.get(f"/customers/{other}/merge-with")).headers["location"] == f"/customers/{mine}/merge-with"
    assert (await seller.get(f"/customers/{mine}/merge-with")).status_code == 403
    assert "Merge with" not in (await seller.get(f"/customers/{mine}", headers={"accept-language": "en"})).text
    plain = await boss.get(f"/customers/{mine}/merge-with?q=白鹭", headers={"accept": "text/html"})
    assert plain.status_code == 200, "without scripts it is a page for each search"
    await check_everywhere(visit, f"/customers/{mine}/merge-with", "customers-merge-with", as_person="zhao.min")


async def test_what_was_dismissed_comes_again_only_once_it_changed(
    sign_in: SignIn, selling: Selling, db: Database
) -> None:
    one, other = sorted([await selling.customer("北辰医药"), await selling.customer("北辰医药公司")])
    wanted = select(CustomerPair).where(CustomerPair.first_id == one, CustomerPair.second_id == other)

    async def status() -> str:
        client = selling.services.temporal
        queue = selling.services.settings.task_queue
        await client.execute_workflow(
            CustomerMatchWorkflow.run, MatchRun(), id=f"{MATCHING}/{new_id()}", task_queue=queue
        )
        async with db.session() as session:
            return (await session.scalars(wanted)).one().status

    assert await status() == "open"
    browser = await sign_in("zhao.min")
    said = {"first_id": one, "second_id": other, "note": "两家公司"}
    told = await browser.post("/api/customers/duplicates/dismiss", json=said, headers={"Idempotency-Key": new_id()})
    assert told.status_code == 204
    assert await status() == "dismissed"
    async with db.session() as session:
        (await session.get_one(Customer, one)).phone = "+862155558888"
        run = await last_run(session)
        assert run is not None
        assert (run.done, run.ended_at is not None) == (run.parts, True)
    assert await status() == "open"


async def test_the_queue_shows_what_one_may_merge_page_by_page(
    sign_in: SignIn, selling: Selling, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.customer_duplicate.PAGE", 2)
    made = [await selling.customer(f"分页{no}") for no in range(4)]
    south = await selling.customer("南方分页", owner="wu.hao", region="south")
    async with db.session() as session:
        (await session.scalars(select(Assignment).where(Assignment.customer_id == made[0]))).one().owner_id = None
        session.add(CustomerMatchRun(id=new_id(), parts=3, done=3))
        for no, other in enumerate([*made[1:], south]):
            session.add(
                CustomerPair(
                    first_id=made[0], second_id=other, points=90 - no, reasons=["phone"], fingerprint=no, status="open"
                )
            )
    boss, found, address = await sign_in("zhao.min"), "", "/customers/duplicates"
    while address:
        text = (await boss.get(address, headers={"accept": "text/html"})).text
        found += text
        head, _, rest = text.partition('rel="next"')
        address = head.rpartition('href="')[2].split('"')[0].replace("&amp;", "&") if rest else ""
    assert all(f"/customers/{one}" in found for one in made)
    assert south not in found
    assert "在公海" in found or "in the pool" in found
    assert (await (await sign_in("li.wei")).get("/customers/duplicates")).status_code == 403


async def test_the_pages_read_well_everywhere(visit: Visit, selling: Selling, db: Database) -> None:
    one = await selling.customer("观澜装备制造有限公司")
    other = await selling.customer("上海观澜装备制造股份有限公司", owner="chen.tao")
    async with db.session() as session:
        row = await session.get_one(Customer, one)
        row.address, row.city, row.email = "上海市浦东新区科苑路88号1幢", "上海", "office@guanlan.example"
        first, second = sorted((one, other))
        session.add(
            CustomerPair(
                first_id=first, second_id=second, points=99, reasons=["company", "phone", "other_city"], fingerprint=1,
                status="open", note="母公司和子公司", decided_by=selling.people["chen.tao"],
            )
        )  # fmt: skip
        session.add(CustomerMatchRun(id=new_id(), parts=4, done=1, customers=1_000_000, found=1))
    await check_everywhere(visit, "/customers/new", as_person="li.wei")
    await check_everywhere(visit, "/customers/duplicates", as_person="zhao.min")
    await check_everywhere(visit, f"/customers/merge?ids={one}&ids={other}", "customers-merge", as_person="zhao.min")
