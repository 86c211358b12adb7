"""Whatever goes wrong, the answer says what, where, and what to do."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from temporalio.service import RPCError, RPCStatusCode

from api.app import create_app
from api.body import LARGEST_TEXT
from commands.policy import publish_defaults
from db.engine import Database
from launch.embedded import Servers
from settings import Settings
from tests.conftest import SignIn


async def test_a_fault_is_told_in_the_readers_language(client: AsyncClient) -> None:
    answers = {
        language: (
            await client.post("/api/token", data={"username": "x"}, headers={"Accept-Language": language})
        ).json()
        for language in ("en", "zh-CN")
    }
    english, chinese = answers["en"]["errors"], answers["zh-CN"]["errors"]
    assert english == [{"field": "password", "code": "missing", "detail": "Please fill this in."}]
    assert chinese == [{"field": "password", "code": "missing", "detail": "请填写此项。"}]


async def test_a_problem_has_a_stable_type(client: AsyncClient) -> None:
    answer = await client.get("/api/me", headers={"Accept-Language": "en"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json() == {
        "type": "/problems/signed_out",
        "title": "Unauthorized",
        "status": 401,
        "detail": "You are signed out. Sign in again; what you typed is still here.",
        "code": "signed_out",
        "params": {},
        "errors": [],
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/api/nothing", 404, "not_found"), ("PATCH", "/api/token", 405, "method_not_allowed")],
)
async def test_an_address_that_is_not_there_is_a_problem_too(
    client: AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_page_whose_address_was_cut_short_is_not_there_and_the_api_says_what_is_wrong(sign_in: SignIn) -> None:
    client = await sign_in("li.wei")
    page = await client.get("/customers/0195", headers={"accept": "text/html"})
    assert (page.status_code, "customer_id" in page.text) == (404, False)
    answer = await client.get("/api/customers/0195")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "customer_id")


@pytest.mark.parametrize("text", [r"a\u0000b", r"\ud800", "a\0b"])
async def test_text_that_cannot_be_kept_is_refused_at_the_door(sign_in: SignIn, text: str) -> None:
    browser = await sign_in("li.wei")
    answer = await browser.post(
        "/api/me/tokens", content=f'{{"name": "{text}"}}', headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422


@pytest.mark.parametrize("text", ["\0", "\ud800"])
async def test_text_that_cannot_be_kept_is_refused_inside_the_json_of_an_address(
    sign_in: SignIn, db: Database, text: str
) -> None:
    await publish_defaults(db)
    browser = await sign_in("li.wei")
    asked = json.dumps({"all": [{"fact": "tier", "op": "is", "values": [f"A{text}"]}]})
    place = urlsafe_b64encode(json.dumps([text, "01a21bd6-2645-7114-b496-19b92545f4d7"]).encode()).decode().rstrip("=")
    filtered = await browser.get("/api/customers", params={"filter": asked})
    beyond = await browser.get("/api/customers", params={"sort": "name", "after": place})
    assert (filtered.status_code, filtered.json()["errors"][0]["field"]) == (422, "filter.all.0.values")
    assert (beyond.status_code, beyond.json()["code"]) == (422, "place_unknown")


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{", b"[" * 100_000, b""])
async def test_a_body_that_is_no_json_is_a_clear_problem(sign_in: SignIn, body: bytes) -> None:
    browser = await sign_in("li.wei")
    answer = await browser.post("/api/me/tokens", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["detail"]


async def test_a_form_with_a_nul_character_is_refused(client: AsyncClient) -> None:
    answer = await client.post("/api/token", data={"username": "a\0b", "password": "x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "text_not_storable")


async def test_too_much_at_once_is_refused_before_it_is_read(sign_in: SignIn) -> None:
    browser = await sign_in("li.wei")
    answer = await browser.post("/api/me/tokens", content=b"x" * (LARGEST_TEXT + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_making_something_needs_a_key(sign_in: SignIn, people: dict[str, str]) -> None:
    details = {"email": "a@b.example", "name": "A", "unit_id": people["it"], "roles": ["ops"]}
    browser = await sign_in("gu.ming")
    assert (await browser.post("/api/people", json=details)).json()["code"] == "key_missing"
    short = await browser.post("/api/people", json=details, headers={"Idempotency-Key": "short"})
    assert short.status_code == 422


async def test_without_its_database_the_app_says_try_again(servers: Servers, tmp_path: Path) -> None:
    nowhere = SecretStr("postgresql://nobody@127.0.0.1:1/nothing")
    app = create_app(Settings(home=tmp_path, database_url=nowhere))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://x") as client,
    ):
        answer = await client.get("/api/me", headers={"Authorization": "Bearer tl_x"})
        assert (answer.status_code, answer.json()["code"]) == (503, "away")
        assert answer.headers["Retry-After"] == "2"
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()) == (503, {"database": "away", "temporal": "ok"})
        assert (await client.get("/healthz")).status_code == 200


async def test_an_unreachable_temporal_is_try_again_and_a_bug_tells_only_its_number(app: FastAPI) -> None:
    @app.get("/api/away")
    async def away() -> None:
        raise RPCError("connection refused", RPCStatusCode.UNAVAILABLE, b"")

    @app.get("/api/bug")
    async def bug() -> None:
        raise ValueError("the secret is 42")

    browser = AsyncClient(transport=ASGITransport(app, raise_app_exceptions=False), base_url="http://x")
    assert (await browser.get("/api/away")).status_code == 503
    answer = await browser.get("/api/bug")
    assert (answer.status_code, answer.json()["code"]) == (500, "unforeseen")
    assert answer.json()["params"]["number"] in answer.json()["detail"]
    assert "42" not in answer.text


async def test_requests_are_counted_by_route(client: AsyncClient) -> None:
    await client.get("/api/people/01900000-0000-7000-8000-000000000000")
    figures = (await client.get("/metrics")).text
    assert 'http_requests_total{method="GET",route="/api/people/{person_id}",status="401"}' in figures
