"""Leads accepted durably through the public form, over HTTP, at a steady rate; and how long their processes take.

    python -m bench.intake [--rate 50] [--seconds 60]

A lead counts as accepted once the form has answered with its thanks: it is in PostgreSQL then, with what starts its
process. `drain` is how long after the last one every lead had its running workflow, `scored` until each was assigned.
The form's own spam check wants two seconds between showing and sending, so each visitor's page is fetched before.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import statistics
import time
from collections import Counter
from uuid import uuid4

import httpx
from sqlalchemy import func, select

from bench.inbox import web
from bench.scene import Scene, scene
from commands.lead_form import open_default_forms
from db.lead import Lead
from db.process import Process
from db.record import Outbox
from workflows.lead import lead_workflow_id

TOKEN = re.compile(r'name="token" value="([^"]+)"')
PATIENCE = 1_200.0
"""Seconds to wait for the drain at most."""


class Visitors:
    """Each fills the form in with a number and a company of their own."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client = client
        self.token = token
        self.times: list[float] = []
        self.answers: Counter[str] = Counter()

    async def send(self, no: int) -> None:
        sent = {
            "company": f"{uuid4().hex[:8]}贸易有限公司", "name": f"访客{no}", "phone": f"+86138{no:08d}",
            "message": "想要一份报价", "consent": "1", "consent_version": "1", "token": self.token,
            "idempotency_key": uuid4().hex, "utm_source": "bench",
        }  # fmt: skip
        began = time.perf_counter()
        try:
            answer = await self.client.post("/f/east", data=sent)
            said = str(answer.status_code)
        except httpx.HTTPError as error:
            said = type(error).__name__
        self.answers[said] += 1
        self.times.append(time.perf_counter() - began)


async def bench(rate: int, seconds: int) -> None:
    os.environ["THROUGHLINE_FORM_RATE"] = str(rate * 120)  # all visitors come from one address here
    async with scene() as ready, web() as address:
        await open_default_forms(ready.db)
        limits = httpx.Limits(max_connections=100)
        async with httpx.AsyncClient(base_url=address, timeout=30, limits=limits) as client:
            token = TOKEN.search((await client.get("/f/east")).text)
            assert token is not None
            await asyncio.sleep(2.1)
            visitors = Visitors(client, token[1])
            load, cpu, began = os.getloadavg()[0], ready.cpu(), time.perf_counter()
            sending: list[asyncio.Task[None]] = []
            for no in range(rate * seconds):
                await asyncio.sleep(max(0.0, began + no / rate - time.perf_counter()))
                sending.append(asyncio.create_task(visitors.send(no)))
            await asyncio.gather(*sending)
            took = time.perf_counter() - began
        accepted = visitors.answers["303"]
        print(
            f"load before {load:.1f}; accepted {accepted} of {rate * seconds} in {took:.1f} s: {accepted / took:.1f}/s"
        )
        print(f"answers {dict(visitors.answers)}")
        print(
            f"p50 {statistics.median(visitors.times) * 1_000:.0f} ms, "
            f"p95 {statistics.quantiles(visitors.times, n=20)[-1] * 1_000:.0f} ms"
        )
        await drained(ready, accepted, cpu)


async def drained(ready: Scene, accepted: int, cpu: dict[str, float]) -> None:
    """Waits until every lead has its workflow, then until each has been given to somebody; checks that none is lost."""
    began = time.perf_counter()
    started = select(func.count()).where(Outbox.kind == "start", Outbox.done_at.is_not(None))
    written = select(func.count()).select_from(Lead)
    given = select(func.count()).where(Lead.stage != "new")
    print(f"leads kept {await counted(ready, written)} (accepted {accepted})")
    print(f"workflows started by then {await counted(ready, started)}")
    print(f"drain {await until(ready, started, accepted, began):.1f} s")
    print(f"scored and assigned {await until(ready, given, accepted, began):.1f} s")
    async with ready.db.session() as session:
        ids = set(await session.scalars(select(Lead.id)))
        known = set(await session.scalars(select(Process.workflow_id).where(Process.kind == "lead")))
    missing = [lead_id for lead_id in ids if lead_workflow_id(lead_id) not in known]
    print(f"leads without their workflow: {len(missing)}")
    after = ready.cpu()
    each = {name: (after[name] - cpu.get(name, 0.0)) * 1_000 / max(accepted, 1) for name in after}
    print("CPU ms a lead, process and all: " + ", ".join(f"{name} {spent:.0f}" for name, spent in each.items()))


async def counted(ready: Scene, query: object) -> int:
    async with ready.db.session() as session:
        return int(await session.scalar(query) or 0)  # type: ignore[call-overload]


async def until(ready: Scene, query: object, wanted: int, began: float) -> float:
    """Seconds since `began` when the count is there."""
    while time.perf_counter() - began < PATIENCE:
        if await counted(ready, query) >= wanted:
            break
        await asyncio.sleep(0.5)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    given = parser.parse_args()
    asyncio.run(bench(given.rate, given.seconds))


if __name__ == "__main__":
    main()
