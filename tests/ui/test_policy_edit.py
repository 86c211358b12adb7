"""The editor of policies in a browser: a limit raised, tried, published; a gap refused; a stale tab; the way back."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.async_api import Locator, Page, expect

from tests.approving import submitted
from tests.ui.browser import PHONE, Visit, check_everywhere
from tests.ui.conftest import Site

pytestmark = pytest.mark.usefixtures("worker")
EDIT = "/policies/approval/edit"


def card(page: Page, title: str) -> Locator:
    return page.locator(".card", has=page.get_by_role("heading", name=title, exact=True))


async def set_limit(page: Page, row: str, field: str, text: str) -> None:
    await page.locator(f"#cell-{row}-amount").click()
    await page.get_by_label("Value").nth(0 if field == "low" else 1).fill(text)
    await page.get_by_role("button", name="Keep in the draft").click()
    await expect(page.locator("dialog[open]")).to_have_count(0)


async def test_a_higher_limit_is_tried_on_the_last_requests_published_and_gone_back_on(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    for yuan in (40_000, 60_000, 70_000, 90_000):
        await submitted(site.services, people, title=f"试算 {yuan}", yuan=yuan)
    visited = await visit(EDIT, as_person="gu.ming")
    page = visited.page
    checks, trial = card(page, "Checks"), card(page, "On the last requests")
    await expect(page.get_by_text("is in force. What you change here becomes a draft")).to_be_visible()

    await set_limit(page, "above_50000", "low", "8万")
    await expect(page.locator("#cell-above_50000-amount")).to_have_text("above ¥80,000")
    await expect(checks).to_contain_text("Amount ¥50,000.01, Currency CNY")
    await expect(page.get_by_role("button", name=re.compile("^Publish version"))).to_be_disabled()

    await set_limit(page, "up_to_50000", "high", "80,000.00")
    await expect(checks).to_contain_text("Every case has a row")
    await expect(trial).to_contain_text("2 of 4 would no longer go to: CFO")
    await trial.get_by_text("Show them").click()
    await expect(trial.get_by_role("link", name=re.compile("试算 60000"))).to_be_visible()

    await page.get_by_role("link", name="What it changes").click()
    await expect(page.get_by_role("row", name=re.compile("Row 1, Amount up to ¥50,000 up to ¥80,000"))).to_be_visible()
    await page.go_back()
    await page.get_by_label("What changes, and why").fill("Raise the limit")
    await page.get_by_role("button", name=re.compile("^Publish version")).click()
    await expect(page.get_by_text("Amount up to ¥80,000")).to_be_visible()
    await expect(page.get_by_text("Raise the limit")).to_be_visible()

    await page.get_by_role("link", name="Version 1", exact=True).click()
    await page.get_by_role("button", name="Go back to this version").click()
    await expect(page.locator("#cell-up_to_50000-amount")).to_have_text("up to ¥50,000")
    await expect(card(page, "On the last requests")).to_contain_text("would now also go to: CFO")
    assert visited.problems == []


async def test_rows_move_by_the_keyboard_and_a_stale_tab_does_not_overwrite(visit: Visit) -> None:
    first, stale = [await visit(EDIT, as_person="gu.ming") for _ in range(2)]
    rows = first.page.locator("#rows tbody tr")
    await first.page.locator("#cell-foreign_currency-currency").focus()
    await first.page.keyboard.press("Alt+ArrowUp")
    await expect(rows.nth(1)).to_have_id("row-foreign_currency")
    await expect(first.page.locator("#cell-foreign_currency-currency")).to_be_focused()
    await first.page.keyboard.press("Alt+ArrowUp")
    await expect(rows.nth(0)).to_have_id("row-foreign_currency")

    await stale.page.get_by_role("button", name="Delete row 1", exact=True).click()
    await expect(stale.page.get_by_role("alert")).to_contain_text("changed or discarded this draft meanwhile")
    await expect(stale.page.locator("#rows tbody tr")).to_have_count(11)
    await expect(stale.page.locator("#rows tbody tr").nth(0)).to_have_id("row-foreign_currency")
    await stale.page.get_by_role("button", name="Duplicate row 3").click()
    await expect(stale.page.locator("#rows tbody tr")).to_have_count(12)
    await expect(card(stale.page, "Checks")).to_contain_text("It never decides a case")


async def test_steps_are_written_with_people_calendars_and_proofs(visit: Visit) -> None:
    visited = await visit(EDIT, as_person="gu.ming")
    page = visited.page
    await page.locator("#steps-up_to_50000").click()
    await page.get_by_role("button", name="Another approver").click()
    await page.get_by_label("Who is asked").nth(1).select_option("person")
    await page.get_by_label("The person, by e-mail").nth(1).fill("tang.wen@throughline.example")
    await page.get_by_label("When several are asked").select_option("all")
    await page.get_by_label("Counted").select_option("office")
    await page.get_by_label("A decision needs").select_option("signature")
    await page.get_by_role("button", name="Keep in the draft").click()
    await expect(page.get_by_text("cannot be approved in bulk")).to_be_visible()
    await page.get_by_label("May be approved together").uncheck()
    await page.get_by_role("button", name="Keep in the draft").click()
    steps = page.locator("#steps-up_to_50000")
    await expect(steps).to_contain_text("Regional manager, Tang Wen (all of them)")
    await expect(steps).to_contain_text("8 working hours (office calendar)")


async def test_an_example_says_which_row_decides_and_why_not_the_others(visit: Visit) -> None:
    visited = await visit("/policies/approval/edit/try", as_person="gu.ming")
    page = visited.page
    await page.get_by_label("Amount").fill("6万")
    await page.get_by_role("button", name="Try", exact=True).click()
    await expect(page.locator(".findings")).to_contain_text("fits and decides.")
    await expect(page.locator(".findings")).to_contain_text("does not fit: Amount.")
    await expect(page.locator(".steps")).to_contain_text("CFO")
    assert visited.problems == []


async def test_a_version_waits_for_its_day_and_the_next_publisher_is_told(visit: Visit) -> None:
    visited = await visit("/policies/calendar", as_person="gu.ming")
    page = visited.page
    year = datetime.now(UTC).year + 2
    for day, said in ((f"{year}-05-01", f"May 1, {year}"), ("", "")):
        await page.goto("/policies/calendar/edit/hours?key=office")
        await page.get_by_role("button", name="Keep in the draft").last.click()
        if not day:
            await expect(page.get_by_text("it never takes effect")).to_be_visible()
        await page.get_by_label("What changes, and why").fill("Holidays")
        await page.get_by_label("In force from").fill(day)
        await page.get_by_role("button", name=re.compile("^Publish version")).click()
        await expect(page.get_by_role("heading", name="Working calendars")).to_be_visible()
        if day:
            await expect(page.get_by_text(f"from {said}")).to_be_visible()
    await expect(page.get_by_text("overtaken before its day")).to_be_visible()
    assert visited.problems == []


async def test_a_night_calendar_is_added_with_next_years_holidays(visit: Visit) -> None:
    visited = await visit("/policies/calendar/edit", as_person="gu.ming")
    page = visited.page
    await page.get_by_role("link", name="Add a calendar").click()
    await page.get_by_role("textbox", name="Key").fill("night")
    await page.get_by_label("Monday").fill("22:00-25:00")
    await page.get_by_role("button", name="Keep in the draft").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_label("Monday").fill("22:00-24:00")
    await page.get_by_role("button", name="Load public holidays").click()
    await expect(card(page, "night")).to_contain_text("22:00–24:00")


@pytest.mark.parametrize(
    "path",
    [
        EDIT, f"{EDIT}/row?row=above_50000", f"{EDIT}/rules", "/policies/approval",
        f"{EDIT}/cell?row=up_to_50000&column=amount", f"{EDIT}/try?amount=60000&currency=CNY&kind=contract",
        "/policies/approval/compare?old=1&new=1", "/policies/calendar", "/policies/calendar/edit/hours?key=office",
    ],
)  # fmt: skip
async def test_the_pages_read_well_everywhere(visit: Visit, path: str) -> None:
    name = re.sub(r"[^a-z]+", "-", path.strip("/"))
    await check_everywhere(visit, path, name, as_person="gu.ming")


async def test_on_a_phone_the_rows_are_cards_with_their_conditions_named(visit: Visit) -> None:
    visited = await visit(EDIT, as_person="gu.ming", look=PHONE)
    await visited.page.locator("#rows tbody tr").first.get_by_role("link", name=re.compile("Row 1, Amount")).click()
    await expect(visited.page.locator("dialog[open]")).to_be_visible()
