"""The team's page: who is waited for, the tasks behind it, and handing several on at once."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from api.services import Services
from db.process import Task
from domain.access import person_key
from tests.approving import submitted
from tests.ui.browser import PHONE, Visit, check_everywhere
from tests.ui.conftest import Site

pytestmark = pytest.mark.usefixtures("worker")


async def test_a_manager_finds_what_waits_and_hands_two_of_them_on(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    ids = [
        await submitted(site.services, people, title=title, owner="li.wei")
        for title in ("三年平台许可", "冷链可视化", "仓储一期")
    ]
    await check_everywhere(visit, "/team", as_person="zhao.min")
    await check_everywhere(visit, f"/team?view=tasks&unit={people['east']}", "team-tasks", as_person="lin.yue")
    await check_everywhere(
        visit, f"/team/hand-on?picked={ids[0]}&picked={ids[1]}", "team-hand-on", as_person="zhao.min"
    )

    page = (await visit("/team", as_person="zhao.min")).page
    await page.get_by_role("link", name="Regional manager (East China)").click()
    for title in ("三年平台许可", "冷链可视化"):
        await page.get_by_label(f"Select {title}").check()
    await page.get_by_role("button", name="Hand on").click()
    await page.get_by_label("Who is to do it").fill("chentao")
    await page.get_by_role("radio", name="Chen Tao").check()
    await page.get_by_label("Reason").fill("赵敏出差")
    await page.get_by_role("button", name="Hand on").click()
    await expect(page.get_by_text("2 tasks handed on")).to_be_visible()
    await expect(page.get_by_role("link", name="仓储一期")).to_be_visible()
    assert await holders(site.services, ids[:2]) == [[person_key(people["chen.tao"])]] * 2


async def test_on_a_phone_one_is_handed_on_from_its_card_and_the_submitter_is_refused_in_words(
    visit: Visit, site: Site, people: dict[str, str]
) -> None:
    await submitted(site.services, people, title="手机上转交", owner="wang.fang")
    page = (await visit("/team?view=tasks", as_person="zhao.min", look=PHONE)).page
    await page.locator("tr", has_text="手机上转交").get_by_role("link", name="Hand on").click()
    await page.get_by_label("Who is to do it").fill("wangfang")
    await page.get_by_role("radio", name="Wang Fang").check()
    await page.get_by_label("Reason").fill("换人")
    await page.get_by_role("button", name="Hand on").click()
    await expect(page.get_by_text("You cannot decide on your own request.")).to_be_visible()


async def test_who_has_no_team_finds_no_page(visit: Visit) -> None:
    visited = await visit("/team", as_person="li.wei")
    await expect(visited.page.get_by_text("Your role does not allow this.")).to_be_visible()
    await expect(visited.page.get_by_role("link", name="Team", exact=True)).to_have_count(0)


async def holders(services: Services, ids: list[str]) -> list[list[str]]:
    """Once they have changed: rows follow a process by milliseconds."""
    async with asyncio.timeout(30):
        while True:
            async with services.db.session() as session:
                found = [(await session.get_one(Task, one)).holders for one in ids]
            if all(keys[0].startswith("person:") for keys in found):
                return found
