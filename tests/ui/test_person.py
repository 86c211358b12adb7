"""People's pages, one's own settings, and the audit log."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.ui.browser import DESK, PHONE, Visit, check_everywhere


async def test_people_read_well_everywhere(visit: Visit, people: dict[str, str]) -> None:
    await check_everywhere(visit, f"/people?open={people['li.wei']}", "people", as_person="gu.ming")


async def test_a_person_reads_well_everywhere(visit: Visit, people: dict[str, str]) -> None:
    await check_everywhere(visit, f"/people/{people['zhao.min']}", "person", as_person="gu.ming")


async def test_the_form_for_a_person_reads_well_everywhere(visit: Visit) -> None:
    await check_everywhere(visit, "/people/new", as_person="gu.ming")


async def test_ones_own_settings_read_well_everywhere(visit: Visit) -> None:
    await check_everywhere(visit, "/me", as_person="li.wei")


async def test_the_audit_log_reads_well_everywhere(visit: Visit) -> None:
    await check_everywhere(visit, "/audit", as_person="han.xue")


async def test_an_administrator_takes_somebody_on_and_sees_them_off(visit: Visit) -> None:
    page = (await visit("/people", as_person="gu.ming")).page
    await page.get_by_role("link", name="Take somebody on").click()
    await page.get_by_label("Name", exact=True).fill("孙悦")
    await page.get_by_label("Name in English").fill("Sun Yue")
    await page.get_by_label("E-mail").fill("li.wei@throughline.example")
    await page.get_by_label("Team").select_option("East sales")
    await page.get_by_label("Reports to").select_option("Zhao Min")
    await page.get_by_role("checkbox", name="Sales", exact=True).check()
    await page.get_by_role("button", name="Take on").click()
    await expect(page.locator("#e-email")).to_have_text("Somebody has this e-mail address already.")
    await expect(page.get_by_label("Name", exact=True)).to_have_value("孙悦")

    await page.get_by_label("E-mail").fill("sun.yue@throughline.example")
    await page.get_by_role("button", name="Take on").click()
    await expect(page.get_by_label("Start password")).to_have_value(re.compile(r"^\w{4}-\w{4}-\w{4}$"))
    await expect(page.get_by_text("East China")).to_be_visible()

    await page.get_by_role("button", name="See off").click()
    await page.get_by_role("dialog").get_by_role("button", name="See off").click()
    await expect(page.get_by_role("button", name="Take back")).to_be_visible()


async def test_the_list_finds_people_and_opens_them_beside_it(visit: Visit, people: dict[str, str]) -> None:
    page = (await visit("/people", as_person="li.wei", look=DESK)).page
    await page.get_by_role("searchbox").fill("wang")
    await page.get_by_role("searchbox").press("Enter")
    await expect(page).to_have_url(re.compile("text=wang"))
    await page.get_by_role("link", name="Wang Fang").click()
    await expect(page.locator("#panel h2")).to_have_text("Wang Fang")
    await expect(page).to_have_url(re.compile(f"text=wang.*open={people['wang.fang']}"))
    await expect(page.locator("#panel").get_by_role("link", name="Edit")).to_have_count(0)
    await page.reload()
    await expect(page.locator("#panel h2")).to_have_text("Wang Fang")


async def test_a_phone_opens_a_person_as_a_page(visit: Visit, people: dict[str, str]) -> None:
    page = (await visit("/people?text=wang", as_person="li.wei", look=PHONE)).page
    await page.get_by_role("link", name="Wang Fang").click()
    await expect(page).to_have_url(re.compile(f"/people/{people['wang.fang']}$"))


async def test_sales_neither_manage_people_nor_read_the_audit_log(visit: Visit) -> None:
    for path in ("/people/new", "/audit"):
        page = (await visit(path, as_person="li.wei")).page
        await expect(page.get_by_role("heading", name="Not yours to see", level=1)).to_be_visible()


async def test_a_chosen_language_and_theme_stay(visit: Visit) -> None:
    page = (await visit("/me", as_person="deng.li")).page
    await page.get_by_label("Language").select_option("简体中文")
    await page.get_by_label("Appearance").select_option("Dark")
    await page.get_by_label("Time zone").select_option("Asia/Urumqi")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")


async def test_a_token_is_made_shown_once_and_revoked(visit: Visit) -> None:
    page = (await visit("/me", as_person="wu.hao")).page
    await page.get_by_label("What it is for").fill("Weekly report")
    await page.get_by_role("button", name="Make a token").click()
    await expect(page.get_by_label("New token")).to_have_value(re.compile("^tl_"))
    await page.goto("/me")
    await expect(page.get_by_label("New token")).to_have_count(0)
    await page.get_by_role("button", name="Revoke").click()
    await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(page.get_by_role("table", name="Tokens for programs")).to_have_count(0)
