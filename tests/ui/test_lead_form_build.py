"""A manager builds a form without a developer, and a page of another site shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from commands.policy import publish_defaults
from db.actor import actor_of
from db.engine import Database
from db.lead import Lead
from tests.ui.browser import Visit, check_everywhere, served
from tests.ui.conftest import Site


@pytest.fixture(autouse=True)
async def policies(db: Database) -> None:
    await publish_defaults(db)


@pytest.fixture
async def shop(site: Site) -> AsyncIterator[str]:
    """A page of the company's own site, on another origin, with the snippet in it."""

    async def page(_request: object) -> HTMLResponse:
        script = f'<script src="{site.services.settings.base_url}/f/east/embed.js" data-lang="en" async></script>'
        return HTMLResponse(f"<!doctype html><title>Shop</title><h1>Shop</h1>{script}")

    async with served(Starlette(routes=[Route("/", page)])) as url:
        yield url


async def test_a_form_gets_fields_and_words_and_a_lead_keeps_what_was_agreed_to(
    visit: Visit, site: Site, db: Database
) -> None:
    await check_everywhere(visit, "/leads/forms/east/build", "lead-form-build", as_person="zhao.min")
    page = (await visit("/leads/forms/east/build", as_person="zhao.min")).page
    await page.get_by_label("Campaign").fill("autumn fair")
    await page.locator("#f-title_en").fill("Talk to us about cold chains")
    await page.locator("#f-consent_en").fill("Blue Harbour may call me.")
    await expect(page.locator("#preview")).to_contain_text("Talk to us about cold chains")
    await page.get_by_label("Another field").select_option("size")
    await page.get_by_role("button", name="Add").click()
    await page.get_by_label("Another field").select_option("own:choice")
    await page.get_by_role("button", name="Add").click()
    await page.get_by_role("button", name="Save").last.click()
    await expect(page.get_by_text("Please fill this in.")).to_be_visible()
    await page.locator("#f-en-6").fill("Temperature")
    await page.locator("#f-choices-6").fill("cold | 冷藏 | Cold\nfrozen | 冷冻 | Frozen")
    await page.get_by_role("button", name="Save").last.click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    site.services.lead_forms._open.clear()

    page = (await visit("/f/east?lang=en&utm_source=baidu")).page
    await expect(page.get_by_role("heading", name="Talk to us about cold chains")).to_be_visible()
    await page.get_by_role("textbox", name="Company").fill("自建表单贸易")
    await page.get_by_label("Your name").fill("周明")
    await page.get_by_label("Phone").fill("139 0013 9001")
    await page.get_by_label("People in your company").select_option("large")
    await page.get_by_label("Temperature").select_option("frozen")
    await page.get_by_label("Blue Harbour may call me.").check()
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    async with db.session() as session:
        lead = (await session.scalars(select(Lead).where(Lead.company == "自建表单贸易"))).one()
    assert (lead.size, lead.custom, lead.campaign, lead.form_key) == (
        "large", {"field1": "frozen"}, "autumn fair", "east",
    )  # fmt: skip
    assert lead.consent is not None
    assert (lead.consent["version"], lead.consent["text"], lead.language) == (2, "Blue Harbour may call me.", "en")


async def test_a_page_of_another_origin_shows_the_form_without_a_cookie(
    site: Site, shop: str, chromium: Browser, db: Database, people: dict[str, str]
) -> None:
    async with db.session() as session:
        manager = await actor_of(session, people["zhao.min"])
    await site.services.lead_forms.change(manager, "east", origins=[shop], active=True)
    object.__setattr__(site.services.settings, "base_url", site.url)
    context = await chromium.new_context()
    page = await context.new_page()
    await page.goto(f"{shop}/?utm_campaign=double11&other=left-out")
    form = page.frame_locator("iframe")
    await form.get_by_role("textbox", name="Company").fill("别处网站贸易")
    await form.get_by_label("Your name").fill("孙强")
    await form.get_by_label("E-mail").fill("sun@elsewhere.example.com")
    await form.locator("[name=consent]").check()
    await form.get_by_role("button", name="Send").click()
    await expect(form.get_by_role("heading", name="Thank you")).to_be_visible()
    height = await page.locator("iframe").evaluate("frame => parseInt(frame.style.height)")
    assert 0 < height < 700
    assert await context.cookies() == []
    await context.close()
    async with db.session() as session:
        lead = (await session.scalars(select(Lead).where(Lead.company == "别处网站贸易"))).one()
    assert lead.utm["utm_campaign"] == "double11"
    assert lead.behaviour["page"].startswith(shop)
