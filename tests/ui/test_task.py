"""What is to be done besides approving is done from the list of tasks: contacts, contracts, payments."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from commands.lead_intake import NewLead
from db.actor import actor_of
from db.base import new_id
from db.collection import Collection
from db.process import Task
from domain.contact import readable_phone
from tests.approving import draft_contract
from tests.collecting import open_collection
from tests.conftest import SignIn
from tests.somebody import phone_of
from tests.ui.browser import PHONE, Visit, check_everywhere
from tests.ui.conftest import Site
from tests.workflows.signings import a_page

pytestmark = pytest.mark.usefixtures("worker")


async def lead_of(site: Site, people: dict[str, str], company: str, owner: str = "li.wei") -> None:
    new = NewLead(source="hand", company=company, name="周明", phone=phone_of(company), region="east",
                  owner_id=people[owner], message="想了解冷链方案")  # fmt: skip
    async with site.services.db.session() as session:
        actor = await actor_of(session, people[owner])
    await site.services.leads.create(actor, new_id(), new)


async def open_task(page: Page, title: str) -> None:
    await page.goto("/tasks")
    await page.get_by_role("link", name=title).click()
    await expect(page.locator("#record-title")).to_have_text(title)


async def test_tasks_of_every_kind_read_well_everywhere(visit: Visit, site: Site, people: dict[str, str]) -> None:
    await draft_contract(site.services, people, title="待提交合同", owner="chen.tao")
    await open_collection(site.services, people, customer="荣达钢铁", due_in=(0, 37))
    for who, name in (("chen.tao", "tasks-sales"), ("he.jie", "tasks-finance")):
        page = (await visit("/tasks", as_person=who)).page
        await page.locator("#tasks .row-link").first.click()
        await page.wait_for_url(re.compile("open="))
        await check_everywhere(visit, page.url, name, as_person=who)


async def test_a_first_contact_is_logged_and_leaves_the_list(visit: Visit, site: Site, people: dict[str, str]) -> None:
    await lead_of(site, people, "蓝港食品")
    visited = await visit("/tasks", as_person="li.wei")
    page = visited.page
    await expect(page.get_by_role("link", name="蓝港食品")).to_be_visible()  # it comes in while one looks
    await open_task(page, "蓝港食品")
    await expect(page.locator("#panel")).to_contain_text(readable_phone(phone_of("蓝港食品"), "CN"))
    await expect(page.locator("#panel")).to_contain_text("想了解冷链方案")
    await page.get_by_label("How").select_option("WeChat")
    await page.get_by_label("What was said").fill("下周演示")
    await page.get_by_role("button", name="Log first contact").click()
    await expect(page.locator("#toasts")).to_contain_text("First contact logged: 蓝港食品")
    await expect(page.locator("#tasks")).not_to_contain_text("蓝港食品")
    await page.get_by_role("link", name="Done").click()
    await expect(page.locator("#tasks")).to_contain_text("contacted")
    assert visited.problems == []


async def test_a_contract_is_submitted_with_its_file_and_a_wrong_amount_is_said_beside_it(
    visit: Visit, site: Site, people: dict[str, str], tmp_path: Path
) -> None:
    contract_id = await draft_contract(site.services, people, title="主服务协议", yuan=60_000)
    pdf = tmp_path / "主服务协议.pdf"
    pdf.write_bytes(a_page())
    page = (await visit("/tasks", as_person="li.wei")).page
    await open_task(page, "主服务协议")
    await expect(page.get_by_label("Amount", exact=True)).to_have_value("60000.00")
    await page.get_by_label("Amount", exact=True).fill("sixty")
    await page.get_by_role("button", name="Submit for approval").click()
    await expect(page.locator("#e-amount")).to_be_visible()
    await expect(page.get_by_label("Amount", exact=True)).to_be_focused()

    await page.get_by_label("Amount", exact=True).fill("5.8万")
    await page.get_by_label("Contract as PDF").set_input_files(pdf)
    await page.get_by_label("Note for the approvers").fill("含两年维护")
    await page.get_by_role("button", name="Submit for approval").click()
    await expect(page.locator("#toasts")).to_contain_text("Submitted for approval: 主服务协议")

    manager = (await visit("/inbox", as_person="zhao.min")).page
    await manager.get_by_role("link", name="主服务协议").click()
    await expect(manager.locator("#panel .figures")).to_contain_text("¥58,000")
    await expect(manager.locator("#panel .comment")).to_contain_text("含两年维护")
    async with manager.expect_download() as download:
        await manager.get_by_role("link", name="主服务协议.pdf").click()
    assert (await download.value).suggested_filename == "主服务协议.pdf"
    assert contract_id in str(await manager.locator("#panel a[href^='/contracts/']").get_attribute("href"))


async def test_finance_records_a_payment_on_a_phone(visit: Visit, site: Site, people: dict[str, str]) -> None:
    await open_collection(site.services, people, customer="兰芷医疗", amounts=(1_000_000, 2_000_000), due_in=(0, 30))
    page = (await visit("/tasks?customer=兰芷", as_person="ma.chao", look=PHONE)).page
    await page.locator("#tasks .row-link").first.click()
    await page.wait_for_url(re.compile("/tasks/[0-9a-f-]{36}$"))
    await expect(page.get_by_label("Amount received")).to_have_value("10000.00")
    await page.get_by_label("Bank reference").fill("招行 0099")
    await page.get_by_role("button", name="Record payment").click()
    await expect(page.locator("#toasts")).to_contain_text("Payment recorded: 兰芷医疗 冷链可视化")
    await page.goto("/tasks?customer=兰芷&view=decided")
    await expect(page.locator("#tasks")).to_contain_text("paid in full")


async def test_a_payment_written_down_before_another_came_is_asked_about_and_not_doubled(
    sign_in: SignIn, site: Site, people: dict[str, str]
) -> None:
    await open_collection(site.services, people, customer="同款医疗", amounts=(1_000_000, 2_000_000), due_in=(0, 30))
    async with site.services.db.session() as session:
        query = select(Task).where(
            Task.kind == "record_payment", Task.title.contains("同款医疗"), Task.status == "open"
        )
        task = (await session.scalars(query.limit(1))).one()
    browser = await sign_in("he.jie")
    answers = [
        await browser.post(
            f"/tasks/{task.id}/payment",
            data={"amount": "5000", "received_on": "2026-11-20", "paid_before": "0", "idempotency_key": uuid4().hex},
            headers={"accept": "text/html", "accept-language": "en"},
        )
        for _ in range(2)
    ]
    assert answers[0].status_code in (200, 303)
    assert answers[1].status_code == 409
    assert "A payment has been recorded meanwhile." in answers[1].text
    async with site.services.db.session() as session:
        assert (await session.get_one(Collection, task.record_id)).paid == 500_000


@pytest.mark.parametrize("kind", ["", "/approval", "/pipeline", "/collection", "/lead"])
async def test_policies_read_well_everywhere(visit: Visit, kind: str) -> None:
    await check_everywhere(visit, f"/policies{kind}", f"policies{kind.replace('/', '-')}", as_person="zhao.min")


async def test_the_bell_opens_what_one_was_told_and_following_it_reads_it(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    await draft_contract(site.services, people, title="请提交", owner="wu.hao", region="south")
    page = (await visit("/deals", as_person="wu.hao")).page
    await expect(page.locator("#bell .count")).to_have_text("1")
    await page.get_by_role("button", name="1 unread notification").click()
    await page.get_by_role("link", name="Submit the contract: 请提交").click()
    await expect(page.locator("#record-title")).to_have_text("请提交")
    await expect(page.locator("#bell .count")).to_have_count(0)
