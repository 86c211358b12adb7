"""Every route that changes something, fed with whatever its OpenAPI schema lets through and with what it does not.

No answer is ever a 500, every refusal is problem+json, and what comes back is what the schema says.
"""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies
from pydantic import SecretStr
from schemathesis import Case, GenerationMode
from sqlalchemy import text

from api.app import create_app
from api.services import Services
from launch.demo import load_demo
from settings import Settings
from tests.conftest import SignIn

EXAMPLES = 15
PASSING = {503}
"""«Not confirmed, send it again»: an honest answer when the machine is slow."""

DOCUMENT = create_app(Settings(database_url=SecretStr("postgresql://nowhere/none"))).openapi()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [(path, method) for path, item in DOCUMENT["paths"].items() for method in item if method != "get"]
RECORDS = {
    "lead_id": "lead", "deal_id": "deal", "contract_id": "contract", "task_id": "task", "collection_id": "collection",
    "person_id": "person",
}  # fmt: skip


@pytest.fixture(scope="module")
async def known(app: FastAPI, worker: None) -> dict[str, list[str]]:
    """Ids of real records, since a made-up one is only ever not found."""
    services: Services = app.state.services
    await load_demo(services.db, services.settings)
    found: dict[str, list[str]] = {}
    for parameter, table in RECORDS.items():
        while not found.get(parameter):
            async with services.db.session() as session:
                rows = await session.scalars(text(f"select id from {table} limit 20"))  # noqa: S608
                found[parameter] = [str(row) for row in rows]
    return found


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda part: str(part))
async def test_bad_input_never_breaks_a_route(
    path: str, method: str, known: dict[str, list[str]], sign_in: SignIn
) -> None:
    browser = await sign_in("gu.ming")
    loop = asyncio.get_running_loop()
    operation = SCHEMA[path][method.upper()]
    cases = strategies.one_of(
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    )

    @seed(1)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=cases, choice=strategies.randoms(use_true_random=False))
    def feed(case: Case[Any], choice: Any) -> None:
        for name in case.path_parameters or {}:
            if ids := known.get(name):
                case.path_parameters[name] = choice.choice(ids)
        request = case.as_transport_kwargs(base_url="http://test")
        answer = asyncio.run_coroutine_threadsafe(send(browser, request), loop).result()
        check(case, answer)

    await asyncio.to_thread(feed)


async def send(browser: httpx.AsyncClient, request: dict[str, Any]) -> httpx.Response:
    headers = {**request.pop("headers", {})}
    headers.setdefault("Idempotency-Key", uuid4().hex)
    known = {"method", "url", "params", "json", "data", "content", "files"}
    kept = {name: value for name, value in request.items() if name in known and value is not None}
    if isinstance(kept.get("data"), bytes | str):
        kept["content"] = kept.pop("data")
    try:
        return await browser.request(**kept, headers=headers)
    except (httpx.InvalidURL, UnicodeEncodeError, ValueError):
        return httpx.Response(400, headers={"content-type": "application/problem+json"})  # no client could send it


def check(case: Case[Any], answer: httpx.Response) -> None:
    told = f"{case.method} {case.formatted_path} {case.body!r}: {answer.status_code} {answer.text[:500]}"
    assert answer.status_code < 500 or answer.status_code in PASSING, told
    if answer.status_code >= 400:
        assert answer.headers["content-type"].startswith("application/problem+json"), told
