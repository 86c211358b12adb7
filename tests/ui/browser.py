"""What page tests share: a real Chromium, a real server, and what every page must hold in every look.

async def test_the_inbox_reads_well_everywhere(visit: Visit) -> None:
    await check_everywhere(visit, "/inbox", as_person="zhao.min")

async def test_...(visit: Visit) -> None:
    page = await visit("/deals", as_person="li.wei", language="en", look=PHONE)
    ...
    assert page.problems == []
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from typing import Literal, Protocol

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Error, Page, async_playwright
from starlette.types import ASGIApp

RESULTS = Path(__file__).parents[2] / "test-results"
Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Look:
    name: str
    width: int
    height: int
    theme: Theme


DESK = Look("desk-light", 1440, 900, "light")
PHONE = Look("phone-light", 390, 844, "light")
LOOKS = {
    "zh_CN": (DESK, Look("phone-dark", 390, 844, "dark")),
    "en": (Look("desk-dark", 1440, 900, "dark"), PHONE),
}
"""Every pair of language, size and theme once: what all eight together would find costs twice the time."""


@dataclass
class Visited:
    """A page somebody looks at; `problems` are the errors its console and scripts have reported."""

    page: Page
    problems: list[str] = field(default_factory=list)

    def watch(self) -> Visited:
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda line: self.problems.append(line.text) if line.type == "error" else None)
        return self


class Visit(Protocol):
    """Opens a path in a browser of its own, signed in as a person of the cast, or as nobody."""

    async def __call__(self, path: str, *, as_person: str = "", language: str = "en", look: Look = DESK) -> Visited: ...


@asynccontextmanager
async def chromium_running() -> AsyncIterator[Browser]:
    """Debian's where it is installed, else Playwright's own download; skips without one, fails in CI."""
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--font-render-hinting=none"]
            )
        except Error as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(f"no Chromium here: {error.message.splitlines()[0]}")
        try:
            yield browser
        finally:
            await browser.close()


class _Server(uvicorn.Server):
    def __init__(self, app: ASGIApp) -> None:
        super().__init__(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ctrl-C belongs to pytest."""
        yield


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """The application on a free port, in this process; its address."""
    with socket() as port:
        port.bind(("127.0.0.1", 0))
        server = _Server(app)
        serving = asyncio.create_task(server.serve(sockets=[port]))
        listening = asyncio.create_task(server.listening.wait())
        await asyncio.wait((serving, listening), return_when=asyncio.FIRST_COMPLETED)
        try:
            yield f"http://127.0.0.1:{port.getsockname()[1]}"
        finally:
            listening.cancel()
            server.should_exit = True
            await serving


async def check_page(visited: Visited, name: str) -> None:
    """No error, nothing wider than the screen, no serious accessibility finding; keeps a picture of what was seen."""
    page = visited.page
    await page.evaluate("document.fonts.ready")
    RESULTS.mkdir(exist_ok=True)
    await page.screenshot(path=RESULTS / f"{name}.png")
    wider = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wider <= 0, f"{name}: {wider} px wider than the screen"
    assert await axe_findings(page) == [], name
    assert visited.problems == [], name


async def axe_findings(page: Page) -> list[str]:
    """What axe calls serious or critical: the rule, and where."""
    found = (await Axe().run(page)).response["violations"]
    return [
        f"{rule['id']} at {node['target']}: {node['failureSummary']}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


async def check_everywhere(visit: Visit, path: str, name: str = "", *, as_person: str = "") -> None:
    """`check_page` in both languages, on a desk and a phone, light and dark: in pairs (`LOOKS`)."""
    called = name or path.strip("/").replace("/", "-") or "home"
    for language, looks in LOOKS.items():
        visited = await visit(path, as_person=as_person, language=language)
        for look in looks:
            await visited.page.set_viewport_size({"width": look.width, "height": look.height})
            await visited.page.emulate_media(color_scheme=look.theme, reduced_motion="reduce")
            await check_page(visited, f"{called}-{language}-{look.name}")
        await visited.page.context.close()
