"""What the frame asks the server for, and how problems look to somebody who asked for a page."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from fastapi import FastAPI, Request
from httpx import ASGITransport, AsyncClient
from starlette.responses import Response

from domain.access import Role
from domain.refusal import Refused
from locales import LANGUAGES
from settings import Settings
from tests.ui.test_live import Person
from ui import errors, kit
from ui.csp import SecurityHeaders
from ui.environment import install
from ui.nav import rail
from ui.render import redirect, respond
from ui.shell import Hit, Shell

LI_WEI = Person("li.wei", frozenset({Role.SALES}), name="Li Wei", email="li.wei@example.com")


@pytest.fixture
def kept() -> dict[str, str]:
    """What was written to the person's own settings."""
    return {}


@pytest.fixture
def app(kept: dict[str, str]) -> FastAPI:
    app = FastAPI()
    install(app, Settings(development=True, language="zh_CN"), counts=counts)
    errors.install(app)
    app.add_middleware(SecurityHeaders)

    async def save(_request: Request, chosen: dict[str, str]) -> None:
        kept.update(chosen)

    async def search(_request: Request, text: str) -> list[Hit]:
        return [Hit(f"<{text}>", "Deal", "/deals/1", "kanban")]

    app.include_router(Shell(save, search).router)
    app.include_router(kit.router)

    @app.get("/both")
    async def both(request: Request) -> Response:
        return await respond(request, "kit/sign_in.html", "content", error=False)

    @app.post("/done")
    async def done(request: Request) -> Response:
        return redirect(request, "/ui/kit", "客户已保存", undo="/undo")

    @app.exception_handler(Refused)
    async def refused(request: Request, refused: Refused) -> Response:
        from api.problem import Problem

        problem = Problem(type="", title="", status=refused.status, detail="No.", code=refused.code)
        return await errors.error_page(request, problem)

    @app.get("/refused/{status}")
    async def refuse(status: int, code: str = "not_found") -> None:
        raise Refused(code, status)

    @app.middleware("http")
    async def who(request: Request, call_next):  # type: ignore[no-untyped-def]
        request.state.viewer = LI_WEI if "signed-in" in request.cookies else None
        request.state.csrf = "c-token"
        return await call_next(request)

    return app


async def counts(_request: Request) -> dict[str, int]:
    return {"inbox": 12, "inbox_overdue": 2}


@pytest.fixture
def browser(app: FastAPI) -> AsyncClient:
    headers = {"accept": "text/html", "accept-language": "en"}
    return AsyncClient(transport=ASGITransport(app), base_url="http://testserver", headers=headers)


@pytest.fixture
def signed_in(browser: AsyncClient) -> AsyncClient:
    browser.cookies.set("signed-in", "yes")
    return browser


async def test_one_address_answers_htmx_with_a_part_and_everybody_else_with_the_page(browser: AsyncClient) -> None:
    part = await browser.get("/both", headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith("<form")
    assert part.headers["vary"] == "HX-Request"
    assert "<!doctype html>" in (await browser.get("/both")).text
    back = await browser.get("/both", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<!doctype html>" in back.text


async def test_every_page_forbids_foreign_scripts_and_frames(browser: AsyncClient) -> None:
    policy = (await browser.get("/both")).headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy


async def test_every_form_carries_the_sessions_token_and_a_key_of_its_own(browser: AsyncClient) -> None:
    first, second = (await browser.get("/both")).text, (await browser.get("/both")).text
    assert 'name="_csrf" value="c-token"' in first
    assert "X-CSRF-Token" in first
    key = 'name="idempotency_key" value="'
    assert first.partition(key)[2][:24] != second.partition(key)[2][:24]


async def test_an_unsigned_reader_keeps_the_language_they_chose(browser: AsyncClient, kept: dict[str, str]) -> None:
    assert 'lang="en"' in (await browser.get("/both")).text
    answer = await browser.post("/ui/preferences", data={"language": "zh_CN", "next": "/both"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/both")
    assert 'lang="zh-CN"' in (await browser.get("/both")).text
    assert kept == {}


async def test_a_signed_in_readers_choice_is_kept_with_the_person(signed_in: AsyncClient, kept: dict[str, str]) -> None:
    await signed_in.post("/ui/preferences", data={"theme": "dark"})
    assert kept == {"theme": "dark"}
    assert 'data-theme="dark"' in (await signed_in.get("/ui/kit")).text


@pytest.mark.parametrize("field", ["language", "theme"])
async def test_a_language_or_theme_that_is_none_is_refused(browser: AsyncClient, field: str) -> None:
    assert (await browser.post("/ui/preferences", data={field: "klingon"})).status_code == 422


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
async def test_the_way_back_never_leads_to_another_site(browser: AsyncClient, elsewhere: str) -> None:
    answer = await browser.post("/ui/preferences", data={"theme": "light", "next": elsewhere})
    assert answer.headers["location"] == "/"


def test_the_rail_shows_only_what_the_role_opens_and_marks_where_one_is() -> None:
    seen = rail(LI_WEI, "/deals/7", {})
    hrefs = [entry.href for entry in seen.entries]
    assert seen.current == "/deals"
    assert "/deals" in hrefs
    assert not {"/health", "/policies"} & set(hrefs)


def test_the_phones_bar_has_four_pages_and_the_rest_behind_more() -> None:
    assert [entry.href for entry in rail(LI_WEI, "/", {}).phone] == ["/inbox", "/tasks", "/deals", "/customers"]


async def test_the_rail_is_read_anew_for_the_page_somebody_is_on(signed_in: AsyncClient) -> None:
    part = await signed_in.get(
        "/ui/rail", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/deals?x=1"}
    )
    assert 'href="/deals" aria-current="page"' in part.text
    assert 'class="count is-urgent">12<' in part.text
    assert "<!doctype" not in part.text


async def test_the_palettes_hits_are_escaped(signed_in: AsyncClient) -> None:
    assert "&lt;赵敏&gt;" in (await signed_in.get("/ui/palette", params={"q": "赵敏"})).text
    assert (await signed_in.get("/ui/palette", params={"q": "  "})).text.strip() == ""


async def test_what_an_action_says_is_shown_once_on_the_page_that_follows(signed_in: AsyncClient) -> None:
    answer = await signed_in.post("/done")
    assert answer.status_code == 303
    assert "客户已保存" in unquote(unquote(answer.headers["set-cookie"])).encode().decode("unicode_escape")
    shown = (await signed_in.get("/ui/kit")).text
    assert "客户已保存" in shown
    assert 'action="/undo"' in shown
    assert "客户已保存" not in (await signed_in.get("/ui/kit")).text


async def test_a_toast_cookie_of_somebody_elses_making_cannot_send_a_form_away(signed_in: AsyncClient) -> None:
    signed_in.cookies.set("toast", '{"text":"<b>hi","kind":"done","undo":"https://evil.example"}')
    shown = (await signed_in.get("/ui/kit")).text
    assert "evil.example" not in shown
    assert "<b>hi" not in shown


async def test_htmx_is_sent_to_the_page_that_follows(signed_in: AsyncClient) -> None:
    answer = await signed_in.post("/done", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/ui/kit")


async def test_signed_out_people_sign_in_first_and_come_back(browser: AsyncClient) -> None:
    assert (await browser.get("/refused/401")).headers["location"] == "/sign-in?next=%2Frefused%2F401"
    part = await browser.get(
        "/refused/401", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/deals?a=1"}
    )
    assert part.headers["hx-redirect"] == "/sign-in?next=%2Fdeals%3Fa%3D1"


async def test_a_problem_is_a_toast_to_a_part_and_a_page_to_a_page(signed_in: AsyncClient) -> None:
    part = await signed_in.get("/refused/409", headers={"HX-Request": "true"})
    assert (part.status_code, part.text, part.headers["hx-reswap"]) == (409, "", "none")
    assert '"kind": "bad"' in part.headers["hx-trigger"]
    assert "Not possible now" in (await signed_in.get("/refused/409?code=lead_daily_full")).text
    assert "This has changed meanwhile" in (await signed_in.get("/refused/409?code=outdated")).text
    page = await signed_in.get("/refused/403")
    assert page.status_code == 403
    assert "Not yours to see" in page.text
    assert "No." in page.text


def test_each_page_of_the_palette_is_found_in_both_languages() -> None:
    deals = next(entry for entry in rail(LI_WEI, "/", {}).entries if entry.href == "/deals")
    assert set(LANGUAGES) == {"zh_CN", "en"}
    assert {"deals", "商机", "sj", "shangji"} <= set(deals.words.split())
