"""A deal's page: its whole line, why it waits and for whom, what happened, and what may be done on it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from httpx import AsyncClient
from playwright.async_api import expect

from db.contract import Contract
from db.deal import Deal
from db.record import Idempotency
from tests.conftest import SignIn
from tests.selling import YUAN, Selling
from tests.ui.browser import Visit, check_everywhere

pytestmark = pytest.mark.usefixtures("worker")


async def test_the_page_names_who_it_waits_for_and_follows_the_approval_live(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("三年平台许可", amount=180_000 * YUAN, stage="negotiation")
    await selling.submitted(deal_id)
    page = (await visit(f"/deals/{deal_id}", as_person="li.wei")).page
    waits = page.locator(".card", has_text="Why it waits")
    await expect(waits).to_contain_text("Regional manager (East China)")
    await expect(page.locator('[data-live-status="on"]')).to_be_visible()
    await selling.decide(deal_id, "zhao.min")
    await expect(waits).to_contain_text("CFO")
    await expect(page.locator(".step.is-done")).to_contain_text("Zhao Min")
    await selling.decide(deal_id, "xu.jing")
    await selling.row(Deal, deal_id, contract_status="approved")
    await expect(page.locator(".timeline")).to_contain_text("Contract approved")
    await expect(page.locator(".timeline").get_by_text("Approval: approved")).to_have_count(1)
    await selling.move(deal_id, "negotiation", "won")
    await expect(page.get_by_role("table", name="Instalments").locator("tbody tr")).to_have_count(2)
    await expect(waits).to_contain_text("Instalment 1 of ¥90,000")
    assert await page.locator(".card", has_text="Workflows").count() == 0


async def test_in_chinese_events_have_names_money_and_stages(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("会员忠诚度计划", amount=77_000 * YUAN, stage="needs")
    page = (await visit(f"/deals/{deal_id}", as_person="zhao.min", language="zh_CN")).page
    told = page.locator(".timeline li")
    await expect(told.nth(0)).to_contain_text("从“初步接触”移到“需求分析”")
    await expect(told.nth(0)).to_contain_text("李伟")
    await expect(told.nth(1)).to_contain_text("商机已建立：会员忠诚度计划，¥77,000")
    await page.get_by_role("link", name="跟进", exact=True).click()
    await expect(page.locator("#record")).to_contain_text("暂无此类记录。")


async def test_a_follow_up_and_an_edit_show_and_a_stale_form_is_told(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("患者门户二期")
    page = (await visit(f"/deals/{deal_id}", as_person="li.wei")).page
    await page.keyboard.press("l")
    note = page.get_by_role("dialog", name="Log a follow-up")
    await note.get_by_label("Visit").check()
    await note.get_by_label("What was said").fill("见了院长，预算明年一月到位")
    await note.get_by_role("button", name="Log follow-up").click()
    await expect(page.locator(".timeline li").first).to_contain_text("预算明年一月到位")
    await expect(page.locator(".timeline li").first).to_contain_text("Follow-up: Visit")

    await page.get_by_role("button", name="Edit").click()
    edit = page.get_by_role("dialog", name="Edit 患者门户二期")
    await edit.get_by_label("Amount").fill("51万")
    await edit.get_by_label("Next step").fill("发送参考客户")
    await edit.get_by_role("button", name="Save").click()
    await expect(page.locator(".record-sum")).to_have_text("¥510,000")

    await page.get_by_role("button", name="Edit").click()
    await page.get_by_label("Title").fill("患者门户三期")
    version = (await selling.row(Deal, deal_id)).version
    await selling.services.deals.edit(
        await selling.actor("zhao.min"), uuid4().hex, deal_id, version=version, title="别的名字"
    )
    await page.get_by_role("button", name="Save").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("alert")).to_contain_text("Somebody changed this meanwhile")
    await expect(dialog.get_by_label("Title")).to_have_value("患者门户三期")


async def test_the_letter_m_moves_it_and_lost_is_asked_for_its_reason(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("从页面上移动")
    page = (await visit(f"/deals/{deal_id}", as_person="li.wei")).page
    await page.keyboard.press("m")
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast")).to_contain_text("从页面上移动 moved to Needs analysis.")
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator(".record-head .stage")).to_have_text("First contact")
    await page.keyboard.press("m")
    await page.locator("#move").get_by_role("link", name="Lost").click()
    await page.get_by_role("dialog").get_by_label("Why was it lost?").select_option("No budget")
    await page.get_by_role("dialog").get_by_label("In your own words").fill("明年再议")
    await page.get_by_role("dialog").get_by_role("button", name="Lost").click()
    await expect(page.locator(".record-head .stage")).to_have_text("Lost")
    await expect(page.locator("#record")).to_contain_text("明年再议")
    assert await page.get_by_role("button", name="Log follow-up").count() == 0


async def test_an_amount_nobody_can_read_comes_back_beside_its_field(sign_in: SignIn, selling: Selling) -> None:
    deal_id = await selling.deal("看不懂的金额")
    browser = await sign_in("li.wei")
    form = {"version": "1", "title": "", "amount": "twelve", "idempotency_key": uuid4().hex}
    answer = await browser.post(f"/deals/{deal_id}/edit", data=form, headers={"accept": "text/html"})
    assert answer.status_code == 422
    assert 'id="e-amount"' in answer.text
    assert 'value="twelve"' in answer.text


async def test_only_ops_are_shown_the_way_to_the_workflows(sign_in: SignIn, selling: Selling) -> None:
    deal_id = await selling.deal("运维看得到")
    link = f"/temporal/namespaces/default/workflows/deal%2F{deal_id}"
    for name, shown in (("gu.ming", True), ("han.xue", True), ("lin.yue", False), ("li.wei", False)):
        page = await (await sign_in(name)).get(f"/deals/{deal_id}", headers={"accept": "text/html"})
        assert (link in page.text) == shown, name


async def test_another_regions_people_get_a_page_that_says_there_is_nothing(
    sign_in: SignIn, selling: Selling, client: AsyncClient
) -> None:
    deal_id = await selling.deal("华东的商机")
    stranger = await (await sign_in("huang.bo")).get(f"/deals/{deal_id}", headers={"accept": "text/html"})
    assert stranger.status_code == 404
    assert "华东的商机" not in stranger.text
    nobody = await client.get(f"/deals/{deal_id}", headers={"accept": "text/html"})
    assert nobody.headers["location"].startswith("/sign-in?next=")


async def test_a_deal_just_asked_for_is_being_prepared_for_its_asker_only(
    sign_in: SignIn, selling: Selling, people: dict[str, str]
) -> None:
    deal_id = str(uuid4())
    async with selling.services.db.session() as session:
        session.add(Idempotency(actor=people["li.wei"], key=uuid4().hex, request_hash=b"", chosen_id=deal_id))
    asker = await (await sign_in("li.wei")).get(f"/deals/{deal_id}", headers={"accept": "text/html"})
    assert asker.status_code == 202
    assert 'http-equiv="refresh"' in asker.text
    other = await (await sign_in("zhao.min")).get(f"/deals/{deal_id}", headers={"accept": "text/html"})
    assert other.status_code == 404


async def test_a_deal_is_opened_from_the_board_with_a_customer_found_by_pinyin(visit: Visit, selling: Selling) -> None:
    for name in ("昆仑机器人", "云帆航空", "西湖零售", "翠峰能源", "南粤电子", "兰芷医疗", "荣达钢铁"):
        await selling.customer(name)
    page = (await visit("/deals", as_person="li.wei")).page
    await page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="New deal")
    await dialog.get_by_role("button", name="Open the deal").click()
    await dialog.get_by_label("Customer", exact=True).fill("klj")
    await dialog.get_by_role("radio", name="昆仑机器人").check()
    await dialog.get_by_label("What they want to buy").fill("库房机器人许可")
    await dialog.get_by_label("Amount").fill("96万")
    await dialog.get_by_role("button", name="Open the deal").click()
    await page.wait_for_url("**/deals/*-*")
    await expect(page.locator(".record-sum")).to_have_text("¥960,000")
    await expect(page.locator(".record-facts").first).to_contain_text("昆仑机器人")


async def test_the_page_reads_well_everywhere(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("蓝港主协议", amount=236_000 * YUAN, stage="negotiation", next_step="等待审批")
    await selling.submitted(deal_id)
    await selling.decide(deal_id, "zhao.min")
    contract: Contract = await selling.contract(deal_id)
    assert contract.status == "in_approval"
    await check_everywhere(visit, f"/deals/{deal_id}", "deal", as_person="gu.ming")
