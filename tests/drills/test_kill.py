"""A hundred deals are under way while worker, Temporal server and PostgreSQL die, twice each, by kill -9."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select

from db.collection import Collection, Payment
from db.deal import Deal
from db.engine import Database
from db.lead import Lead
from db.order import Order
from db.process import Notification, Process, Task, TimelineEvent
from launch.cast import DOMAIN, PASSWORD
from launch.embedded import temporary_home
from launch.ports import free_port
from tests.launch.terminal import Up, up

pytestmark = pytest.mark.drill

DEALS = 100
AT_ONCE = 12
AMOUNT = 48_000 * 100
STAGES = ["contact", "needs", "proposal", "negotiation"]
PATIENCE = timedelta(minutes=10)
PAUSE = 0.1
"""Seconds between looks at what is awaited."""


class Person:
    """Works by the API as a careful client does: what is not confirmed is sent again with the same key."""

    def __init__(self, client: httpx.AsyncClient, gate: asyncio.Semaphore) -> None:
        self.client = client
        self.gate = gate

    async def sign_in(self, name: str) -> Person:
        form = {"username": f"{name}@{DOMAIN}", "password": PASSWORD}
        token = (await self.client.post("/api/token", data=form)).json()["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"
        return self

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        return await self._until_answered("POST", path, json=body, headers={"Idempotency-Key": uuid4().hex})

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        return await self._until_answered("GET", path, params=query)

    async def _until_answered(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        while True:
            async with self.gate:
                try:
                    answer = await self.client.request(method, path, **request)
                except httpx.TransportError:
                    answer = httpx.Response(503)
            if answer.status_code == 503 or (method == "GET" and answer.status_code == 404):
                await asyncio.sleep(PAUSE)
                continue
            assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
            found: dict[str, Any] = answer.json()
            return found

    async def until(self, path: str, **wanted: Any) -> dict[str, Any]:
        while True:
            found = await self.get(path)
            if all(found[name] == value for name, value in wanted.items()):
                return found
            await asyncio.sleep(PAUSE)


class Staff:
    """The people of one line, and how far the hundred lines are."""

    def __init__(self, sales: Person, manager: Person, finance: Person, owner_id: str) -> None:
        self.sales = sales
        self.manager = manager
        self.finance = finance
        self.owner_id = owner_id
        self.finished = 0

    async def walk(self) -> str:
        """From a lead to cash; returns the id of the line."""
        sales, finance = self.sales, self.finance
        lead = (await sales.post("/api/leads", company=f"公司 {uuid4().hex[:6]}", name="周明", region="east",
                                 owner_id=self.owner_id))["id"]  # fmt: skip
        # Who qualifies a lead before its first contact was asked for is never asked: here everybody is, to be counted.
        while (await sales.get(f"/api/leads/{lead}"))["due_at"] is None:
            await asyncio.sleep(PAUSE)
        qualified = await sales.post(f"/api/leads/{lead}/qualify", title="冷链可视化", amount=AMOUNT)
        deal = f"/api/deals/{qualified['result']['deal_id']}"
        await sales.get(deal)
        for was, now in pairwise(STAGES):
            await sales.post(f"{deal}/move", from_stage=was, to_stage=now)
        contract = (await sales.until(deal, contract_status="draft"))["contract_id"]
        await sales.get(f"/api/contracts/{contract}")
        await sales.post(f"/api/contracts/{contract}/submit", version=1, amount=AMOUNT)
        task = await self.approval_of(lead)
        await self.manager.post(f"/api/tasks/{task}/decision", outcome="approve", version=1)
        await sales.until(deal, contract_status="approved")
        await sales.post(f"{deal}/move", from_stage="negotiation", to_stage="won", reason="fit")
        while (collection := (await sales.get(deal))["collection_id"]) is None:
            await asyncio.sleep(PAUSE)
        await finance.get(f"/api/collections/{collection}")
        for _ in range(2):
            today = datetime.now(UTC).date().isoformat()
            await finance.post(f"/api/collections/{collection}/payments", amount=AMOUNT // 2, received_on=today)
        self.finished += 1
        return str(lead)

    async def approval_of(self, line_id: str) -> str:
        while True:
            tasks = await self.manager.get("/api/tasks", view="mine", approvals=True)
            for task in tasks["items"]:
                if task["line_id"] == line_id:
                    return str(task["id"])
            await asyncio.sleep(PAUSE)


async def test_a_hundred_deals_finish_whatever_is_killed() -> None:
    with temporary_home() as home:
        environment = os.environ | {
            "THROUGHLINE_HOME": str(home), "THROUGHLINE_PORT": str(free_port()), "THROUGHLINE_DURABILITY": "full",
        }  # fmt: skip
        async with kept_logs(home), up(environment) as running:
            await running.runs()
            staff = await hire(running.port)
            walks = [asyncio.create_task(staff.walk()) for _ in range(DEALS)]
            async with asyncio.timeout(PATIENCE.total_seconds()):
                await kill_while(running, staff)
                lines = await asyncio.gather(*walks)
            url = json.loads((home / "run" / "servers.json").read_text())["THROUGHLINE_DATABASE_URL"]
            db = Database(url)
            await check(db, lines)
            await db.close()


@asynccontextmanager
async def kept_logs(home: Path) -> AsyncIterator[None]:
    """What the processes logged stays for a reader when the drill fails."""
    try:
        yield
    except BaseException:
        shutil.copytree(home / "logs", "test-results/drill-logs", dirs_exist_ok=True)
        raise


async def hire(port: int) -> Staff:
    base, gate = f"http://127.0.0.1:{port}", asyncio.Semaphore(AT_ONCE)

    async def arrive(name: str) -> Person:
        return await Person(httpx.AsyncClient(base_url=base, timeout=15), gate).sign_in(name)

    sales = await arrive("li.wei")
    me = await sales.get("/api/me")
    return Staff(sales, await arrive("zhao.min"), await arrive("he.jie"), owner_id=me["id"])


async def kill_while(running: Up, staff: Staff) -> None:
    """Each server dies twice, while the lines are at very different places."""
    milestones = [(5, ("worker",)), (18, ("start-dev",)), (31, ("bin/postgres",)),
                  (44, ("worker",)), (57, ("bin/postgres",)), (70, ("start-dev",))]  # fmt: skip
    for finished, words in milestones:
        while staff.finished < finished:
            await asyncio.sleep(PAUSE)
        running.child(*words).kill()


async def total(db: Database, query: Any) -> int:
    async with db.session() as session:
        return await session.scalar(query) or 0


async def check(db: Database, lines: list[str]) -> None:
    assert len(lines) == DEALS
    finishing = Process.kind.not_in(("invoice",))
    running = select(func.count()).where(Process.line_id.in_(lines), Process.closed_at.is_(None), finishing)
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while await total(db, running):
            await asyncio.sleep(PAUSE)
    async with db.session() as session:

        async def count(query: Any) -> int:
            return await session.scalar(query) or 0

        ours = Process.line_id.in_(lines)
        outcomes = Counter(
            (kind, outcome)
            for kind, outcome in await session.execute(select(Process.kind, Process.outcome).where(ours))
        )
        assert outcomes == {
            ("lead", "converted"): DEALS, ("deal", "paid"): DEALS, ("contract", "approved"): DEALS,
            ("approval", "approved"): DEALS, ("collection", "paid"): DEALS,
            # The proposal began both: the deal took its quote back when it was won; the invoice is finance's to issue.
            ("quote", "withdrawn"): DEALS, ("invoice", None): DEALS,
        }  # fmt: skip
        deals = select(Deal.id).where(Deal.line_id.in_(lines))
        assert await count(select(func.count()).select_from(Order).where(Order.deal_id.in_(deals))) == DEALS
        collections = select(Collection.id).where(Collection.line_id.in_(lines))
        paid = select(func.count(), func.sum(Payment.amount)).where(Payment.collection_id.in_(collections))
        assert (await session.execute(paid)).one() == (2 * DEALS, DEALS * AMOUNT)
        tasks = Counter(await session.scalars(select(Task.kind).where(Task.line_id.in_(lines))))
        assert tasks == {
            "first_contact": DEALS,
            "submit_contract": DEALS,
            "approve": DEALS,
            "stage_task": DEALS,
            "prepare_invoice": DEALS,  # paid before anything was due, so that nobody was asked to record a payment
        }
        done = Task.line_id.in_(lines), Task.kind.not_in(("prepare_invoice", "stage_task")), Task.status != "done"
        assert not await count(select(func.count()).where(*done))
        asked = Counter(
            await session.scalars(
                select(Notification.params["task"].astext).where(Notification.kind == "task.opened.approve")
            )
        )
        assert set(asked.values()) == {1}, "somebody was asked twice"
        events = (await session.execute(
            select(TimelineEvent.line_id, TimelineEvent.kind).where(TimelineEvent.line_id.in_(lines))
        )).all()  # fmt: skip
        stories = {line: Counter(kind for of, kind in events if of == line) for line in lines}
        assert all(story == stories[lines[0]] for story in stories.values()), "a step is missing or doubled"
        assert stories[lines[0]]["deal.moved"] == 4
        assert not await count(select(func.count()).where(Lead.id.in_(lines), Lead.stage != "converted"))
