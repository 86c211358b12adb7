"""A visitor writes to the company, without an account, a cookie or a script."""

from __future__ import annotations

import pytest
from httpx import AsyncClient
from playwright.async_api import Browser, expect

from commands.policy import publish_defaults
from db.engine import Database
from tests.ui.browser import Visit, check_everywhere
from tests.ui.conftest import Site


@pytest.fixture(autouse=True)
async def policies(db: Database) -> None:
    await publish_defaults(db)


async def test_the_form_and_its_list_read_well_everywhere(visit: Visit) -> None:
    await check_everywhere(visit, "/f/all", "lead-form")
    await check_everywhere(visit, "/leads/forms?change=east", "lead-forms", as_person="zhao.min")


async def test_an_enquiry_is_sent_without_scripts_and_leaves_no_cookie(site: Site, chromium: Browser) -> None:
    context = await chromium.new_context(base_url=site.url, java_script_enabled=False, locale="zh-CN")
    page = await context.new_page()
    await page.goto("/f/east?utm_source=baidu&lang=en")
    await page.get_by_label("Company").fill("无脚本贸易")
    await page.get_by_label("Your name").fill("周明")
    await page.get_by_label("Phone").fill("12345")
    await page.get_by_label("may contact me").check()
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("This is not a phone number.")).to_be_visible()
    await expect(page.get_by_label("Company")).to_have_value("无脚本贸易")
    await page.get_by_label("Phone").fill("138 0013 8000")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert await context.cookies() == []
    await context.close()


async def test_only_the_forms_own_sites_may_frame_it(visit: Visit, site: Site) -> None:
    page = (await visit("/leads/forms?change=east", as_person="zhao.min")).page
    sites = page.get_by_label("Sites that may show or send it")
    await sites.fill("shop.example.com")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("This is not a site's address.")).to_be_visible()
    await sites.fill("https://shop.example.com\nhttps://www.example.com/")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    async with AsyncClient(base_url=site.url) as visitor:
        policy = (await visitor.get("/f/east")).headers["content-security-policy"]
        assert "frame-ancestors 'self' https://shop.example.com https://www.example.com" in policy
        assert "frame-ancestors 'none'" in (await visitor.get("/sign-in")).headers["content-security-policy"]
    visited = await visit("/leads/forms", as_person="li.wei")
    await expect(visited.page.get_by_text("Your role does not allow this.")).to_be_visible()
