"""Operators see how the installation is, what is stuck and why, and read payloads in the Temporal UI; others do not."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import delete, select, text

from api.services import Services
from commands.lead_intake import NewLead
from db.audit import list_audit
from db.engine import Database
from db.lead import Lead
from db.outbox import enqueue
from db.record import Outbox
from tests.conftest import SignIn
from workflows.lead import lead_workflow_id

pytestmark = pytest.mark.usefixtures("worker")


async def health_when(operator: AsyncClient, fits: Callable[[Any], bool]) -> Any:
    async with asyncio.timeout(30):
        while True:
            health = (await operator.get("/api/ops/health")).json()
            if fits(health):
                return health
            await asyncio.sleep(0)


async def running_lead(services: Services, db: Database) -> str:
    lead_id = await services.leads.capture(NewLead(source="form", company="蓝港食品", name="周明", region="east"))
    async with asyncio.timeout(30):
        while True:
            async with db.session() as session:
                if await session.scalar(select(Lead.stage).where(Lead.id == lead_id)) == "assigned":
                    return lead_id
            await asyncio.sleep(0)


async def test_operators_see_servers_workers_and_cases(app: FastAPI, db: Database, sign_in: SignIn) -> None:
    await running_lead(app.state.services, db)
    operator = await sign_in("han.xue")
    health = await health_when(operator, lambda health: health["workers"]["workers"] and health["cases"][0]["running"])
    assert health["database"]["version"].startswith("18")
    assert health["database"]["disk_free"] > 0
    assert health["temporal"]["namespace"] == "default"
    [leads] = [case for case in health["cases"] if case["kind"] == "lead"]
    assert leads["running"] == leads["shown"] >= 1
    assert health["stuck"] == []
    assert health["lagging"] == 0
    for name in ("li.wei", "he.jie", "zhao.min"):
        assert (await (await sign_in(name)).get("/api/ops/health")).status_code == 403


async def test_what_waits_in_the_outbox_is_shown_with_its_error(db: Database, sign_in: SignIn) -> None:
    async with db.session() as session:
        await enqueue(session, "fax/1", "fax", {})
        await session.execute(text("update outbox set attempts = 3, error = 'no line' where key = 'fax/1'"))
    health = (await (await sign_in("han.xue")).get("/api/ops/health")).json()
    [fax] = [part for part in health["outbox"] if part["kind"] == "fax"]
    assert (fax["waiting"], fax["failing"], fax["error"]) == (1, 1, "no line")
    assert fax["oldest_seconds"] >= 0
    metrics = (await (await sign_in("han.xue")).get("/metrics")).text
    assert 'throughline_outbox_waiting{kind="fax"} 1.0' in metrics
    assert 'throughline_open_cases{kind="lead"}' in metrics
    async with db.session() as session:
        await session.execute(delete(Outbox).where(Outbox.key == "fax/1"))


async def test_a_case_that_cannot_write_its_rows_is_found_with_the_reason(
    app: FastAPI, db: Database, sign_in: SignIn, people: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commands.stuck.PATIENT_ATTEMPTS", 0)
    services: Services = app.state.services
    lead_id = await running_lead(services, db)
    operator, manager = await sign_in("han.xue"), await sign_in("zhao.min")
    async with db.session() as session:
        await session.execute(text(
            "create function on_fire() returns trigger language plpgsql as $$ begin raise 'the disk is on fire'; end $$"
        ))  # fmt: skip
        await session.execute(text("create trigger fire before update on lead for each row execute function on_fire()"))
    try:
        contacted = await manager.post(
            f"/api/leads/{lead_id}/contact", json={"how": "call"}, headers={"Idempotency-Key": uuid4().hex}
        )
        assert contacted.status_code == 202
        health = await health_when(operator, lambda health: health["lagging"] and "on fire" in str(health["stuck"]))
        [stuck] = health["stuck"]
        assert (stuck["workflow_id"], stuck["what"]) == (lead_workflow_id(lead_id), "project_lead")
    finally:
        async with db.session() as session:
            await session.execute(text("drop function on_fire cascade"))
    await health_when(operator, lambda health: health["lagging"] == 0)
    assert (await manager.get(f"/api/leads/{lead_id}")).json()["stage"] == "contacted"


async def test_operators_read_payloads_that_left_encrypted(app: FastAPI, db: Database, sign_in: SignIn) -> None:
    operator = await sign_in("gu.ming")
    clear = {"metadata": {"encoding": _base64("json/plain")}, "data": _base64('{"title": "冷链"}')}
    sealed = (await operator.post("/temporal-codec/encode", json={"payloads": [clear]})).json()
    assert sealed["payloads"][0]["metadata"]["encoding"] == _base64("binary/encrypted")
    opened = await operator.post("/temporal-codec/decode", json={"payloads": [*sealed["payloads"], clear]})
    assert opened.json() == {"payloads": [clear, clear]}
    async with db.session() as session:
        assert [line.actor for line in await list_audit(session, action="temporal.decode")]

    changed = sealed["payloads"][0] | {"data": _base64("x" * 60)}
    assert (await operator.post("/temporal-codec/decode", json={"payloads": [changed]})).json() == {
        "payloads": [changed]
    }
    assert (await operator.post("/temporal-codec/decode", json={"payloads": "all"})).status_code == 422
    foreign = await operator.post(
        "/temporal-codec/decode", json={"payloads": []}, headers={"Origin": "https://elsewhere.example.com"}
    )
    assert (foreign.status_code, foreign.json()["code"]) == (403, "csrf")
    seller = await sign_in("li.wei")
    assert (await seller.post("/temporal-codec/decode", json=sealed)).status_code == 403


async def test_the_temporal_ui_stands_behind_the_app_for_operators_alone(
    app: FastAPI, db: Database, client: AsyncClient, sign_in: SignIn
) -> None:
    services: Services = app.state.services
    workflow_id = lead_workflow_id(await running_lead(services, db))
    address = f"/temporal/api/v1/namespaces/default/workflows/{workflow_id.replace('/', '%2F')}"
    operator, seller = await sign_in("gu.ming"), await sign_in("li.wei")
    page = await operator.get("/temporal/")
    assert page.status_code == 200
    assert "script-src 'self' 'unsafe-inline'" in page.headers["content-security-policy"]
    assert "set-cookie" not in page.headers
    assert (await operator.get(address)).json()["workflowExecutionInfo"]["execution"]["workflowId"] == workflow_id
    assert (await seller.get(address)).status_code == 403
    assert (await client.get(address)).status_code == 401

    end = {"reason": "an operator ended it"}
    foreign = await operator.post(f"{address}/terminate", json=end, headers={"Origin": "https://elsewhere.example.com"})
    assert foreign.status_code == 403
    del operator.headers["X-CSRF-Token"]
    assert (await operator.post(f"{address}/terminate", json=end)).status_code == 200
    described = await services.temporal.get_workflow_handle(workflow_id).describe()
    assert described.status is not None
    assert described.status.name == "TERMINATED"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
