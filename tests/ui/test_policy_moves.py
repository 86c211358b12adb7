"""An administrator moves running cases to another version of the approval policy, in a browser."""

from __future__ import annotations

import copy
import re

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from db.actor import actor_of
from db.base import new_id
from db.policy import find_version
from db.process import Task
from domain.approval import DEFAULT, ApprovalPolicy
from tests.approving import first_row, submitted
from tests.conftest import SignIn
from tests.ui.browser import PHONE, Visit, check_everywhere
from tests.ui.conftest import Site

pytestmark = pytest.mark.usefixtures("worker")


async def ask_the_cfo_of_everything(site: Site, people: dict[str, str]) -> int:
    """A version under which small contracts need the CFO as well; its number."""
    document = copy.deepcopy(DEFAULT)
    small, large, *_ = document["table"]["rows"]
    small["then"] = large["then"]
    async with site.services.db.session() as session:
        keeper = await actor_of(session, people["gu.ming"])
        now = await find_version(session, ApprovalPolicy.kind)
    return await site.services.policies.publish(
        keeper, new_id(), ApprovalPolicy.kind, document, follows=now.version, note="story"
    )


async def test_a_chosen_case_goes_on_under_the_new_version_and_the_others_keep_theirs(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    chosen = await submitted(site.services, people, title="换版本的合同", yuan=48_000)
    await submitted(site.services, people, title="留旧版的合同", yuan=48_000)
    version = await ask_the_cfo_of_everything(site, people)
    visited = await visit("/policies/approval", as_person="gu.ming")
    page = visited.page
    await page.get_by_role("link", name="Move them").first.click()
    line = page.get_by_role("row", name=re.compile("换版本的合同"))
    await expect(line.locator(".c-steps").first).not_to_contain_text("CFO")
    await expect(line.locator(".c-steps").last).to_contain_text("CFO")
    await check_everywhere(visit, f"/policies/approval/moves?to={version}", as_person="gu.ming")

    await line.get_by_role("checkbox").check()
    await page.get_by_role("button", name=f"Move to version {version}", exact=True).last.click()
    await expect(page.locator("#toasts")).to_contain_text(f"1 case goes on under version {version}.")
    await expect(page.get_by_role("row", name=re.compile("留旧版的合同"))).to_be_visible()
    await expect(line).to_have_count(0)

    manager = (await visit(f"/inbox?open={chosen}", as_person="zhao.min")).page
    await expect(manager.locator("#panel .steps")).to_contain_text("CFO")
    await manager.keyboard.press("a")
    await manager.get_by_role("dialog").get_by_role("button", name="Approve").click()
    case = select(Task.record_id).where(Task.id == chosen).scalar_subquery()
    await first_row(
        site.services,
        select(Task.id).where(Task.record_id == case, Task.status == "open", Task.holders.contains(["role:cfo:*"])),
    )
    assert visited.problems == []


async def test_a_case_that_ended_meanwhile_stays_out_and_it_is_said_why(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    task_id = await submitted(site.services, people, title="刚撤回的合同", yuan=48_000)
    version = await ask_the_cfo_of_everything(site, people)
    page = (await visit(f"/policies/approval/moves?to={version}", as_person="gu.ming", look=PHONE)).page
    line = page.get_by_role("row", name=re.compile("刚撤回的合同"))
    await expect(line).to_be_visible()
    async with site.services.db.session() as session:
        seller = await actor_of(session, people["li.wei"])
        case_id = (await session.get_one(Task, task_id)).record_id
    await site.services.approvals.withdraw(seller, new_id(), case_id)
    await line.get_by_role("button", name=f"Move to version {version}").click()
    await expect(page.get_by_role("alert")).to_contain_text("Not moved: 刚撤回的合同.")
    await expect(line).to_have_count(0)


async def test_only_administrators_move_cases(sign_in: SignIn) -> None:
    assert (await (await sign_in("lin.yue")).get("/policies/approval/moves")).status_code == 403
    browser = await sign_in("gu.ming")
    assert (await browser.get("/policies/approval/moves?to=9999")).status_code == 404
