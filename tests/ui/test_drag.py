"""Cards of a board, dragged or moved by keys: what is said before the drop, what is sent, and what a refusal leaves."""

from __future__ import annotations

from urllib.parse import parse_qs

from playwright.async_api import Page, expect

from tests.ui.browser import Visit

DEAL = "#deal-harbor-ordering-app"
NEGOTIATION, APPROVAL, QUALIFIED, CONTRACTING = (
    f"#stage-{stage} .cards" for stage in ("negotiation", "approval", "qualified", "contracting")
)


async def drag(page: Page, card: str, column: str) -> None:
    start = await page.locator(card).bounding_box()
    end = await page.locator(column).bounding_box()
    assert start
    assert end
    await page.mouse.move(start["x"] + 60, start["y"] + 60)
    await page.mouse.down()
    await page.mouse.move(start["x"] + 80, start["y"] + 60, steps=3)
    await expect(page.locator(".is-ghost")).to_be_visible()  # it is being dragged
    await page.mouse.move(end["x"] + 60, end["y"] + 40, steps=6)


async def test_a_dragged_card_says_what_the_drop_starts_is_sent_once_and_stays(visit: Visit) -> None:
    page = (await visit("/ui/kit/board", as_person="zhao.min")).page
    await drag(page, DEAL, APPROVAL)
    await expect(page.locator(f"{APPROVAL} .is-ghost")).to_have_attribute("data-hint", "Drop to start approval")
    async with page.expect_request("**/move/*") as sending:
        await page.mouse.up()
    sent = parse_qs((await sending.value).post_data or "")
    assert sent["stage"] == ["approval"]
    assert sent["from_stage"] == ["negotiation"]
    assert len(sent["idempotency_key"][0]) >= 20
    await expect(page.locator("#announce")).to_have_text("Harbor ordering app moved to In approval.")
    await expect(page.locator(f"{APPROVAL} {DEAL}:not(.is-sending)")).to_be_visible()


async def test_a_refused_card_goes_back_and_the_reason_is_said(visit: Visit) -> None:
    page = (await visit("/ui/kit/board", as_person="zhao.min")).page
    await drag(page, DEAL, QUALIFIED)
    await expect(page.locator(f"{QUALIFIED} .is-ghost")).to_be_visible()
    await page.mouse.up()
    await expect(page.locator(".toast")).to_contain_text("Stages are taken one after the other.")
    await expect(page.locator(f"{NEGOTIATION} {DEAL}:not(.is-sending)")).to_be_visible()
    await expect(page.locator("#announce")).to_have_text("Harbor ordering app stays in Negotiation.")


async def test_a_card_moves_by_keys_alone_and_the_move_is_taken_back_from_the_toast(visit: Visit) -> None:
    page = (await visit("/ui/kit/board", as_person="zhao.min")).page
    await page.locator(f"{DEAL} h3 a").focus()
    await page.keyboard.press("m")
    await page.locator(f"{DEAL} .menu-item", has_text="Contracting").press("Enter")
    await expect(page.locator(f"{CONTRACTING} {DEAL}")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator(".toast")).to_contain_text("Taken back")
