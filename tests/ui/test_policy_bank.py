"""How sure a match must be is changed in a form: what cannot be meant is said at its field, and nothing is lost."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.ui.browser import Visit, check_everywhere

pytestmark = pytest.mark.usefixtures("worker")


async def test_what_is_booked_by_itself_is_changed_in_the_browser(visit: Visit) -> None:
    visited = await visit("/policies/bank/edit", as_person="gu.ming")
    page = visited.page
    await page.get_by_role("link", name="Change").click()
    await page.get_by_label("Points a match needs").fill("９０")
    await page.get_by_label("An amount that misses by less").fill("20.00")
    await page.get_by_label("Words of lines that are no payments").fill("利息\nx\n\n利息")
    await page.get_by_role("button", name="Keep in the draft").click()
    await expect(page.get_by_label("Points a match needs")).to_have_attribute("aria-invalid", "true")
    await page.get_by_label("Points a match needs").fill("90")
    await page.get_by_role("button", name="Keep in the draft").click()
    words = page.get_by_label("Words of lines that are no payments")
    await expect(words).to_have_attribute("aria-invalid", "true")
    await words.fill("利息\n\n利息\nrefund of tax")
    await page.get_by_role("button", name="Keep in the draft").click()
    await expect(page.get_by_text("Kept in the draft.")).to_be_visible()
    await expect(page.get_by_text("利息, refund of tax")).to_be_visible()
    await expect(page.get_by_text("¥20")).to_be_visible()


async def test_the_form_reads_well_everywhere(visit: Visit) -> None:
    await check_everywhere(visit, "/policies/bank/edit/matching", as_person="gu.ming")
