"""Leads in a browser: contacted with two keys, qualified into a deal, entered by hand, followed live."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from api.services import Services
from commands.lead_intake import NewLead
from db.lead import Lead
from domain.access import Actor, Role
from tests.somebody import phone_of
from tests.ui.browser import PHONE, Visit, check_everywhere
from tests.ui.conftest import Site

pytestmark = pytest.mark.usefixtures("worker")


async def give(services: Services, people: dict[str, str], company: str, owner: str = "li.wei") -> str:
    """A lead of this owner, once its process has asked for first contact."""
    actor = Actor(id=people[owner], roles=frozenset({Role.SALES}))
    lead = NewLead(
        source="hand", company=company, name="周明", phone=phone_of(company), message="想了解冷链方案",
        amount=4_800_000, region="east", owner_id=people[owner],
    )  # fmt: skip
    lead_id = await services.leads.create(actor, f"{company}-{owner}", lead)
    await asked(services, lead_id)
    return lead_id


async def asked(services: Services, lead_id: str) -> None:
    """Returns once first contact is asked of the lead's owner."""
    async with asyncio.timeout(30):
        while True:
            async with services.db.session() as session:
                lead = await session.get_one(Lead, lead_id)
                if lead.stage == "assigned" and lead.due_at is not None:
                    return
            await asyncio.sleep(0.05)


async def test_leads_read_well_everywhere(visit: Visit, site: Site, people: dict[str, str]) -> None:
    lead_id = await give(site.services, people, "海岸物流")
    visited = await visit(f"/leads/{lead_id}", as_person="li.wei")
    await expect(visited.page.get_by_text("First contact with the lead")).to_be_visible()
    await check_everywhere(visit, f"/leads?open={lead_id}", "leads", as_person="zhao.min")


async def test_a_contact_is_logged_with_two_keys(visit: Visit, site: Site, people: dict[str, str]) -> None:
    lead_id = await give(site.services, people, "两键食品")
    visited = await visit(f"/leads/{lead_id}", as_person="li.wei")
    await expect(visited.page.get_by_text("First contact with the lead")).to_be_visible()
    await visited.page.keyboard.press("c")
    await visited.page.keyboard.press("Enter")
    await expect(visited.page.get_by_text("The contact is logged.")).to_be_visible()
    await expect(visited.page.get_by_text("Contact by Phone call: Reached")).to_be_visible()
    await expect(visited.page.get_by_text("Contacted: to be qualified or closed")).to_be_visible()
    assert visited.problems == []


async def test_a_lead_stays_open_beside_its_list_when_it_is_contacted(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    await give(site.services, people, "留在旁边")
    page = (await visit("/leads", as_person="li.wei")).page
    await page.get_by_role("link", name="留在旁边").click()
    panel = page.locator("#panel")
    await panel.get_by_role("button", name="Log contact").click()
    await panel.get_by_role("dialog").get_by_role("button", name="Log contact").click()
    await expect(panel.get_by_text("Contact by Phone call: Reached")).to_be_visible()
    await expect(panel.get_by_text("First contact: contacted")).to_have_count(0)


async def test_a_qualified_lead_opens_its_deal(visit: Visit, site: Site, people: dict[str, str]) -> None:
    lead_id = await give(site.services, people, "合格机械")
    visited = await visit(f"/leads/{lead_id}", as_person="li.wei")
    page = visited.page
    await expect(page.get_by_text("First contact with the lead")).to_be_visible()
    await page.keyboard.press("q")
    await page.get_by_label("Deal", exact=True).fill("冷链可视化")
    await page.get_by_label("Amount").fill("四万八")
    await page.get_by_role("dialog").get_by_role("button", name="Qualify").click()
    await expect(page.get_by_text("This cannot be read as an amount.")).to_be_visible()
    await expect(page.get_by_label("Amount")).to_be_focused()
    await expect(page.get_by_label("Deal", exact=True)).to_have_value("冷链可视化")
    await page.get_by_label("Amount").fill("4.8万")
    await page.get_by_role("dialog").get_by_role("button", name="Qualify").click()
    await page.wait_for_url("**/deals/*")
    await expect(page.get_by_text("¥48,000").first).to_be_visible()


async def test_a_lead_is_entered_by_hand_on_a_phone_and_mistakes_are_said(visit: Visit) -> None:
    visited = await visit("/leads", as_person="li.wei", language="zh_CN", look=PHONE)
    page = visited.page
    await page.get_by_role("link", name="新建线索").click()
    await page.locator("#f-company").fill("手机录入")
    await page.locator("#f-name").fill("林小姐")
    await page.locator("#f-phone").fill("12345")
    await page.locator("#new-lead-form button[type=submit]").last.click()
    await expect(page.locator("#f-phone")).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#f-company")).to_have_value("手机录入")
    await page.locator("#f-phone").fill("139 0013 9001")
    await page.locator("#new-lead-form button[type=submit]").last.click()
    await expect(page.get_by_role("heading", name="手机录入").last).to_be_visible()


async def test_a_list_hears_of_a_new_lead_as_it_comes_in(visit: Visit, site: Site, people: dict[str, str]) -> None:
    visited = await visit("/leads", as_person="zhao.min")
    await expect(visited.page.locator('[data-live-status="on"]')).to_be_visible()
    await give(site.services, people, "实时纺织")
    await expect(visited.page.get_by_role("link", name="实时纺织")).to_be_visible()


async def test_another_regions_manager_finds_nothing(visit: Visit, site: Site, people: dict[str, str]) -> None:
    lead_id = await give(site.services, people, "只在华东")
    visited = await visit(f"/leads/{lead_id}", as_person="huang.bo")
    await expect(visited.page.get_by_text("This does not exist, or you may not see it.")).to_be_visible()
    visited = await visit(f"/leads?open={lead_id}", as_person="huang.bo")
    await expect(visited.page.get_by_text("只在华东")).to_have_count(0)


async def test_a_row_of_the_list_takes_a_contact_with_two_keys(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    lead_id = await give(site.services, people, "列表两键", "chen.tao")
    visited = await visit(f"/leads/{lead_id}", as_person="chen.tao")
    page = visited.page
    await expect(page.get_by_text("First contact with the lead")).to_be_visible()
    await page.goto("/leads")
    await page.get_by_role("link", name="列表两键").focus()
    await page.keyboard.press("c")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_text("The contact is logged.")).to_be_visible()
    assert visited.problems == []


async def test_a_lead_is_closed_for_a_reason_and_opened_again(visit: Visit, site: Site, people: dict[str, str]) -> None:
    lead_id = await give(site.services, people, "关了又开", "zhou.kai")
    page = (await visit(f"/leads/{lead_id}", as_person="zhou.kai")).page
    await expect(page.get_by_text("First contact with the lead")).to_be_visible()
    await page.keyboard.press("x")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Something else").check()
    await dialog.get_by_role("button", name="Dismiss").click()
    await expect(page.get_by_text("Say it in your own words, too: this reason needs them.")).to_be_visible()
    await page.get_by_role("dialog").get_by_label("In your words").fill("换了供应商")
    await page.get_by_role("dialog").get_by_role("button", name="Dismiss").click()
    await expect(page.get_by_text("Something else: 换了供应商")).to_be_visible()
    await page.get_by_role("button", name="Open again").click()
    await asked(site.services, lead_id)
    await page.goto(f"/leads/{lead_id}")
    await expect(page.get_by_text("First contact with the lead")).to_be_visible()
