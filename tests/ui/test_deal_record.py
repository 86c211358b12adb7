"""What hangs on a deal and how it goes over, by its page: people, rivals, files, hand over, split, copy, reopen."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from playwright.async_api import expect

from db.deal import Deal
from db.order import Order
from tests.conftest import SignIn
from tests.selling import YUAN, Selling
from tests.ui.browser import Visit, check_everywhere

pytestmark = pytest.mark.usefixtures("worker")
HTML = {"accept": "text/html", "accept-language": "en"}


async def test_people_competitors_and_files_are_kept_on_the_page(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("冷链可视化二期")
    seen = await visit(f"/deals/{deal_id}", as_person="li.wei")
    page = seen.page
    people = page.locator(".card", has=page.get_by_role("heading", name="People", exact=True))
    await people.get_by_role("link", name="Add").click()
    dialog = page.get_by_role("dialog", name="Person on the customer's side")
    await dialog.get_by_label("Role").select_option("Decider")
    await dialog.get_by_label("Attitude").select_option("For us")
    await dialog.get_by_label("What matters to them").fill("在意上线时间")
    await dialog.get_by_role("button", name="Save").click()
    await expect(people).to_contain_text("周明")
    await expect(people).to_contain_text("For us")
    await people.get_by_role("link", name="Add").click()
    await dialog.get_by_label("Contact").select_option("Somebody new")
    await dialog.get_by_text("Somebody new", exact=True).last.click()
    await dialog.get_by_label("Name").fill("王芳")
    await dialog.get_by_label("Position").fill("采购总监")
    await dialog.get_by_label("Role").select_option("Buyer")
    await dialog.get_by_role("button", name="Save").click()
    await expect(people).to_contain_text("采购总监")

    rivals = page.locator(".card", has=page.get_by_role("heading", name="Competitors", exact=True))
    await rivals.get_by_role("link", name="Add").click()
    dialog = page.get_by_role("dialog", name="Competitor")
    await dialog.get_by_label("Name").fill("云岭软件")
    await dialog.get_by_label("How they stand").select_option("Ahead of us")
    await dialog.get_by_role("button", name="Save").click()
    await expect(rivals).to_contain_text("Ahead of us")

    files = page.locator(".card", has=page.get_by_role("heading", name="Files", exact=True))
    await files.get_by_role("link", name="Add").click()
    dialog = page.get_by_role("dialog", name="Add a file")
    await dialog.get_by_label("File").set_input_files(
        {"name": "需求.docx", "mimeType": "application/x", "buffer": b"no office file"}
    )
    await dialog.get_by_role("button", name="Add the file").click()
    await expect(dialog).to_contain_text("This is not what its name ends in: docx.")
    await dialog.get_by_label("File").set_input_files(
        {"name": "会议纪要.txt", "mimeType": "text/plain", "buffer": "下周演示".encode()}
    )
    await dialog.get_by_role("button", name="Add the file").click()
    await expect(files).to_contain_text("会议纪要.txt")
    address = await files.get_by_role("link", name="会议纪要.txt", exact=True).get_attribute("href")
    answer = await page.request.get(str(address))
    assert await answer.body() == "下周演示".encode()
    await people.get_by_role("link", name="Take off 周明").click()
    await page.get_by_role("dialog").get_by_role("button", name="Take off").click()
    await expect(people).not_to_contain_text("周明")
    assert [p for p in seen.problems if "422" not in p] == []
    await check_everywhere(visit, f"/deals/{deal_id}", "deal-record", as_person="li.wei")


async def test_a_file_is_for_those_who_see_the_deal(sign_in: SignIn, selling: Selling) -> None:
    deal_id = await selling.deal("有附件的商机")
    owner = await sign_in("li.wei")
    key = {"Idempotency-Key": uuid4().hex}
    sent = {"file": ("方案.pdf", b"%PDF-1.7 secret", "application/pdf")}
    assert (await owner.post(f"/api/deals/{deal_id}/files", files=sent, headers=key)).status_code == 200
    kept = (await owner.get(f"/api/deals/{deal_id}/parts")).json()["files"][0]
    assert (kept["name"], kept["media_type"]) == ("方案.pdf", "application/pdf")
    statuses = {}
    for name in ("li.wei", "zhao.min", "wang.fang", "gao.fei"):
        statuses[name] = (await (await sign_in(name)).get(f"/documents/{kept['hash']}")).status_code
    assert statuses == {"li.wei": 200, "zhao.min": 200, "wang.fang": 404, "gao.fei": 404}
    stranger = await sign_in("wang.fang")
    key = {"Idempotency-Key": uuid4().hex}
    assert (await stranger.post(f"/api/deals/{deal_id}/files", files=sent, headers=key)).status_code == 404


async def test_l_and_enter_log_a_call_and_the_next_step_takes_the_flag_away(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("两次按键")
    page = (await visit(f"/deals/{deal_id}", as_person="li.wei")).page
    head = page.locator(".record-head")
    await expect(head).to_contain_text("No next step")
    await page.keyboard.press("l")
    await page.keyboard.press("Enter")
    await expect(page.locator(".timeline li").first).to_contain_text("Follow-up: Phone call")
    await expect(page.locator(".timeline li").first).to_contain_text("Spoke with them")
    await page.keyboard.press("l")
    dialog = page.get_by_role("dialog", name="Log a follow-up")
    await dialog.get_by_label("Next step").fill("现场演示")
    await dialog.get_by_label("Planned for").fill("2027-01-12")
    await page.keyboard.press("Enter")
    await expect(head).not_to_contain_text("No next step")
    assert (await selling.row(Deal, deal_id, next_step_on=date(2027, 1, 12))).next_step == "现场演示"


async def test_it_is_split_copied_and_handed_over_from_its_menu(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("要拆分的商机", amount=90_000 * YUAN, stage="needs")
    page = (await visit(f"/deals/{deal_id}", as_person="zhao.min")).page
    await page.get_by_role("button", name="More").click()
    await page.get_by_role("link", name="Split").click()
    dialog = page.get_by_role("dialog", name="Split the deal")
    await dialog.get_by_label("Title of the new deal").fill("二期")
    await dialog.get_by_label("Amount that goes over").fill("9万")
    await dialog.get_by_role("button", name="Split").click()
    await expect(dialog).to_contain_text("more than nothing and less than the whole")
    await dialog.get_by_label("Amount that goes over").fill("3万")
    await dialog.get_by_role("button", name="Split").click()
    await expect(page.locator("h1")).to_have_text("二期")
    await expect(page.locator(".record-sum")).to_have_text("¥30,000")
    await expect(page.locator("#record")).to_contain_text("this one was split off from it")
    await page.get_by_role("link", name="要拆分的商机").click()
    await expect(page.locator(".record-sum")).to_have_text("¥60,000")

    await page.get_by_role("button", name="More").click()
    await page.get_by_role("link", name="Hand over").click()
    dialog = page.get_by_role("dialog", name="Hand over to a colleague")
    await dialog.get_by_label("To").select_option(selling.people["wang.fang"])
    await dialog.get_by_role("button", name="Hand over").click()
    await expect(page.locator(".record-head .person")).to_contain_text("Wang Fang")
    await selling.row(Deal, deal_id, owner_id=selling.people["wang.fang"])


async def test_a_lost_deal_is_reopened_by_a_plain_form(sign_in: SignIn, selling: Selling) -> None:
    deal_id = await selling.deal("又回来了", stage="needs")
    await selling.services.deals.move(
        await selling.actor("li.wei"), uuid4().hex, deal_id, from_stage="needs", to_stage="lost", reason="timing"
    )
    await selling.until(lambda: _closed(selling, deal_id))
    owner = await sign_in("li.wei")
    page = await owner.get(f"/deals/{deal_id}", headers=HTML)
    assert "Bad timing" in page.text
    assert f'href="/deals/{deal_id}/reopen"' in page.text
    asked = await owner.get(f"/deals/{deal_id}/reopen", headers=HTML)
    assert asked.status_code == 200
    sent = await post(owner, f"/deals/{deal_id}/reopen", note="预算批了")
    assert sent.status_code == 303
    deal = await selling.row(Deal, deal_id, stage="needs")
    assert (deal.closed_at, deal.end_reason) == (None, None)


async def _closed(selling: Selling, deal_id: str) -> bool | None:
    async with selling.services.db.session() as session:
        deal = await session.get(Deal, deal_id)
    return bool(deal and deal.closed_at) or None


async def post(browser: AsyncClient, address: str, **form: str) -> Response:
    return await browser.post(address, data={"idempotency_key": uuid4().hex, **form}, headers=HTML)


async def test_a_won_deal_has_an_order_page_and_stands_in_the_report(
    visit: Visit, selling: Selling, sign_in: SignIn
) -> None:
    deal_id = await selling.deal("赢单报表", amount=48_000 * YUAN, stage="negotiation")
    await selling.submitted(deal_id)
    await selling.decide(deal_id, "zhao.min")
    await selling.row(Deal, deal_id, contract_status="approved")
    await selling.move(deal_id, "negotiation", "won")

    async def ordered() -> str | None:
        async with selling.services.db.session() as session:
            return (await session.get_one(Deal, deal_id)).order_id

    order_id = await selling.until(ordered)
    order = await selling.row(Order, order_id)
    page = (await visit(f"/deals/{deal_id}", as_person="zhao.min")).page
    await page.get_by_role("link", name=order.number).click()
    await expect(page.get_by_role("table", name="Lines").locator("tfoot")).to_contain_text("¥48,000")
    await expect(page.locator("#record")).to_contain_text("Commission")
    owners = await (await sign_in("li.wei")).get(f"/orders/{order_id}", headers=HTML)
    assert owners.status_code == 200
    assert "Reckoned from" not in owners.text
    assert (await (await sign_in("wang.fang")).get(f"/orders/{order_id}", headers=HTML)).status_code == 404

    line = (await (await sign_in("li.wei")).get(f"/api/deals/{deal_id}/line")).json()
    assert [m["kind"] for m in line["milestones"] if m["standing"] == "done"] == [
        "deal", "contract", "approval", "order",
    ]  # fmt: skip
    manager = await sign_in("zhao.min")
    report = (await manager.get("/api/reports/deals")).json()
    assert (report["won"][0]["key"], report["total"]["won_amount"]) == ("fit", 48_000 * YUAN)
    saved = await manager.get("/reports/deals/deals.csv", headers={"accept-language": "en"})
    assert "赢单报表" in saved.text
    assert (await (await sign_in("li.wei")).get("/reports/deals", headers=HTML)).status_code == 403
    await check_everywhere(visit, f"/orders/{order_id}", "order", as_person="he.jie")
    await check_everywhere(visit, "/reports/deals", "win-loss", as_person="lin.yue")
