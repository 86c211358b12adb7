"""Lines from lead to cash per second, beside bare Temporal workflows with as many updates, activities and timers.

    python -m bench.line [--lines 30] [--rounds 3] [--clients 10]

Both run on the same server, worker process and client in interleaved rounds; only the ratio is worth quoting.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date
from itertools import pairwise
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import select
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from bench.bare import Bare, Counts
from bench.scene import BARE_QUEUE, Scene, scene
from commands.lead_intake import NewLead
from db.collection import Collection
from db.contract import Contract
from db.deal import Deal
from db.lead import Lead
from db.process import Process, Task

AMOUNT = 48_000 * 100
STARTED = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: "updates",
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: "activities",
    EventType.EVENT_TYPE_TIMER_STARTED: "timers",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: "signals",
    EventType.EVENT_TYPE_MARKER_RECORDED: "local_activities",
}


async def walk(scene: Scene) -> str:
    """One line from lead to cash, through the commands; returns its id."""
    sales, manager, finance = scene.actors["li.wei"], scene.actors["zhao.min"], scene.actors["he.jie"]
    lead = NewLead(source="form", company=f"公司{uuid4().hex[:8]}", name="周明", region="east", owner_id=sales.id)
    line_id = await scene.leads.create(sales, uuid4().hex, lead)
    await scene.until(Lead, id=line_id, stage="assigned")
    qualified = await scene.leads.qualify(
        sales, uuid4().hex, line_id, title="冷链可视化", amount=AMOUNT, close_on=None, next_step=None
    )
    deal_id = qualified.result["deal_id"]
    await scene.until(Deal, id=deal_id)
    stages = ["contact", "needs", "proposal", "negotiation"]
    for was, now in pairwise(stages):
        await scene.deals.move(sales, uuid4().hex, deal_id, from_stage=was, to_stage=now)
    contract = await scene.until(Contract, deal_id=deal_id)
    await scene.contracts.submit(sales, uuid4().hex, contract.id, version=1, amount=AMOUNT)
    task = await scene.until(Task, line_id=line_id, kind="approve", status="open")
    await scene.tasks.decide(manager, uuid4().hex, task.id, outcome="approve", version=1)
    await scene.until(Deal, id=deal_id, contract_status="approved")
    await scene.deals.move(sales, uuid4().hex, deal_id, from_stage="negotiation", to_stage="won")
    collection = await scene.until(Collection, deal_id=deal_id)
    for _ in range(2):
        await scene.collections.record_payment(
            finance, uuid4().hex, collection.id, amount=AMOUNT // 2, received_on=date(2026, 11, 20), reference=None
        )
    await scene.until(Process, record_id=deal_id, outcome="paid")
    return line_id


async def counted(scene: Scene, line_id: str) -> list[Counts]:
    """What each process of a finished line asked of Temporal, from its history."""
    async with scene.db.session() as session:
        ids = list(await session.scalars(select(Process.workflow_id).where(Process.line_id == line_id)))
    histories = [await scene.client.get_workflow_handle(i).fetch_history() for i in ids]
    return [Counts(**Counter(STARTED[e.event_type] for e in h.events if e.event_type in STARTED)) for h in histories]


async def walk_bare(client: Client, counts: list[Counts]) -> None:
    """The same number of workflows, updates, activities, timers and signals, one workflow after the other."""
    for each in counts:
        handle = await client.start_workflow(Bare.run, each, id=f"bare/{uuid4().hex}", task_queue=BARE_QUEUE)
        for _ in range(each.updates):
            await handle.execute_update(Bare.update)
        for _ in range(each.signals):
            await handle.signal(Bare.signal)
        await handle.result()


class Round(NamedTuple):
    """Lines a second, and CPU milliseconds a line by process."""

    rate: float
    cpu: dict[str, float]


async def measure(scene: Scene, lines: int, clients: int, walk_one: Callable[[], Awaitable[object]]) -> Round:
    """`lines` walks with `clients` of them under way at a time."""
    gate = asyncio.Semaphore(clients)

    async def one() -> None:
        async with gate:
            await walk_one()

    before, began = scene.cpu(), time.perf_counter()
    await asyncio.gather(*(one() for _ in range(lines)))
    took, after = time.perf_counter() - began, scene.cpu()
    return Round(lines / took, {name: (after[name] - before[name]) * 1_000 / lines for name in before})


def show(name: str, rounds: list[Round]) -> None:
    cpu = ", ".join(f"{part} {statistics.median(r.cpu[part] for r in rounds):.0f}" for part in rounds[0].cpu)
    rates = " ".join(f"{r.rate:.2f}" for r in rounds)
    print(f"{name}  {median_rate(rounds):6.2f} lines/s  ({rates})  CPU ms a line: {cpu}")


def median_rate(rounds: list[Round]) -> float:
    return statistics.median(r.rate for r in rounds)


async def bench(lines: int, rounds: int, clients: int) -> None:
    async with scene() as ready:
        counts = await counted(ready, await walk(ready))
        for each in counts:
            print("per line:", each)
        ours: list[Round] = []
        bare: list[Round] = []
        for _ in range(rounds):
            bare.append(await measure(ready, lines, clients, lambda: walk_bare(ready.client, counts)))
            ours.append(await measure(ready, lines, clients, lambda: walk(ready)))
        show("bare", bare)
        show("ours", ours)
        print(f"ratio {median_rate(ours) / median_rate(bare):.2f}")
        for name, process in ready.processes().items():
            print(f"memory {name:10} {process.memory_info().rss / 2**20:6.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=10)
    given = parser.parse_args()
    asyncio.run(bench(given.lines, given.rounds, given.clients))


if __name__ == "__main__":
    main()
