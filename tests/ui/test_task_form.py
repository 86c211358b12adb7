"""A task's forms without a browser's help: sent plainly, answered late, sent for what is gone."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from api.services import Services
from db.base import new_id
from domain.process import Answer
from tests.approving import submitted
from tests.conftest import SignIn

pytestmark = pytest.mark.usefixtures("worker")
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://127.0.0.1:8000/inbox"}


@pytest.fixture
def services(app: FastAPI) -> Services:
    found: Services = app.state.services
    return found


async def decide(browser: AsyncClient, task_id: str, outcome: str, *, htmx: bool = False, **more: str) -> Response:
    form = {"outcome": outcome, "version": "1", "idempotency_key": new_id()} | more
    headers = HTMX if htmx else {"Accept": "text/html"}
    return await browser.post(f"/tasks/{task_id}/decision", data=form, headers=headers | {"Accept-Language": "en"})


async def test_a_plain_form_leads_back_to_the_list_and_a_late_one_says_who_decided(
    services: Services, sign_in: SignIn, people: dict[str, str]
) -> None:
    task_id = await submitted(services, people, yuan=48_000)
    manager = await sign_in("zhao.min")
    done = await decide(manager, task_id, "approve")
    assert (done.status_code, done.headers["location"]) == (303, "/inbox")
    late = await decide(manager, task_id, "reject", comment="太贵")
    assert late.status_code == 409
    assert "Zhao Min has already decided this." in late.text
    assert "<html" in late.text


async def test_what_is_accepted_but_not_yet_to_be_read_says_so_and_asks_again(
    services: Services, sign_in: SignIn, people: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = await submitted(services, people)
    manager = await sign_in("zhao.min")

    async def accepted(*_: Any, **__: Any) -> Answer:
        return Answer(revision=0, seen=False)

    monkeypatch.setattr(type(services.tasks), "decide", accepted)
    answer = await decide(manager, task_id, "approve", htmx=True)
    assert "Accepted. It will show here in a moment." in answer.text
    assert "load delay:1s" in answer.text
    assert "decision" not in answer.headers.get("HX-Replace-Url", "")
    again = await manager.get(f"/inbox/{task_id}", params={"sent": "1"}, headers=HTMX)
    assert "load delay:1s" in again.text
    shown = await manager.get(f"/inbox/{task_id}", headers=HTMX)
    assert 'id="decision"' in shown.text


async def test_a_notices_link_to_an_approval_leads_to_its_page_in_the_inbox(
    services: Services, sign_in: SignIn, people: dict[str, str]
) -> None:
    task_id = await submitted(services, people)
    manager = await sign_in("zhao.min")
    moved = await manager.get(f"/tasks/{task_id}", headers={"Accept": "text/html"})
    assert (moved.status_code, moved.headers["location"]) == (303, f"/inbox/{task_id}")


async def test_a_submitter_sees_the_request_but_no_way_to_decide(
    services: Services, sign_in: SignIn, people: dict[str, str]
) -> None:
    task_id = await submitted(services, people)
    seller = await sign_in("li.wei")
    page = await seller.get(f"/inbox/{task_id}", headers={"Accept": "text/html", "Accept-Language": "en"})
    assert "Waits for Zhao Min" in page.text
    assert 'id="decision"' not in page.text
    assert "/policies/approval" not in page.text  # sales may not read policies, so nothing leads there
