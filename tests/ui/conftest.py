"""A browser and the pages.

chromium  (session)  a running Chromium
site      (module)   the whole application at an address: `.url`, `.app`
visit                opens one of its pages as a person of the cast (tests/ui/browser.py)
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, expect

from api.auth import cookie_name
from api.services import Services
from commands.credentials import Visitor
from settings import Settings
from tests.ui.browser import DESK, Look, Visit, Visited, chromium_running, served
from ui.app import create_app

expect.set_options(timeout=20_000)  # a CI machine of two cores runs browser, pages, worker and servers at once


@dataclass(frozen=True)
class Site:
    url: str
    app: FastAPI

    @property
    def services(self) -> Services:
        services: Services = self.app.state.services
        return services


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with chromium_running() as browser:
        yield browser


@pytest.fixture(scope="module")
async def site(settings: Settings) -> AsyncIterator[Site]:
    app = create_app(settings.model_copy(update={"development": True}))
    async with served(app) as url:
        yield Site(url, app)


@pytest.fixture
async def visit(site: Site, chromium: Browser, people: dict[str, str]) -> AsyncIterator[Visit]:
    async with AsyncExitStack() as closing:

        async def visit(path: str, *, as_person: str = "", language: str = "en", look: Look = DESK) -> Visited:
            context = await chromium.new_context(
                base_url=site.url,
                viewport={"width": look.width, "height": look.height},
                color_scheme=look.theme,
                locale=language.replace("_", "-"),
                has_touch=look.width < 760,
            )
            closing.push_async_callback(context.close)
            await context.add_cookies([{"name": "lang", "value": language, "url": site.url}])
            if as_person:
                secret = await site.services.sign_in.begin(Visitor("test"), people[as_person])
                name = cookie_name(site.services.settings)
                await context.add_cookies([{"name": name, "value": secret, "url": site.url, "httpOnly": True}])
            visited = Visited(await context.new_page()).watch()
            await visited.page.goto(path)
            return visited

        yield visit
