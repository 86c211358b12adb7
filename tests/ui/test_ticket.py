"""Tickets in a browser: read in every look, answered from the keyboard, by two agents at once, taken in by phone."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import expect

from api.services import Services
from commands.ticket_intake import Inbound
from db.customer import Assignment, Contact, Customer
from db.ticket import Ticket
from tests.ui.browser import PHONE, Visit, check_everywhere, check_page
from tests.ui.conftest import Site

pytestmark = pytest.mark.usefixtures("worker")


async def came_in(services: Services, text: str = "网关离线，重启也没用。", **fields: Any) -> str:
    inbound = Inbound(channel="form", text=text, name="周明", email="zhou@lan.example", region="east", **fields)
    taken = await services.tickets.receive(inbound, uuid4().hex)
    async with asyncio.timeout(30):
        while True:
            async with services.db.session() as session:
                if (await session.get_one(Ticket, taken.ticket_id)).stage != "new":
                    return taken.ticket_id
            await asyncio.sleep(0.05)


async def test_queue_and_ticket_read_well_everywhere(visit: Visit, site: Site) -> None:
    ticket_id = await came_in(site.services, subject="投诉：两次没有到场", kind="complaint", priority="urgent")
    visited = await visit(f"/tickets/{ticket_id}", as_person="gao.fei")
    await visited.page.fill("#say-text", "像是固件的老问题。")
    await visited.page.get_by_label("Note for colleagues").check()
    await visited.page.locator("#say-text").focus()
    await visited.page.keyboard.press("Control+Enter")
    await expect(visited.page.locator(".said.is-note")).to_contain_text("像是固件的老问题。")
    await check_everywhere(visit, f"/tickets/{ticket_id}", "ticket", as_person="gao.fei")
    await check_everywhere(visit, "/tickets?whose=region", "tickets", as_person="shen.yu")


async def test_a_ticket_is_taken_answered_with_a_macro_and_resolved_from_the_keyboard(visit: Visit, site: Site) -> None:
    ticket_id = await came_in(site.services, subject="键盘工单")
    visited = await visit("/tickets?whose=region&text=键盘工单", as_person="gao.fei")
    page = visited.page
    await page.keyboard.press("j")
    await page.keyboard.press("a")
    await expect(page.get_by_text("The ticket is yours.")).to_be_visible()
    await page.goto(f"/tickets/{ticket_id}?lang=en")
    await page.keyboard.press("r")
    await expect(page.locator("#say-text")).to_be_focused()
    await page.keyboard.type("您好！")
    await page.get_by_role("button", name="Macros").click()
    await page.get_by_role("button", name="Apologise for what went wrong").click()
    await expect(page.locator("#say-text")).to_have_value(
        "您好！\n\n周明，您好：\n\n非常抱歉给您带来不便。我们已将此事升级处理，高飞 会在今天内给您答复。"
    )
    await page.locator("#say-text").focus()
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".said.is-out")).to_contain_text("非常抱歉")
    await expect(page.locator("#ticket-head")).to_contain_text("Urgent")
    await page.keyboard.press("e")
    await expect(page.locator("#ticket-head")).to_contain_text("Resolved")
    assert visited.problems == []


async def test_an_answer_at_hand_is_found_by_pinyin_and_put_in(visit: Visit, site: Site) -> None:
    ticket_id = await came_in(site.services)
    visited = await visit("/tickets/answers/new", as_person="gao.fei")
    page = visited.page
    await page.fill("#f-name", "复位步骤")
    await page.fill("#f-body", "{{ contact }}，请按住复位键 10 秒。")
    await page.get_by_role("button", name="Keep it").click()
    await page.goto(f"/tickets/{ticket_id}?lang=en")
    await page.get_by_label("Look up an answer").fill("fuwei")
    await page.locator("button.answer").click()
    await expect(page.locator("#say-text")).to_have_value("周明，请按住复位键 10 秒。")
    assert visited.problems == []


async def test_who_answers_second_keeps_the_words_and_reads_the_first_answer(visit: Visit, site: Site) -> None:
    ticket_id = await came_in(site.services)
    stale = await visit(f"/tickets/{ticket_id}", as_person="song.dan")
    await stale.page.evaluate(
        "document.getElementById('conversation').removeAttribute('data-live')"
    )  # a tab left behind
    await stale.page.fill("#say-text", "第二个回复")
    first = await visit(f"/tickets/{ticket_id}", as_person="gao.fei")
    await first.page.fill("#say-text", "第一个回复")
    await first.page.get_by_role("button", name="Send the text").click()
    await expect(first.page.locator(".said.is-out")).to_contain_text("第一个回复")
    await stale.page.get_by_role("button", name="Send the text").click()
    await expect(stale.page.get_by_text("Something was said meanwhile.")).to_be_visible()
    await expect(stale.page.locator(".said.is-out")).to_contain_text("第一个回复")
    await expect(stale.page.locator("#say-text")).to_have_value("第二个回复")
    await stale.page.get_by_role("button", name="Send the text").click()
    await expect(stale.page.locator(".said.is-out")).to_have_count(2)


async def test_a_callers_number_finds_who_it_is_and_two_keys_take_the_call_in(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    async with site.services.db.session() as session:
        customer = Customer(name="来电物流", service_tier="vip")
        session.add(customer)
        await session.flush()
        session.add(Contact(customer_id=customer.id, name="钱程", phone="+8613900139000"))
        session.add(Assignment(customer_id=customer.id, region_id=people["east"], owner_id=people["li.wei"]))
    visited = await visit("/tickets", as_person="gao.fei")
    page = visited.page
    await page.keyboard.press("c")
    await page.get_by_label("Phone").fill("139 0013 9000")
    await expect(page.locator("#caller")).to_contain_text("钱程 · 来电物流")
    await page.get_by_label("Phone").focus()
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#ticket-side")).to_contain_text("来电物流")
    await expect(page.locator("#ticket-head")).to_contain_text("VIP")
    await check_page(await visit("/tickets/new?phone=13900139000", as_person="gao.fei", look=PHONE), "ticket-call")
    assert visited.problems == []
