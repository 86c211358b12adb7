"""What the pages' scripts do, in a browser, on the kit's board and inbox."""

from __future__ import annotations

from playwright.async_api import Page, Request, Route, expect

from db.engine import Database
from db.live import announce
from tests.ui.browser import Visit
from tests.ui.conftest import Site

TWICE = """(button) => {
  button.form.requestSubmit(button);
  button.form.requestSubmit(button);
}"""


async def test_a_form_sent_twice_in_a_row_goes_once_and_its_button_is_busy(visit: Visit) -> None:
    page = (await visit("/ui/kit/sign-in")).page
    sent: list[Request] = []

    async def answer(route: Route) -> None:
        sent.append(route.request)
        await route.fulfill(status=204)

    await page.route("**/ui/kit/sign-in", answer)
    await page.fill("#f-email", "a@b.example")
    await page.fill("#f-password", "secret")
    button = page.get_by_role("button", name="Sign in")
    await button.evaluate(TWICE)
    await expect(button).to_have_attribute("aria-busy", "true")
    assert len(sent) == 1


async def test_letters_walk_the_list_but_not_while_somebody_types_or_composes(visit: Visit) -> None:
    page = (await visit("/ui/kit/inbox?open=1", as_person="zhao.min")).page
    focused = "document.activeElement.textContent.trim()"
    await page.locator("#content .row-link").first.focus()
    await page.keyboard.press("j")
    assert await page.evaluate(focused) == "Credit limit raised to 2.4 million"
    await page.keyboard.press(" ")
    await expect(page.locator("tbody .c-pick input:checked")).to_have_count(1)
    composing = "new KeyboardEvent('keydown', {key: 'k', isComposing: true, bubbles: true})"
    await page.evaluate(f"document.activeElement.dispatchEvent({composing})")
    assert await page.evaluate(focused) == "Credit limit raised to 2.4 million"
    await page.locator("[name=comment]").press("k")
    await expect(page.locator("[name=comment]")).to_have_value("k")
    await expect(page.locator("[name=comment]")).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("d")
    await page.wait_for_url("**/deals")


async def test_the_palette_finds_a_page_by_pinyin_initials_and_opens_it(visit: Visit) -> None:
    page = (await visit("/ui/kit/inbox", as_person="zhao.min", language="zh_CN")).page
    await page.keyboard.press("Control+k")
    await page.keyboard.type("kh")
    chosen = page.locator('.palette-pages .palette-hit[aria-selected="true"]')
    await expect(chosen).to_contain_text("客户")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/customers")


COUNT = """() => {
  const count = document.documentElement.dataset;
  count.heard = 0;
  document.body.addEventListener("live:deal", () => count.heard++);
}"""


async def heard(page: Page, times: int) -> None:
    await expect(page.locator("html")).to_have_attribute("data-heard", str(times))


async def change(db: Database, people: dict[str, str], record: str, version: int = 7) -> None:
    async with db.session() as session:
        await announce(session, "deal", record, version, owner=people["zhao.min"])


async def test_two_tabs_share_one_stream_and_the_second_takes_over_when_the_first_closes(
    visit: Visit, site: Site, db: Database, people: dict[str, str]
) -> None:
    first = (await visit("/ui/kit/board", as_person="zhao.min")).page
    await expect(first.locator("[data-live-status=on]")).to_be_visible()
    second = await first.context.new_page()
    await second.goto("/ui/kit/inbox")
    await expect(second.locator("[data-live-status=on]")).to_be_visible()
    assert len(site.app.state.live.streams) == 1
    for page in (first, second):
        await page.evaluate(COUNT)
    await change(db, people, "d-1")
    for page in (first, second):
        await heard(page, 1)
    await first.close()
    await change(db, people, "d-2")
    await heard(second, 2)
    assert len(site.app.state.live.streams) == 1


RECORD = """() => {
  const part = '<div id="part" data-live="deal:d-9" data-version="3" hx-get="/part" hx-trigger="refresh" ' +
    'hx-swap="morph:outerHTML"><form><input id="words"></form><p>old</p></div>';
  document.querySelector(".sheet-page").insertAdjacentHTML("afterbegin", part);
  htmx.process(document.getElementById("part"));
}"""


async def test_what_somebody_types_in_is_left_alone_until_they_ask_for_the_new_state(
    visit: Visit, db: Database, people: dict[str, str]
) -> None:
    page = (await visit("/ui/kit", as_person="zhao.min")).page
    await page.route("**/part", lambda route: route.fulfill(body='<div id="part" data-version="9"><p>new</p></div>'))
    await expect(page.locator("[data-live-status=on]")).to_be_visible()
    await page.evaluate(RECORD)
    await page.locator("#words").press_sequentially("half a sentence")
    await change(db, people, "d-9", version=9)
    note = page.get_by_role("button", name="Changed meanwhile")
    await expect(note).to_be_visible()
    await expect(page.locator("#words")).to_have_value("half a sentence")
    await note.click()
    await expect(page.locator("#part")).to_have_text("new")


async def test_a_record_already_shown_in_that_version_is_not_read_again(
    visit: Visit, db: Database, people: dict[str, str]
) -> None:
    page = (await visit("/ui/kit", as_person="zhao.min")).page
    asked: list[str] = []

    async def part(route: Route) -> None:
        asked.append(route.request.url)
        await route.fulfill(body='<div id="part" data-version="9"><p>new</p></div>')

    await page.route("**/part", part)
    await expect(page.locator("[data-live-status=on]")).to_be_visible()
    await page.evaluate(RECORD)
    await page.evaluate(COUNT)
    await change(db, people, "d-9", version=3)
    await heard(page, 1)
    await change(db, people, "d-9", version=4)
    await expect(page.locator("#part p")).to_have_text("new")
    assert len(asked) == 1


async def test_light_and_dark_switch_at_once_and_hold_on_the_next_page(visit: Visit) -> None:
    page = (await visit("/ui/kit/inbox", as_person="zhao.min")).page
    async with page.expect_response("**/ui/preferences") as kept:
        await page.locator(".rail [data-theme-toggle]").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert (await kept.value).status == 204
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")


async def test_a_dialog_gives_the_focus_back_and_closes_with_escape(visit: Visit) -> None:
    page = (await visit("/ui/kit", as_person="zhao.min")).page
    opener = page.get_by_role("button", name="Confirm")
    await opener.click()
    await expect(page.locator("#kit-confirm textarea")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#kit-confirm")).to_be_hidden()
    await expect(opener).to_be_focused()
