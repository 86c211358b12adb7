"""Why deals are won and lost is listed by the office itself: added, renamed, put in order, taken away, published."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from db.policy import current_policy
from domain.pipeline import PipelinePolicy
from domain.policy import load
from tests.ui.browser import Visit, check_everywhere
from tests.ui.conftest import Site

pytestmark = pytest.mark.usefixtures("worker")
EDIT = "/policies/pipeline/edit"


async def test_reasons_for_a_loss_are_added_renamed_ordered_removed_and_published(visit: Visit, site: Site) -> None:
    page = (await visit(EDIT, as_person="gu.ming")).page
    await page.get_by_role("link", name="Change: Reasons for a loss").click()
    lines = page.locator(".approver")
    await expect(lines).to_have_count(7)
    await lines.nth(0).get_by_label("In Chinese").fill("报价偏高")
    await lines.nth(0).get_by_label("In English").fill("Quoted too high")
    await lines.nth(1).get_by_role("button", name="Earlier").click()  # what is typed goes with it
    await expect(lines.nth(1).get_by_label("In English")).to_have_value("Quoted too high")
    await expect(lines.nth(0).get_by_label("In English")).to_have_value("Chose a competitor")
    await expect(lines.nth(0).get_by_role("button", name="Earlier")).to_be_disabled()
    await lines.nth(5).get_by_role("button", name="Remove").click()
    await page.get_by_role("button", name="Another reason").click()
    await lines.nth(6).get_by_label("In Chinese").fill("客户重组")
    await lines.nth(6).get_by_label("In English").fill("Customer reorganised")
    await lines.nth(6).get_by_label("Words").select_option("with a few words")
    await page.get_by_role("button", name="Keep in the draft").last.click()
    await expect(page.get_by_text("Chose a competitor · Quoted too high · No budget")).to_be_visible()
    await page.get_by_label("What changes, and why").fill("Why we lose")
    await page.get_by_role("button", name=re.compile("^Publish version")).click()
    await expect(page.get_by_text("Why we lose")).to_be_visible()

    async with site.services.db.session() as session:
        _, document = await current_policy(session, PipelinePolicy.kind)
    reasons = load(PipelinePolicy, document).lost_reasons
    assert [reason.name.en for reason in reasons] == [
        "Chose a competitor", "Quoted too high", "No budget", "Bad timing", "Does not fit", "Other",
        "Customer reorganised",
    ]  # fmt: skip
    assert [reason.key for reason in reasons[:2]] == ["competitor", "price"]  # a renamed one is still the same
    assert (reasons[-1].explain, reasons[-1].name.zh) == (True, "客户重组")


async def test_the_reasons_read_well_everywhere(visit: Visit) -> None:
    await check_everywhere(visit, f"{EDIT}/reasons/won", "pipeline-reasons", as_person="gu.ming")
    page = (await visit("/policies/approval/edit/reasons/won", as_person="gu.ming")).page
    await expect(page.get_by_text("This does not exist, or you may not see it.")).to_be_visible()
