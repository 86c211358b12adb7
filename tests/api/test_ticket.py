"""A ticket from another system is found, answered and resolved; who may not see it finds nothing."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient

from tests.conftest import SignIn

pytestmark = pytest.mark.usefixtures("worker")

TICKET = {"text": "网关离线了，重启也没用。", "name": "周明", "phone": "138 0013 8000", "region": "east"}


async def bring_in(browser: AsyncClient, **more: Any) -> str:
    made = await browser.post("/api/tickets", json=TICKET | more, headers={"Idempotency-Key": uuid4().hex})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def standing(browser: AsyncClient, ticket_id: str, *stages: str) -> Any:
    async with asyncio.timeout(30):
        while True:
            found = (await browser.get(f"/api/tickets/{ticket_id}")).json()
            if found["ticket"]["stage"] in stages:
                return found
            await asyncio.sleep(0)


async def act(browser: AsyncClient, ticket_id: str, act: str, **body: Any) -> Any:
    key = {"Idempotency-Key": uuid4().hex}
    return await browser.post(f"/api/tickets/{ticket_id}/{act}", json=body, headers=key)


async def test_a_ticket_is_brought_in_answered_and_resolved(sign_in: SignIn) -> None:
    agent = await sign_in("gao.fei")
    ticket_id = await bring_in(agent)
    found = await standing(agent, ticket_id, "triage", "queued", "assigned")
    assert found["ticket"]["number"].startswith("T-")
    assert (found["ticket"]["subject"], found["ticket"]["from_phone"]) == (TICKET["text"], "+8613800138000")
    seen = found["messages"][-1]["id"]
    replied = await act(agent, ticket_id, "reply", text="正在查看。", seen=seen)
    assert (replied.status_code, replied.json()["seen"]) == (200, True)
    noted = await act(agent, ticket_id, "note", text="像是固件 3.2 的老问题。")
    assert noted.status_code == 200
    found = (await agent.get(f"/api/tickets/{ticket_id}")).json()
    assert found["ticket"]["stage"] == "waiting_customer"
    assert [message["direction"] for message in found["messages"]] == ["in", "out", "note"]
    late = await act(agent, ticket_id, "resolve", seen=seen)
    assert (late.status_code, late.json()["code"]) == (409, "ticket_moved")
    assert (await act(agent, ticket_id, "resolve", seen=replied.json()["result"]["message_id"])).status_code == 200
    closed = await act(agent, ticket_id, "take")
    assert (closed.status_code, closed.json()["code"]) == (409, "ticket_not_now")


async def test_who_is_of_another_region_or_another_trade_finds_no_ticket(sign_in: SignIn) -> None:
    ticket_id = await bring_in(await sign_in("gao.fei"))
    for name in ("xie.ting", "li.wei"):
        browser = await sign_in(name)
        assert (await browser.get(f"/api/tickets/{ticket_id}")).status_code == 404
        assert (await act(browser, ticket_id, "take")).status_code == 404
        listed = await browser.get("/api/tickets")
        assert listed.status_code == 403 or all(one["id"] != ticket_id for one in listed.json()["items"])


async def test_a_number_that_is_none_is_refused_and_named(sign_in: SignIn) -> None:
    agent = await sign_in("gao.fei")
    bad = await agent.post("/api/tickets", json=TICKET | {"phone": "12"}, headers={"Idempotency-Key": uuid4().hex})
    assert (bad.status_code, bad.json()["code"]) == (422, "phone_invalid")
