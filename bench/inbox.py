"""The inbox of a company with 1,000 people and 20,000 open tasks, and how soon others see a decision.

    python -m bench.inbox [--people 1000] [--tasks 20000] [--decisions 40]

Prints the server's time for an inbox page and for the same by API, asked for by one person after the other, and for
decisions made one after the other: the answer to the approver, and the signal on the submitter's live stream.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import func, insert, select, text

from bench.scene import Scene, scene
from bench.up import browser
from db.base import new_id
from db.person import OrgUnit, Person, PersonRole
from db.process import Task
from domain.access import person_key
from domain.process import Command
from launch.cast import DOMAIN
from launch.ports import free_port
from workflows.approval import ApprovalStart, ApprovalWorkflow, approval_workflow_id
from workflows.process import Process

ASKED = 60
"""People whose inbox is opened."""


@asynccontextmanager
async def web() -> AsyncIterator[str]:
    port = free_port()
    environment = os.environ | {"THROUGHLINE_PORT": str(port)}
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "launch.cli", "web", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    base = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=base) as client:
            while True:
                try:
                    (await client.get("/readyz")).raise_for_status()
                    break
                except httpx.HTTPError:
                    await asyncio.sleep(0.1)
        yield base
    finally:
        server.terminate()
        await server.wait()


async def fill(bench: Scene, people: int, tasks: int) -> list[str]:
    """Adds people and their open tasks as rows; gives the names in their e-mail addresses."""
    async with bench.db.session("bench") as session:
        known = (await session.execute(select(Person).limit(1))).scalar_one()
        unit = (await session.scalars(select(OrgUnit.id).where(OrgUnit.code == "east-sales"))).one()
        made: list[dict[str, Any]] = [
            {"id": new_id(), "email": f"seat{no}@{DOMAIN}", "name": f"座席{no}"} for no in range(people)
        ]
        shared = {"unit_id": unit, "password_hash": known.password_hash, "theme": "auto", "active": True}
        await session.execute(insert(Person), [one | shared for one in made])
        await session.execute(insert(PersonRole), [{"person_id": one["id"], "role": "sales"} for one in made])
        now = datetime.now(UTC)
        for _ in range(tasks // 1_000):
            await session.execute(insert(Task), [_task(random.choice(made)["id"], now) for _ in range(1_000)])
    async with bench.db.session("bench") as session:
        await session.execute(text("analyze"))
    return [one["email"].partition("@")[0] for one in made]


def _task(person: str, now: datetime) -> dict[str, Any]:
    due = now + timedelta(minutes=random.randint(-3_000, 6_000))
    return {
        "id": new_id(), "workflow_id": f"approval/{new_id()}", "process_kind": "approval", "record_id": new_id(),
        "line_id": new_id(), "kind": "approve", "params": {"subject": "contract", "version": 1}, "title": "冷链可视化",
        "amount": 4_800_000, "currency": "CNY", "holders": [person_key(person)], "status": "open", "version": 1,
        "opened_at": due - timedelta(hours=8), "due_at": due, "revision": 1,
    }  # fmt: skip


async def inboxes(base: str, names: list[str]) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {"inbox page": [], "GET /api/tasks": []}
    for name in random.sample(names, ASKED):
        async with aclosing(await browser(base, name)) as client:
            for what, path in (("inbox page", "/inbox"), ("GET /api/tasks", "/api/tasks")):
                await client.get(path)  # a person's second look: connections are open, templates are known
                began = time.perf_counter()
                (await client.get(path)).raise_for_status()
                took[what].append((time.perf_counter() - began) * 1_000)
    return took


async def decisions(bench: Scene, base: str, number: int) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {"decision answered": [], "seen by others": []}
    async with (
        aclosing(await browser(base, "zhao.min")) as manager,
        aclosing(await browser(base, "li.wei")) as sales,
        sales.stream("GET", "/ui/live") as stream,
    ):
        signals = stream.aiter_lines()
        for _ in range(number):
            approval = await _request(bench)
            task = await bench.until(Task, record_id=approval, status="open")
            seen = asyncio.create_task(_closed(bench, signals, approval))
            began = time.perf_counter()
            answer = await manager.post(
                f"/api/tasks/{task.id}/decision",
                json={"outcome": "approve", "version": task.version},
                headers={"Idempotency-Key": uuid4().hex},
            )
            answer.raise_for_status()
            took["decision answered"].append((time.perf_counter() - began) * 1_000)
            await seen
            took["seen by others"].append((time.perf_counter() - began) * 1_000)
    return took


async def _request(bench: Scene) -> str:
    submitter, approval_id = bench.actors["li.wei"], new_id()
    async with bench.db.session() as session:
        region = (await session.scalars(select(OrgUnit.id).where(OrgUnit.code == "east"))).one()
    start = ApprovalStart(
        approval_id=approval_id, reply_to="contract/nobody", subject_kind="contract", subject_id=new_id(),
        subject_version=1, line_id=new_id(), customer_id=None, region_id=region, submitted_by=submitter.id,
        title="冷链可视化", amount=1_000_000, currency="CNY",
    )  # fmt: skip
    opened = Command(actor=submitter, key=uuid4().hex)
    await bench.tasks.desk.processes.open(
        ApprovalWorkflow.run, start, approval_workflow_id(approval_id), Process.opened, opened
    )
    return approval_id


async def _closed(bench: Scene, lines: Any, approval: str) -> None:
    """Until a signal of this approval came after which its task is no longer open."""
    async for line in lines:
        if line.startswith("data:") and approval in line:
            async with bench.db.session() as session:
                still = select(func.count()).where(Task.record_id == approval, Task.status == "open")
                if not await session.scalar(still):
                    return


async def bench(people: int, tasks: int, number: int) -> None:
    async with scene() as ready, web() as base:
        names = await fill(ready, people, tasks)
        print(f"{people} people, {tasks} open tasks")
        for what, times in {**await inboxes(base, names), **await decisions(ready, base, number)}.items():
            cut = statistics.quantiles(times, n=20)
            print(f"{what:18} p50 {statistics.median(times):5.0f} ms   p95 {cut[18]:5.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--tasks", type=int, default=20_000)
    parser.add_argument("--decisions", type=int, default=40)
    asked = parser.parse_args()
    asyncio.run(bench(asked.people, asked.tasks, asked.decisions))


if __name__ == "__main__":
    main()
