"""Approvers work through their inbox in a browser: by keyboard, beside colleagues, on a phone, in both languages."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from db.actor import actor_of
from db.base import new_id
from tests.approving import draft_contract, submit_version, submitted
from tests.ui.browser import PHONE, Visit, Visited, check_everywhere, check_page
from tests.ui.conftest import Site

pytestmark = pytest.mark.usefixtures("worker")


async def decide(site: Site, person_id: str, task_id: str, outcome: str, comment: str | None = None) -> None:
    """As somebody else, elsewhere."""
    async with site.services.db.session() as session:
        actor = await actor_of(session, person_id)
    await site.services.tasks.decide(actor, new_id(), task_id, outcome=outcome, version=1, comment=comment)


async def opened(visit: Visit, title: str, who: str = "zhao.min") -> Visited:
    visited = await visit("/inbox", as_person=who)
    await visited.page.get_by_role("link", name=title).click()
    await expect(visited.page.locator("#record-title")).to_have_text(title)
    return visited


async def test_the_inbox_reads_well_everywhere(visit: Visit, site: Site, people: dict[str, str]) -> None:
    task_id = await submitted(site.services, people, title="三年平台许可", note="对方周五决定")
    await submitted(site.services, people, title="主服务协议", yuan=48_000)
    await check_everywhere(visit, f"/inbox?open={task_id}", "inbox", as_person="zhao.min")
    await check_everywhere(visit, "/inbox?view=waiting", "inbox-waiting", as_person="li.wei")
    await check_everywhere(visit, f"/inbox/{task_id}", "approval", as_person="zhao.min")
    await check_everywhere(visit, "/notifications", as_person="zhao.min")


async def test_a_manager_approves_by_keyboard_and_the_next_request_opens(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    first, second = [await submitted(site.services, people, title=title, owner="wu.hao", region="south")
                     for title in ("第一份", "第二份")]  # fmt: skip
    visited = await visit("/inbox", as_person="huang.bo")
    page = visited.page
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await expect(page.locator("#record-title")).to_have_text("第一份")
    await expect(page.locator(f"#task-{first}")).to_have_attribute("aria-current", "true")
    await expect(page.locator("#panel .checks")).to_contain_text("up to ¥50,000")
    await expect(page.locator("#panel .steps")).to_contain_text("Regional manager · you")
    await expect(page.locator("#panel .steps")).to_contain_text("Amount above ¥50,000")

    for step, title in (("Next record", "第二份"), ("Previous record", "第一份")):
        await page.get_by_role("button", name=step).click()
        await expect(page.locator("#record-title")).to_have_text(title)
    await page.keyboard.press("a")
    dialog = page.get_by_role("dialog", name="Approve 第一份?")
    await expect(dialog).to_contain_text("Then it is the turn of: CFO.")
    await page.keyboard.type("同意")
    await page.keyboard.press("Control+Enter")

    await expect(page.locator("#toasts")).to_contain_text("Approved: 第一份")
    await expect(page.locator("#record-title")).to_have_text("第二份")
    await expect(page.locator(f"#task-{first}")).to_have_count(0)
    await expect(page.locator(f"#task-{second}")).to_have_attribute("aria-current", "true")
    assert page.url.endswith(f"?open={second}")
    await expect(page.locator("#rail .rail-entry", has_text="Approvals").locator(".count")).to_have_text("1")
    assert visited.problems == []

    await page.goto("/inbox?view=decided")
    await expect(page.locator(f"#task-{first}")).to_contain_text("approved")


async def test_a_return_asks_why_and_goes_back_to_the_submitter(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    contract_id = await draft_contract(site.services, people, title="要改的合同", yuan=48_000)
    await submit_version(site.services, contract_id, owner_id=people["li.wei"], yuan=48_000)
    page = (await opened(visit, "要改的合同")).page
    await page.keyboard.press("r")
    dialog = page.get_by_role("dialog", name="Return 要改的合同?")
    await dialog.get_by_role("button", name="Return").click()
    await expect(dialog).to_be_visible()  # the browser asks for the comment first
    await dialog.get_by_role("textbox").fill("账期太长")
    await dialog.get_by_role("button", name="Return").click()
    await expect(page.locator("#toasts")).to_contain_text("Returned: 要改的合同")

    await submit_version(site.services, contract_id, owner_id=people["li.wei"], yuan=45_000, version=2)
    await page.get_by_role("link", name="要改的合同").click()
    panel = page.locator("#panel")
    await expect(panel.locator(".timeline")).to_contain_text("Version 1 returned")
    await expect(panel.locator(".timeline")).to_contain_text("账期太长")
    await expect(panel.locator(".figures")).to_contain_text("−¥3,000")


async def test_whoever_is_late_sees_in_place_who_decided(visit: Visit, site: Site, people: dict[str, str]) -> None:
    task_id = await submitted(site.services, people, title="两人同时", yuan=48_000)
    page = (await opened(visit, "两人同时")).page
    await page.route(re.compile(r"/ui/live|/inbox/"), lambda route: route.abort())  # this window hears of nothing
    await decide(site, people["zhao.min"], task_id, "return", "先谈价格")
    await page.keyboard.press("a")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#panel [role=alert]")).to_have_text("Zhao Min has already decided this.")
    await expect(page.locator("#panel")).to_contain_text("Returned by Zhao Min")
    await expect(page.locator("#panel .decision")).to_have_count(0)


async def test_what_a_colleague_decides_leaves_the_list_and_what_is_submitted_enters_it(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    task_id = await submitted(site.services, people, title="同事已办", yuan=48_000)
    page = (await visit("/inbox", as_person="zhao.min")).page
    await expect(page.locator("[data-live-status=on]")).to_have_count(1)
    await decide(site, people["zhao.min"], task_id, "approve")
    await expect(page.locator(f"#task-{task_id}")).to_have_count(0)
    fresh = await submitted(site.services, people, title="刚刚提交", yuan=48_000)
    await expect(page.locator(f"#task-{fresh}")).to_contain_text("刚刚提交")
    await expect(page.locator("#bell .count")).to_be_visible()


async def test_a_task_is_taken_on_and_given_back(visit: Visit, site: Site, people: dict[str, str]) -> None:
    await submitted(site.services, people, title="我来处理", yuan=48_000)
    page = (await opened(visit, "我来处理")).page
    for item, note in (("Take it on", "You are working on this"), ("Give it back", "")):
        await page.get_by_role("button", name="More").click()
        await page.get_by_role("button", name=item).click()
        await expect(page.locator("#toasts .toast").last).to_be_visible()
        await expect(page.locator("#panel .panel-body")).to_contain_text(note or "Policy check")
    await expect(page.locator("#panel .panel-body")).not_to_contain_text("You are working on this")


async def test_filters_are_chips_that_can_be_taken_away(visit: Visit, site: Site, people: dict[str, str]) -> None:
    await submitted(site.services, people, title="大额", yuan=900_000)
    await submitted(site.services, people, title="小额", yuan=10_000)
    page = (await visit("/inbox", as_person="zhao.min")).page
    await page.get_by_role("button", name="Filter").first.click()
    await page.get_by_label("Amount at least").fill("50万")
    await page.get_by_label("Region or team").select_option("east")
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator("#tasks")).to_contain_text("大额")
    await expect(page.locator("#tasks")).not_to_contain_text("小额")
    await page.get_by_role("link", name="Amount ≥ ¥500,000").click()
    await expect(page.locator("#tasks")).to_contain_text("小额")
    assert "unit=east" in page.url
    await page.goto("/inbox?least=viel")
    await expect(page.locator("#tasks [role=alert]")).to_be_visible()


async def test_on_a_phone_a_request_is_a_page_of_its_own_and_works_without_scripts_help(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    await submitted(site.services, people, title="手机审批", yuan=48_000)
    visited = await visit("/inbox", as_person="zhao.min", language="zh_CN", look=PHONE)
    page = visited.page
    await page.get_by_role("link", name="手机审批").click()
    await page.wait_for_url(re.compile(r"/inbox/[0-9a-f-]{36}$"))
    await check_page(visited, "approval-phone-own-page")
    await page.get_by_role("button", name="同意").click()
    await page.get_by_role("dialog").get_by_role("button", name="同意").click()
    await expect(page.locator("#toasts")).to_contain_text("已同意：手机审批")
    await expect(page).to_have_url(re.compile(r"/inbox$"))
