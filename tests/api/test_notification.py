"""What people are told in the app reaches them once, in their language, and is read by them alone."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

import api.notification
from tests.approving import submitted
from tests.conftest import SignIn

pytestmark = pytest.mark.usefixtures("worker")


async def told(browser: AsyncClient, **search: Any) -> list[dict[str, Any]]:
    found = await browser.get("/api/notifications", params=search, headers={"Accept-Language": "en"})
    assert found.status_code == 200, found.text
    return list(found.json()["items"])


async def test_an_approver_is_told_reads_it_and_nobody_else_can(
    app: FastAPI, sign_in: SignIn, people: dict[str, str]
) -> None:
    task_id = await submitted(app.state.services, people, title="需要审批")
    manager, stranger = await sign_in("zhao.min"), await sign_in("huang.bo")
    notice = (await told(manager, unread=True))[0]
    assert (notice["text"], notice["link"]) == ("For your approval: 需要审批", f"/tasks/{task_id}")
    assert await told(stranger) == []

    await stranger.post("/api/notifications/read", json={"ids": [notice["id"]]})
    assert [n["id"] for n in await told(manager, unread=True)] == [notice["id"]]
    assert (await stranger.get(f"/notifications/{notice['id']}")).status_code == 404

    followed = await manager.get(f"/notifications/{notice['id']}")
    assert (followed.status_code, followed.headers["location"]) == (303, f"/tasks/{task_id}")
    assert await told(manager, unread=True) == []
    assert (await told(manager))[0]["read_at"] is not None


async def test_everything_is_read_at_once_and_pages_follow_one_another(
    app: FastAPI, sign_in: SignIn, people: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for no in range(3):
        await submitted(app.state.services, people, title=f"第 {no} 份", owner="wu.hao", region="south")
    manager = await sign_in("huang.bo")
    monkeypatch.setattr(api.notification, "PAGE", 2)
    first = (await manager.get("/api/notifications")).json()
    rest = (await manager.get("/api/notifications", params={"after": first["next"]})).json()
    titles = [notice["params"]["title"] for notice in (*first["items"], *rest["items"])]
    assert (titles, rest["next"]) == (["第 2 份", "第 1 份", "第 0 份"], None)

    assert (await manager.post("/api/notifications/read", json={})).status_code == 204
    assert await told(manager, unread=True) == []
