"""Leads come in by hand, from files and from other systems, on pages that read well everywhere."""

from __future__ import annotations

import re

import pytest
from httpx import AsyncClient
from playwright.async_api import FilePayload, expect
from sqlalchemy import select

from commands.lead_intake import NewLead
from commands.policy import publish_defaults
from db.customer import Assignment, Contact
from domain.access import Actor, Role
from tests.selling import Selling
from tests.somebody import phone_of
from tests.ui.browser import Visit, check_everywhere
from tests.ui.conftest import Site

pytestmark = pytest.mark.usefixtures("worker")


async def test_the_form_by_hand_warns_before_it_saves(visit: Visit, site: Site, people: dict[str, str]) -> None:
    phone = phone_of("collision by hand")
    known = NewLead(
        source="hand", company="撞单食品", name="周明", phone=phone, region="east", owner_id=people["li.wei"]
    )
    owner = Actor(id=people["li.wei"], roles=frozenset({Role.SALES}))
    await site.services.leads.create(owner, "collision-by-hand", known)
    visited = await visit("/leads/new", as_person="wang.fang")
    page = visited.page
    await page.get_by_label("Company", exact=True).fill("上海撞单食品有限公司")
    await page.get_by_label("Contact").fill("孙强")
    await page.get_by_label("Phone").fill(phone)
    await page.get_by_label("E-mail").click()
    await expect(page.get_by_text("A lead of somebody else")).to_be_visible()
    await expect(page.get_by_text("the same phone number")).to_be_visible()
    await page.get_by_role("button", name="Take in").click()
    await expect(page.get_by_text("This is perhaps known already.")).to_be_visible()
    await page.get_by_label("Something else: save it").check()
    await page.get_by_role("button", name="Take in").click()
    await expect(page.get_by_text("Say why it is something else")).to_be_visible()
    await page.get_by_label("Why it is something else").fill("另一家工厂")
    await page.get_by_role("button", name="Take in").click()
    await expect(page.get_by_text("The lead is taken in.")).to_be_visible()
    await expect(page.get_by_text("Reason: 另一家工厂")).to_be_visible()


async def test_a_lead_like_a_customer_of_the_pool_leads_there_unless_only_its_hidden_number_is_alike(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    await publish_defaults(site.services.db)
    pooled = await Selling(site.services, people).customer("霅溪丝绸印染有限公司")
    async with site.services.db.session() as session:
        (await session.get_one(Assignment, (pooled, people["east"]))).owner_id = None
        contact = (await session.scalars(select(Contact).where(Contact.customer_id == pooled))).one()
        contact.phone = phone_of("pooled")
    page = (await visit("/leads/new", as_person="wang.fang")).page
    warning = page.locator("#collisions")
    await page.get_by_label("Phone").fill(phone_of("pooled"))
    await page.get_by_label("E-mail").click()
    await expect(warning).to_contain_text("A customer in the pool · East China")
    await expect(warning.get_by_role("link")).to_have_attribute("href", "/pool")
    await page.get_by_label("Company", exact=True).fill("霅溪丝绸印染")
    await page.get_by_label("Contact").click()
    await expect(warning).to_contain_text("霅溪丝绸印染有限公司 · in the pool · East China")
    await warning.get_by_role("link", name="Claim it in the pool instead").click()
    await expect(page).to_have_url(re.compile(f"/pool/{pooled}/{people['east']}"))


async def test_a_file_is_mapped_taken_in_and_its_bad_rows_can_be_fetched(visit: Visit) -> None:
    page = (await visit("/leads/upload", as_person="zhao.min")).page
    content = f"公司,联系人,手机,车位\n文件食品,周明,{phone_of('file')},3\n坏行食品,周明,12,4\n".encode("gb18030")
    file = FilePayload(name="展会.csv", mimeType="text/csv", buffer=content)
    await page.get_by_label("File").set_input_files(file)
    await page.get_by_role("button", name="Read the file").click()
    await expect(page.get_by_label("Field of 手机")).to_have_value("phone")
    await page.get_by_label("Field of 车位").select_option("custom")
    await page.get_by_role("button", name="Take in 2 rows").click()
    await expect(page.get_by_text("This is not a phone number.")).to_be_visible()
    await check_everywhere(visit, page.url, "lead-upload", as_person="zhao.min")


async def test_a_webhook_is_set_up_and_tried_out(visit: Visit, site: Site) -> None:
    await check_everywhere(visit, "/leads/new", "lead-new", as_person="zhao.min")
    page = (await visit("/leads/hooks", as_person="zhao.min")).page
    await page.get_by_role("button", name="New webhook").click()
    await page.get_by_label("Webhook name").fill("广告平台")
    await page.get_by_role("button", name="Make it").click()
    await expect(page.get_by_label("Secret")).to_have_value(re.compile("^whsec_"))
    await page.get_by_label("A message as they send it").fill(
        '{"form": {"who": "周明", "mail": "zhou@ads.example.com"}}'
    )
    await page.locator("#f-path-name").fill("form.who")
    await page.locator("#f-path-email").fill("form.mail")
    await page.get_by_role("button", name="Try the sample").click()
    tried = page.locator("section", has=page.get_by_role("heading", name="What the sample comes to"))
    await expect(tried).to_contain_text("zhou@ads.example.com")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await check_everywhere(visit, page.url, "lead-hook", as_person="zhao.min")
    await check_everywhere(visit, "/leads/hooks", "lead-hooks", as_person="zhao.min")
    async with AsyncClient(base_url=site.url) as other:
        assert (await other.post("/api/hooks/leads/0123456789abcdef", json={})).status_code == 404
