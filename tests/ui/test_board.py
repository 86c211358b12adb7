"""The deals board in a browser: what a drop would do is said before it, a refused card goes back, keys do it too."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from db.deal import Deal
from tests.selling import YUAN, Selling
from tests.ui.browser import PHONE, Visit, check_everywhere

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture(scope="module", autouse=True)
async def deals(selling: Selling) -> None:
    """A board with something in every column."""
    await selling.deal("冷链可视化试点", next_step="周二需求电话")
    await selling.deal("车队远程信息", stage="needs", amount=1_740_000 * YUAN)
    await selling.deal("荣达 ERP", stage="proposal", amount=1_620_000 * YUAN)
    await selling.deal("航班运营核心", stage="negotiation", amount=48_000 * YUAN)


async def lift(page: Page, deal_id: str, column: str) -> None:
    """The card is dragged over a column and still held."""
    card, target = page.locator(f"#deal-{deal_id}"), page.locator(column)
    start, end = await card.bounding_box(), await target.bounding_box()
    assert start
    assert end
    await page.mouse.move(start["x"] + 60, start["y"] + 50)
    await page.mouse.down()
    await page.mouse.move(start["x"] + 80, start["y"] + 54, steps=3)
    for nudge in range(40):  # a busy browser drops some of a hand's movements
        await page.mouse.move(end["x"] + end["width"] / 2 + nudge % 4, end["y"] + 60, steps=4)
        if await target.locator(".is-ghost, .is-refusing").count():
            return


async def test_a_card_dropped_in_the_next_column_moves_and_the_move_can_be_undone(
    visit: Visit, selling: Selling
) -> None:
    deal_id = await selling.deal("拖到需求分析")
    visited = await visit("/deals", as_person="li.wei")
    page = visited.page
    await lift(page, deal_id, "#stage-needs")
    await page.mouse.up()
    await expect(page.locator(f"#stage-needs #deal-{deal_id}:not(.is-sending)")).to_be_visible()
    await expect(page.locator(".toast")).to_contain_text("拖到需求分析 moved to Needs analysis.")
    await selling.row(Deal, deal_id, stage="needs")
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator(f"#stage-contact #deal-{deal_id}")).to_be_visible()
    await selling.row(Deal, deal_id, stage="contact")
    assert visited.problems == []


async def test_the_board_says_what_a_drop_opens_and_then_offers_no_undo(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("拖到谈判", stage="proposal")
    page = (await visit("/deals", as_person="li.wei")).page
    await lift(page, deal_id, "#stage-negotiation")
    await expect(page.locator("#stage-negotiation .is-ghost")).to_have_attribute(
        "data-hint", "Drop to open the contract"
    )
    await page.mouse.up()
    await expect(page.locator(".toast")).to_contain_text("moved to Negotiation")
    assert await page.get_by_role("button", name="Undo").count() == 0
    await selling.contract(deal_id)
    await expect(page.locator(f"#deal-{deal_id}")).to_contain_text("Contract to submit")


async def test_a_drop_that_would_be_refused_says_so_before_and_leaves_the_card(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("还没有合同", stage="negotiation")
    await selling.contract(deal_id)
    page = (await visit("/deals", as_person="li.wei")).page
    await lift(page, deal_id, "#stage-won")
    await expect(page.locator("#stage-won .is-refusing")).to_have_attribute(
        "data-hint", "The contract must be approved first."
    )
    await page.mouse.up()
    await expect(page.locator(".toast")).to_contain_text("The contract must be approved first.")
    await expect(page.locator(f"#stage-negotiation #deal-{deal_id}")).to_be_visible()
    await selling.row(Deal, deal_id, stage="negotiation")


async def test_a_drop_that_came_too_late_goes_back_with_the_reason(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("两个人同时移动")
    page = (await visit("/deals", as_person="li.wei")).page
    await page.route("**/ui/live", lambda route: route.abort())
    await page.reload()  # a page that hears of nothing
    await lift(page, deal_id, "#stage-needs")
    await selling.move(deal_id, "contact", "needs", by="zhao.min")
    await page.mouse.up()
    await expect(page.locator(".toast")).to_contain_text("Zhao Min moved this deal meanwhile.")
    await expect(page.locator(f"#stage-needs #deal-{deal_id}")).to_contain_text("Moved by Zhao Min just now")


async def test_a_card_held_while_somebody_else_moves_it_ends_where_they_put_it(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("拿在手里", stage="needs")
    page = (await visit("/deals", as_person="li.wei")).page
    await expect(page.locator('[data-live-status="on"]')).to_be_visible()
    await lift(page, deal_id, "#stage-contact")
    await selling.move(deal_id, "needs", "proposal", by="zhao.min")
    await page.mouse.up()
    await expect(page.locator(".toast")).to_contain_text("Zhao Min moved this deal meanwhile.")
    await expect(page.locator(f"#stage-proposal #deal-{deal_id}")).to_be_visible()
    await expect(page.locator(f"#stage-needs #deal-{deal_id}, #stage-contact #deal-{deal_id}")).to_have_count(0)


async def test_somebody_elses_move_shows_who_it_was(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("别人移动的")
    page = (await visit("/deals", as_person="li.wei")).page
    await expect(page.locator('[data-live-status="on"]')).to_be_visible()
    await selling.move(deal_id, "contact", "needs", by="zhao.min")
    await expect(page.locator(f"#stage-needs #deal-{deal_id}")).to_contain_text("Moved by Zhao Min just now")


async def test_keys_alone_lose_a_deal_with_its_reason(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("用键盘输单")
    page = (await visit("/deals", as_person="li.wei")).page
    await page.locator(f"#deal-{deal_id} h3 a").focus()
    await page.keyboard.press("m")
    await expect(page.locator(f"#deal-{deal_id} .menu-item").first).to_be_focused()
    await page.locator(f"#deal-{deal_id} .menu-item", has_text="Lost").press("Enter")
    dialog = page.get_by_role("dialog", name="Mark 用键盘输单 as lost?")
    await expect(dialog.get_by_label("Why was it lost?")).to_be_focused()
    await page.keyboard.type("Chose")
    await dialog.get_by_label("In your own words").fill("买了别家的")
    await page.keyboard.press("Enter")
    await expect(page.locator(f"#deal-{deal_id}")).to_have_count(0)
    assert (await selling.row(Deal, deal_id, stage="lost", end_reason="competitor")).end_note == "买了别家的"


async def test_an_approved_deal_dropped_on_won_is_won_after_a_yes(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("赢下来", amount=48_000 * YUAN, stage="negotiation")
    await selling.submitted(deal_id)
    await selling.decide(deal_id, "zhao.min")
    await selling.row(Deal, deal_id, contract_status="approved")
    page = (await visit("/deals", as_person="li.wei")).page
    await lift(page, deal_id, "#stage-won")
    await page.mouse.up()
    dialog = page.get_by_role("dialog", name="Win 赢下来?")
    await expect(dialog).to_contain_text("An order of ¥48,000 for 蓝港食品 is placed")
    await expect(page.locator(f"#stage-negotiation #deal-{deal_id}")).to_have_count(1)
    await dialog.get_by_label("Why was it won?").select_option("Best fit")
    await dialog.get_by_role("button", name="Won").click()
    await expect(page.locator(f"#deal-{deal_id}")).to_have_count(0)
    assert (await selling.row(Deal, deal_id, stage="won")).contract_status == "approved"


async def test_a_phone_shows_one_column_and_moves_by_its_button(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("手机上移动")
    page = (await visit("/deals", as_person="li.wei", look=PHONE)).page
    await page.locator(f"#deal-{deal_id}").get_by_role("button", name="Move 手机上移动").tap()
    await page.locator(f"#deal-{deal_id} .menu-item", has_text="Needs analysis").tap()
    await selling.row(Deal, deal_id, stage="needs")
    await page.locator('.stage-chips [href="#stage-needs"]').tap()
    await expect(page.locator('.stage-chips [aria-current="true"]')).to_contain_text("Needs analysis")
    await expect(page.locator(f"#stage-needs #deal-{deal_id}")).to_be_in_viewport()


async def test_filters_and_views_are_kept_in_the_address(visit: Visit, selling: Selling) -> None:
    await selling.deal("小单子", amount=1_000 * YUAN)
    page = (await visit("/deals?owner=me", as_person="li.wei")).page
    await page.get_by_role("button", name="Amount").click()
    await page.get_by_label("From").fill("100万")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.locator(".deal h3")).to_have_text(["车队远程信息", "荣达 ERP"])
    await page.get_by_role("link", name="Table").click()
    await page.get_by_role("columnheader", name="Amount").get_by_role("link").click()
    await expect(page.locator("tbody .row-link")).to_have_text(["车队远程信息", "荣达 ERP"])
    assert "owner=me" in page.url
    assert "sort=amount" in page.url
    await page.reload()
    await page.get_by_role("link", name="Forecast").click()
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody tr")).to_contain_text("¥3.36M")


async def test_without_scripts_a_deal_moves_by_plain_forms(visit: Visit, selling: Selling) -> None:
    deal_id = await selling.deal("没有脚本")
    page = (await visit(f"/deals/{deal_id}/ask?stage=lost", as_person="li.wei")).page
    await page.locator("form.form").evaluate("form => form.removeAttribute('hx-post')")
    await page.reload()
    await page.get_by_label("Why was it lost?").select_option("No budget")
    await page.evaluate("document.querySelector('form.form').submit()")
    await page.wait_for_url(f"**/deals/{deal_id}")
    await expect(page.locator(".toast")).to_contain_text("moved to Lost")


@pytest.mark.parametrize("path", ["/deals", "/deals?view=table", "/deals?view=forecast", "/deals/new"])
async def test_every_view_reads_well_everywhere(visit: Visit, path: str) -> None:
    name = path.strip("/").replace("?view=", "-").replace("/", "-")
    await check_everywhere(visit, path, name, as_person="zhao.min")
