"""What approvers and submitters do in a request beside deciding it, in a browser and by plain forms."""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from httpx import AsyncClient, Response
from playwright.async_api import Page, expect
from sqlalchemy import select

from db.actor import actor_of
from db.base import new_id
from db.contract import Approval
from db.policy import find_version
from db.process import Task
from domain.approval import DEFAULT, ApprovalPolicy
from tests.approving import first_row, submitted
from tests.conftest import SignIn
from tests.ui.browser import Visit, check_everywhere
from tests.ui.conftest import Site

pytestmark = pytest.mark.usefixtures("worker")
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://127.0.0.1:8000/inbox", "Accept-Language": "en"}


async def opened(visit: Visit, title: str, who: str, path: str = "/inbox") -> Page:
    page = (await visit(path, as_person=who)).page
    await page.get_by_role("link", name=title).click()
    await expect(page.locator("#record-title")).to_have_text(title)
    return page


async def more(page: Page, item: str) -> None:
    await page.locator("#panel").get_by_role("button", name="More").click()
    await page.locator("#task-menu").get_by_role("button", name=item).click()


async def pick(page: Page, typed: str, name: str) -> None:
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("searchbox").fill(typed)
    await dialog.locator(".picks label", has_text=name).locator("input").check()


async def post(browser: AsyncClient, path: str, **form: Any) -> Response:
    return await browser.post(path, data={"idempotency_key": new_id()} | form, headers=HTMX)


async def approval_of(site: Site, task_id: str) -> Approval:
    async with site.services.db.session() as session:
        task = await session.get_one(Task, task_id)
        return await session.get_one(Approval, task.record_id)


async def task_for(site: Site, task_id: str, holder: str) -> str:
    """The open task of the same request that this key holds, once it is there."""
    approval = await approval_of(site, task_id)
    query = select(Task.id).where(Task.record_id == approval.id, Task.status == "open", Task.holders.contains([holder]))
    return await first_row(site.services, query)


async def publish(site: Site, people: dict[str, str], **changes: Any) -> None:
    """A new version of the approval policy: its steps as the default's, each with these changes."""
    document = copy.deepcopy(DEFAULT)
    for row in document["table"]["rows"]:
        row["then"] = {"steps": [step | changes for step in row["then"]["steps"]]}
    async with site.services.db.session() as session:
        keeper = await actor_of(session, people["gu.ming"])
        now = await find_version(session, ApprovalPolicy.kind)
    await site.services.policies.publish(
        keeper, new_id(), ApprovalPolicy.kind, document, follows=now.version, note="story"
    )


async def test_an_approver_lets_somebody_else_decide_who_sees_why_they_are_asked(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    task_id = await submitted(site.services, people, title="转交的合同", yuan=48_000)
    page = await opened(visit, "转交的合同", "zhao.min")
    await page.keyboard.press("d")
    await page.get_by_role("dialog").get_by_role("button", name="Delegate").click()
    await expect(page.locator("#e-to")).to_have_text("Please fill this in.")
    await pick(page, "huang", "Huang Bo")
    await page.get_by_role("dialog").get_by_label("Why").fill("熟悉该客户")
    await page.get_by_role("dialog").get_by_role("button", name="Delegate").click()
    await expect(page.locator("#toasts")).to_contain_text("Delegated: 转交的合同")
    await expect(page.locator("#tasks")).not_to_contain_text("转交的合同")

    other = await opened(visit, "转交的合同", "huang.bo")
    await expect(other.locator("#panel .steps")).to_contain_text("asked instead by delegation")
    await other.keyboard.press("a")
    await other.get_by_role("dialog").get_by_label("On condition that").fill("首付三成")
    await other.keyboard.press("Control+Enter")
    await expect(other.locator("#toasts")).to_contain_text("Approved: 转交的合同")
    approval = await approval_of(site, task_id)
    seller = (await visit(f"/approvals/{approval.id}", as_person="li.wei")).page
    await expect(seller.locator(".steps")).to_contain_text("On condition: 首付三成")


async def test_signers_are_added_before_oneself_and_one_is_asked_again_after_them(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    task_id = await submitted(site.services, people, title="加签的合同", yuan=48_000)
    page = await opened(visit, "加签的合同", "zhao.min")
    await more(page, "Add signers")
    await pick(page, "huang", "Huang Bo")
    await pick(page, "he.jie", "He Jie")
    await expect(
        page.locator("#picks-people label", has_text="Huang Bo").locator("input")
    ).to_be_checked()  # stays while one types on
    await page.get_by_role("dialog").get_by_label("Why").fill("涉及付款")
    await page.get_by_role("dialog").get_by_role("button", name="Add signers").click()
    await expect(page.locator("#toasts")).to_contain_text("then you are asked again")
    for who in ("huang.bo", "he.jie"):
        mine = await task_for(site, task_id, f"person:{people[who]}")
        async with site.services.db.session() as session:
            actor = await actor_of(session, people[who])
        await site.services.tasks.decide(actor, new_id(), mine, outcome="approve", version=1)
    await page.get_by_role("link", name="加签的合同").click()
    steps = page.locator("#panel .steps")
    await expect(steps).to_contain_text("Added by Zhao Min: 涉及付款")
    await expect(steps.locator(".seats .is-done")).to_have_count(2)
    await expect(steps).to_contain_text("Regional manager · you")


async def test_a_question_is_answered_and_what_was_said_meanwhile_is_marked_as_new(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    task_id = await submitted(site.services, people, title="有疑问的合同", yuan=48_000)
    page = await opened(visit, "有疑问的合同", "zhao.min")
    await more(page, "Ask the submitter")
    await page.get_by_role("dialog").get_by_label("Your question").fill("折扣依据是什么？")
    await page.get_by_role("dialog").get_by_role("button", name="Ask").click()
    await expect(page.locator("#panel .comment")).to_contain_text("折扣依据是什么？")

    seller = await opened(visit, "有疑问的合同", "li.wei", "/tasks")
    await expect(seller.locator("#answer")).to_contain_text("折扣依据是什么？")
    await check_everywhere(visit, seller.url.replace(site.url, ""), "question", as_person="li.wei")
    await seller.get_by_label("Your answer").fill("三年框架")
    await seller.get_by_role("button", name="Send the answer").click()
    await expect(seller.locator("#toasts")).to_contain_text("Answered: 有疑问的合同")
    answer = page.locator("#panel .comment", has_text="三年框架")
    await expect(answer).to_contain_text("new")  # in the window that was open all the time
    await page.goto(f"/inbox?open={task_id}")
    await expect(answer).to_be_visible()
    await expect(answer).not_to_contain_text("new")


async def test_a_return_may_go_to_an_earlier_step_which_is_asked_again(
    sign_in: SignIn, site: Site, people: dict[str, str], visit: Visit
) -> None:
    first = await submitted(site.services, people, title="退回一步")
    manager, cfo = await sign_in("zhao.min"), await sign_in("xu.jing")
    await post(manager, f"/tasks/{first}/decision", outcome="approve", version="1")
    second = await task_for(site, first, "role:cfo:*")
    shown = await cfo.get(f"/inbox/{second}", headers=HTMX)
    assert '<option value="manager">Regional manager</option>' in shown.text
    gone = await post(cfo, f"/tasks/{second}/decision", outcome="return", version="1", to="nowhere", comment="再议")
    assert (gone.status_code, "cannot go back to this step" in gone.text) == (422, True)
    done = await post(cfo, f"/tasks/{second}/decision", outcome="return", version="1", to="manager", comment="再核价")
    assert done.status_code == 200
    await task_for(site, first, f"role:regional_manager:{people['east']}")
    page = await opened(visit, "退回一步", "zhao.min")
    await expect(page.locator("#panel .steps").last).to_contain_text("Regional manager · you")
    await page.get_by_text("1 step before it was returned").click()
    await expect(page.locator("#panel .folded .steps")).to_contain_text("Zhao Min")


async def test_a_submitter_nudges_as_often_as_allowed_and_withdraws(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    await submitted(site.services, people, title="催办的合同", yuan=48_000)
    page = (await visit("/inbox?view=waiting", as_person="li.wei")).page
    row = page.locator("#tasks tr", has_text="催办的合同")
    await expect(row).to_contain_text("Zhao Min")
    await page.get_by_role("link", name="催办的合同").click()
    await page.get_by_role("button", name="Nudge (3 left)").click()
    await expect(page.locator("#toasts")).to_contain_text("Nudged")
    await page.get_by_role("button", name="Nudge (2 left)").click()
    await expect(page.locator("#panel [role=alert]")).to_contain_text("You have nudged just now. You can again from")
    await check_everywhere(visit, page.url.replace(site.url, ""), "waiting-own", as_person="li.wei")
    await page.get_by_role("button", name="Withdraw").click()
    await page.get_by_role("dialog", name="Withdraw 催办的合同?").get_by_role("button", name="Withdraw").click()
    await expect(page.locator("#toasts")).to_contain_text("Nobody is asked any more")
    await expect(row).to_have_count(0)


async def test_several_requests_are_approved_together_and_each_is_answered_for_itself(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    tasks = [await submitted(site.services, people, title=title, yuan=9_000, owner="wu.hao", region="south")
             for title in ("批量一", "批量二", "批量三")]  # fmt: skip
    page = (await visit("/inbox", as_person="huang.bo")).page
    await page.route(re.compile("/ui/live"), lambda route: route.abort())  # this window hears of nothing
    await page.goto("/inbox")
    await page.get_by_label("Select all").check()
    async with site.services.db.session() as session:
        colleague = await actor_of(session, people["huang.bo"])
    await site.services.tasks.decide(colleague, new_id(), tasks[2], outcome="return", version=1, comment="缺附件")
    await page.locator("[data-bulk]").get_by_role("button", name="Approve").click()
    dialog = page.get_by_role("dialog", name="Approve the selected requests?")
    await expect(dialog).to_contain_text("Selected: 3")
    await dialog.get_by_role("button", name="Approve").click()
    await expect(page.locator("#toasts")).to_contain_text("2 approved")
    await expect(page.locator("#refused [role=alert]")).to_have_text(
        "Not approved: 批量三. Huang Bo has already decided this."
    )
    for task in tasks:
        await expect(page.locator(f"#task-{task}")).to_have_count(0)


async def test_a_step_that_is_signed_wants_the_approvers_own_name(
    sign_in: SignIn, site: Site, people: dict[str, str]
) -> None:
    await publish(site, people, proof="signature", bulk=False, copy_to=[{"by": "role", "role": "legal"}])
    task_id = await submitted(site.services, people, title="签名的合同", yuan=48_000)
    manager = await sign_in("zhao.min")
    page = await manager.get(f"/inbox/{task_id}", headers=HTMX)
    assert "Your name, as your signature" in page.text
    for signature, said in (("", "This step is signed"), ("赵明", "not your name")):
        wrong = await post(manager, f"/tasks/{task_id}/decision", outcome="approve", version="1", signature=signature)
        assert (wrong.status_code, said in wrong.text, 'id="e-signature"' in wrong.text) == (422, True, True)
    right = await post(manager, f"/tasks/{task_id}/decision", outcome="approve", version="1", signature="赵敏")
    assert right.status_code == 200


async def test_whoever_got_a_copy_reads_the_request_and_comments_but_decides_nothing(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    page = (await visit("/inbox?view=copied", as_person="tang.wen")).page
    await page.get_by_role("link", name="签名的合同").click()
    await expect(page.locator("#panel .steps")).to_contain_text("Zhao Min")
    await expect(page.locator("#decision")).to_have_count(0)
    await check_everywhere(visit, page.url.replace(site.url, ""), "copied", as_person="tang.wen")


async def test_a_step_with_a_second_factor_leads_to_set_one_up_and_then_takes_its_code(
    sign_in: SignIn, site: Site, people: dict[str, str]
) -> None:
    await publish(site, people, proof="second_factor", bulk=False)
    task_id = await submitted(site.services, people, title="验证的合同", yuan=48_000)
    manager = await sign_in("zhao.min")
    page = await manager.get(f"/inbox/{task_id}", headers=HTMX)
    assert 'href="/account/second-factor"' in page.text
    assert 'value="approve"' not in page.text
    async with site.services.db.session() as session:
        actor = await actor_of(session, people["zhao.min"])
    offer = await site.services.account.offer_second_factor(actor)
    phone = pyotp.TOTP(offer.secret)
    await site.services.account.enable_second_factor(actor, offer.note, phone.now())
    for code, said in (("", "wants a code"), ("000000", "This code is wrong")):
        wrong = await post(manager, f"/tasks/{task_id}/decision", outcome="approve", version="1", code=code)
        assert (wrong.status_code, said in wrong.text, 'id="e-code"' in wrong.text) == (422, True, True)
    later = phone.at(datetime.now(UTC) + timedelta(seconds=30))
    right = await post(manager, f"/tasks/{task_id}/decision", outcome="approve", version="1", code=later)
    assert right.status_code == 200


async def test_who_is_not_asked_cannot_act_and_who_may_not_see_it_finds_nothing(
    sign_in: SignIn, site: Site, people: dict[str, str]
) -> None:
    task_id = await submitted(site.services, people, title="不是你的", yuan=48_000)
    approval = await approval_of(site, task_id)
    stranger, seller = await sign_in("wu.hao"), await sign_in("li.wei")
    for path in (f"/tasks/{task_id}/delegate", f"/tasks/{task_id}/signers", f"/tasks/{task_id}/question"):
        refused = await post(stranger, path, to=people["huang.bo"], people=people["huang.bo"], where="before", text="?")
        assert refused.status_code == 404
    assert (await stranger.get(f"/approvals/{approval.id}", headers=HTMX)).status_code == 404
    own = await post(seller, f"/tasks/{task_id}/decision", outcome="approve", version="1")
    assert own.status_code in (403, 404)
    seen = await seller.get(f"/approvals/{approval.id}", headers=HTMX)
    assert (seen.status_code, 'id="decision"' in seen.text) == (200, False)


async def test_a_stale_window_learns_that_the_request_was_handed_to_somebody_else(
    sign_in: SignIn, site: Site, people: dict[str, str]
) -> None:
    task_id = await submitted(site.services, people, title="旧窗口", yuan=48_000)
    manager = await sign_in("zhao.min")
    await post(manager, f"/tasks/{task_id}/delegate", to=people["huang.bo"])
    late = await post(manager, f"/tasks/{task_id}/question", text="还有吗？")
    assert late.status_code in (403, 404)
