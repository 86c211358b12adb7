"""A visitor writes to the company, without an account, a cookie or a script."""

from __future__ import annotations

import pytest
from httpx import AsyncClient
from playwright.async_api import Browser, expect

from commands.policy import publish_defaults
from db.engine import Database
from tests.ui.browser import PHONE, RESULTS, Visit, check_everywhere
from tests.ui.conftest import Site


@pytest.fixture(autouse=True)
async def policies(db: Database) -> None:
    await publish_defaults(db)


async def test_the_form_and_its_list_read_well_everywhere(visit: Visit) -> None:
    await check_everywhere(visit, "/f/all", "lead-form")
    await check_everywhere(visit, "/f/support", "support-form")
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


async def test_a_photo_goes_to_support_from_a_telephone_without_scripts(site: Site, chromium: Browser) -> None:
    context = await chromium.new_context(
        base_url=site.url, java_script_enabled=False, viewport={"width": PHONE.width, "height": PHONE.height}
    )
    page = await context.new_page()
    await page.goto("/f/support?lang=zh_CN")
    for name, text in (("company", "蓝港物流"), ("name", "周明"), ("email", "zhou@photo.example"), ("message", "停机")):
        await page.locator(f"[name={name}]").fill(text)
    await page.locator("[name=consent]").check()
    files = page.get_by_label("文件")
    await files.set_input_files({"name": "报警.png", "mimeType": "image/png", "buffer": b"MZ"})
    await page.locator("form button[type=submit]").click()
    await expect(page.get_by_text("报警.png 的内容与扩展名不符。")).to_be_visible()
    await expect(page.get_by_text("您填写的内容都还在，请重新选择文件。")).to_be_visible()
    RESULTS.mkdir(exist_ok=True)
    await page.screenshot(path=RESULTS / "support-form-refused.png", full_page=True)
    await files.set_input_files({"name": "报警.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\nx"})
    await page.locator("form button[type=submit]").click()
    await expect(page.get_by_text("已收到，会尽快答复。")).to_be_visible()
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
