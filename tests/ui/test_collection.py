"""Finance records what came in, in the words and numbers of an office."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from db.collection import Collection
from tests.collecting import open_collection
from tests.ui.browser import Visit, axe_findings, check_everywhere
from tests.ui.conftest import Site

pytestmark = pytest.mark.usefixtures("worker")


async def test_collections_read_well_everywhere(visit: Visit, site: Site, people: dict[str, str]) -> None:
    await open_collection(site.services, people, customer="岭南茶业", due_in=(-3, 20))
    collection_id = await open_collection(site.services, people)
    await check_everywhere(visit, f"/collections?open={collection_id}", "collections", as_person="he.jie")
    await check_everywhere(visit, f"/collections/{collection_id}", "collection", as_person="he.jie")


async def test_a_payment_is_recorded_as_it_is_said(visit: Visit, site: Site, people: dict[str, str]) -> None:
    collection_id = await open_collection(site.services, people, customer="云帆航空")
    page = (await visit("/collections?text=云帆", as_person="he.jie")).page
    await page.get_by_role("link", name="云帆航空 冷链可视化").click()
    await page.get_by_role("button", name="Record a payment").click()
    await page.get_by_role("dialog").get_by_label("Amount").fill("6万")
    await page.get_by_role("dialog").get_by_role("button", name="Record").click()
    await expect(page.get_by_text("That is more than is still owed.")).to_be_visible()
    await page.get_by_role("dialog").get_by_label("Amount").fill("２．４万")
    await page.get_by_role("dialog").get_by_label("Reference").fill("招行 1122")
    await page.get_by_role("dialog").get_by_role("button", name="Record").click()
    await expect(page.get_by_text("¥24,000 recorded.")).to_be_visible()
    panel = page.locator("#panel")
    await expect(panel.get_by_text("招行 1122")).to_be_visible()  # beside the list, as before
    await expect(panel.get_by_text("2 instalments", exact=True)).to_be_visible()

    await page.goto(f"/collections/{collection_id}")
    await page.keyboard.press("p")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Paid in full", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Record a payment")).to_have_count(0)


async def test_the_same_money_written_down_by_two_people_is_taken_once(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    collection_id = await open_collection(site.services, people, customer="双人财务")
    pages = [(await visit(f"/collections/{collection_id}", as_person=name)).page for name in ("he.jie", "ma.chao")]
    for page in pages:
        await page.keyboard.press("p")
    for page in pages:
        await page.get_by_role("dialog").get_by_role("button", name="Record").click()
    await expect(pages[0].get_by_text("¥24,000 recorded.")).to_be_visible()
    await expect(pages[1].get_by_text("A payment has been recorded meanwhile.")).to_be_visible()
    await expect(pages[1].get_by_text("¥24,000 is left of ¥48,000.")).to_be_visible()


async def test_a_part_payment_a_promise_a_dispute_with_its_end_and_a_credit_note(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    collection_id = await open_collection(site.services, people, customer="四步茶庄", due_in=(-3, 20))
    page = (await visit(f"/collections/{collection_id}", as_person="he.jie")).page
    dialog = page.locator("dialog[open]")

    async def choose(act: str) -> None:
        await page.get_by_role("button", name="More", exact=True).click()
        await page.locator("#more-acts").get_by_role("button", name=act).click()

    await page.get_by_role("button", name="Record a payment").click()
    await dialog.get_by_label("Amount").fill("9000")
    await dialog.get_by_role("button", name="Record").click()
    await expect(page.get_by_text("¥9,000 of it is paid")).to_be_visible()

    await page.get_by_role("button", name="Promise").click()
    await dialog.get_by_label("Amount").fill("39,000.01")
    promised_on = datetime.now(UTC).date() + timedelta(days=5)
    await dialog.get_by_label("By").fill(promised_on.isoformat())
    await dialog.get_by_role("button", name="Note the promise").click()
    await expect(dialog.get_by_text("That is more than is still owed.")).to_be_visible()
    await dialog.get_by_label("Amount").fill("1.5万")
    await dialog.get_by_role("button", name="Note the promise").click()
    await expect(page.get_by_text("Promised by").first).to_be_visible()

    await choose("Record a dispute")
    await dialog.get_by_label("Note").fill("三台不合格")
    await dialog.get_by_role("button", name="Stop the clock").click()
    await expect(page.get_by_text("Disputed", exact=True)).to_be_visible()
    await page.locator("[data-open^='resolve-']").first.click()
    await dialog.get_by_label("What was agreed").fill("换货")
    await dialog.get_by_role("button", name="Resolve").click()
    await expect(page.get_by_text("Disputed", exact=True)).to_have_count(0)

    await choose("Credit note")
    await dialog.get_by_label("Amount").fill("1000")
    await dialog.get_by_label("What for").fill("降价")
    await dialog.get_by_role("button", name="Book").click()
    await expect(page.get_by_text("¥1,000 credited")).to_be_visible()
    await expect(page.get_by_text("¥38,000", exact=True).first).to_be_visible()  # 48,000 less 9,000 less 1,000
    async with site.services.db.session() as session:
        row = await session.get_one(Collection, collection_id)
    assert (row.paid, row.credited, row.promised, row.disputed_at) == (900_000, 100_000, 1_500_000, None)
    assert await axe_findings(page) == []


async def test_sales_look_and_finance_records(visit: Visit, site: Site, people: dict[str, str]) -> None:
    collection_id = await open_collection(site.services, people, customer="西湖零售")
    page = (await visit(f"/collections/{collection_id}", as_person="li.wei")).page
    await expect(page.get_by_role("heading", name="西湖零售 冷链可视化").last).to_be_visible()
    await expect(page.get_by_role("button", name="Record a payment")).to_have_count(0)
    page = (await visit(f"/collections/{collection_id}", as_person="wang.fang")).page
    await expect(page.get_by_text("This does not exist, or you may not see it.")).to_be_visible()
