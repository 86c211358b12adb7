"""Somebody goes on leave in the browser: who stands in has their tasks before the eyes of both."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from db.absence import Absence
from tests.absent import be_away, be_back
from tests.approving import submitted
from tests.ui.browser import Visit, check_everywhere
from tests.ui.conftest import Site

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture(autouse=True)
async def everybody_is_back(site: Site) -> AsyncIterator[None]:
    """Afterwards: the stories share a database."""
    yield
    async with site.services.db.session() as session:
        left = list(await session.scalars(select(Absence.id).where(Absence.closed_at.is_(None))))
    for absence_id in left:
        await be_back(site.services, absence_id)


async def test_the_pages_of_absences_read_well_everywhere(visit: Visit, site: Site, people: dict[str, str]) -> None:
    await submitted(site.services, people, title="三年平台许可")
    await be_away(site.services, people["zhao.min"], people["huang.bo"], reason="年假")
    later = {"kinds": frozenset({"approve", "first_contact"}), "substitute": f"role:sales:{people['east']}"}
    await be_away(site.services, people["li.wei"], people["wang.fang"], **later)
    await check_everywhere(visit, "/absences", "absences", as_person="zhao.min")
    await check_everywhere(visit, "/inbox", "inbox-away", as_person="zhao.min")
    await check_everywhere(visit, "/inbox", "inbox-stand-in", as_person="huang.bo")


async def test_an_approver_goes_on_leave_and_both_inboxes_change_by_themselves(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    task_id = await submitted(site.services, people, title="年度框架合同")
    inbox = (await visit("/inbox", as_person="huang.bo")).page
    await expect(inbox.locator("#tasks")).not_to_contain_text("年度框架合同")
    own = (await visit("/inbox", as_person="zhao.min")).page
    await expect(own.locator("#tasks")).to_contain_text("年度框架合同")

    visited = await visit("/inbox", as_person="zhao.min")
    page = visited.page
    await page.locator("#rail .rail-person").click()
    await page.get_by_role("link", name="Absences").click()
    await page.get_by_role("button", name="Plan the absence").click()  # the browser asks for a substitute
    await page.get_by_label("From").fill("2026-01-05T09:00")
    await page.get_by_label("Until").fill("2026-01-04T18:00")
    await page.get_by_label("Who stands in", exact=True).first.fill("Huang")
    await page.get_by_role("radio", name="Huang Bo").check()
    await page.get_by_role("button", name="Plan the absence").click()
    await expect(page.locator("#e-ends_at")).to_have_text("The end must be later than the beginning.")
    await expect(page.get_by_role("radio", name="Huang Bo")).to_be_checked()  # what was chosen is still there
    await page.get_by_label("From").fill(await page.evaluate("new Date(Date.now() - 864e5).toISOString().slice(0, 16)"))
    await page.get_by_label("Until").fill(
        await page.evaluate("new Date(Date.now() + 864e6).toISOString().slice(0, 16)")
    )
    await page.get_by_role("button", name="Plan the absence").click()
    await expect(page.locator("#toasts")).to_contain_text("The absence is planned.")
    await expect(page.locator("#absences")).to_contain_text("Huang Bo")

    row = inbox.locator(f"#task-{task_id}")
    await expect(row).to_contain_text("for Zhao Min")
    await expect(own.locator("#away")).to_contain_text("Huang Bo stands in")
    await expect(own.locator(f"#task-{task_id}")).to_have_count(0)
    await own.get_by_role("link", name="Waiting on others").click()
    await expect(own.locator(f"#task-{task_id}")).to_be_visible()

    await row.get_by_role("link").click()
    await expect(inbox.locator("#panel")).to_contain_text("You do this for Zhao Min, who is away.")
    await inbox.locator("#panel").get_by_role("button", name="Approve").click()
    await inbox.get_by_role("dialog").get_by_role("button", name="Approve").click()
    await expect(inbox.locator("#toasts")).to_contain_text("Approved: 年度框架合同")
    await page.goto(f"/inbox/{task_id}")
    await expect(page.locator("#record")).to_contain_text("Approved by Huang Bo for Zhao Min")

    await page.goto("/absences")
    await page.get_by_role("button", name="Back now").first.click()
    await page.get_by_role("dialog").get_by_role("button", name="Back now").click()
    await expect(page.locator("#toasts")).to_contain_text("The absence is over.")
    await expect(own.locator("#away")).to_have_count(0)
    assert [problem for problem in visited.problems if "422" not in problem] == []
