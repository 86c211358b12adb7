"""Open tickets with clocks: how late what falls due happens, how soon a burst is done, how heavy the worker is.

    python -m bench.sla [--tickets 5000] [--rate 20] [--burst 1000]

Tickets come in at the rate and so fall due at it, once all are there; for the last `burst` of them the worker is
stopped until all are due, so that they come at once. Prints the server's time for the board while all are open.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from contextlib import aclosing
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select

from bench.inbox import web
from bench.scene import Scene, scene
from bench.up import browser
from commands.desk import Desk
from commands.policy import Policies
from commands.temporal import Processes
from commands.ticket import TicketCommands
from commands.ticket_intake import Inbound
from db.actor import actor_of
from db.person import Person
from db.policy import current_policy
from db.process import TimelineEvent
from db.ticket import Ticket
from domain.calendar import WEEKDAYS, CalendarPolicy
from domain.sla import SlaPolicy

SLACK = 30
"""Seconds between the last ticket's coming and the first one's being due."""
LOOKS = 40


async def promise(ready: Scene, seconds: int) -> None:
    """Every ticket is answered within so many seconds, day and night."""
    async with ready.db.session() as session:
        admin = (await session.scalars(select(Person).where(Person.email.startswith("gu.ming")))).one()
        actor = await actor_of(session, admin.id)
        known = {kind: await current_policy(session, kind) for kind in (CalendarPolicy.kind, SlaPolicy.kind)}
    policies = Policies(ready.db)
    no, calendars = known[CalendarPolicy.kind]
    always = {"zone": "UTC", "week": {day: [{"start": "00:00", "end": "24:00"}] for day in WEEKDAYS}}
    document: dict[str, Any] = {**calendars, "calendars": {**calendars["calendars"], "always": always}}
    await policies.publish(actor, uuid4().hex, CalendarPolicy.kind, document, follows=no)
    levels = deepcopy(SlaPolicy.default)
    levels["ladder"] = []
    then = {"calendar": "always", "first_response": f"PT{seconds}S"}
    levels["table"]["rows"] = [{"id": "otherwise", "when": {}, "then": then, "note": ""}]
    await policies.publish(actor, uuid4().hex, SlaPolicy.kind, levels, follows=known[SlaPolicy.kind][0])


async def come_in(ready: Scene, tickets: int, rate: float) -> None:
    commands = TicketCommands(Desk(ready.db, Processes(ready.client, ready.settings.task_queue), ready.settings))
    began = time.perf_counter()
    for no in range(tickets):
        await asyncio.sleep(max(began + no / rate - time.perf_counter(), 0))
        asked = Inbound(channel="form", text=f"第 {no} 次", email=f"k{no}@b.example", name="客户", region="east")
        await commands.receive(asked, uuid4().hex)
    while await count(ready, Ticket.due_at.is_not(None)) < tickets:
        await asyncio.sleep(0.5)


async def count(ready: Scene, *where: Any) -> int:
    async with ready.db.session() as session:
        return (await session.scalars(select(func.count()).select_from(Ticket).where(*where))).one()


async def look(base: str) -> list[float]:
    """Milliseconds of the board, one request after the other."""
    times: list[float] = []
    async with aclosing(await browser(base, "gu.ming")) as client:
        for no in range(LOOKS + 3):
            began = time.perf_counter()
            (await client.get("/tickets/board")).raise_for_status()
            if no >= 3:
                times.append((time.perf_counter() - began) * 1_000)
    return times


async def lateness(ready: Scene) -> list[tuple[datetime, float]]:
    """When each breach was told, and how many seconds after its time."""
    query = select(TimelineEvent.at, Ticket.due_at).where(
        TimelineEvent.kind == "ticket.breached", Ticket.id == TimelineEvent.record_id
    )
    async with ready.db.session() as session:
        return [(at, (at - due).total_seconds()) for at, due in await session.execute(query) if due]


async def told(ready: Scene, many: int) -> list[tuple[datetime, float]]:
    while len(found := await lateness(ready)) < many:
        await asyncio.sleep(0.5)
    return found


async def bench(tickets: int, rate: float, burst: int) -> None:
    async with scene() as ready, web() as base:
        await promise(ready, round(tickets / rate) + SLACK)
        began = time.perf_counter()
        await come_in(ready, tickets, rate)
        print(f"{tickets} tickets with clocks after {time.perf_counter() - began:.0f} s")
        worker = ready.processes()["worker"]
        print(f"worker: {worker.memory_info().rss / 2**20:.0f} MB")
        times = await look(base)
        print(f"board: p50 {statistics.median(times):.0f} ms, p95 {statistics.quantiles(times, n=20)[18]:.0f} ms")
        late = sorted(seconds for _, seconds in await told(ready, tickets - burst))
        print(f"late: p50 {late[len(late) // 2]:.2f} s, p99 {late[int(len(late) * 0.99)]:.2f} s, most {late[-1]:.2f} s")
        if not burst:
            return
        worker.suspend()
        async with ready.db.session() as session:
            last = (await session.scalars(select(func.max(Ticket.due_at)))).one()
        assert last is not None
        await asyncio.sleep(max((last - datetime.now(UTC) + timedelta(seconds=1)).total_seconds(), 0))
        began, left = time.perf_counter(), tickets - len(await lateness(ready))
        worker.resume()
        await told(ready, tickets)
        print(f"a burst of {left}: done after {time.perf_counter() - began:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=5_000)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--burst", type=int, default=1_000)
    asked = parser.parse_args()
    asyncio.run(bench(asked.tickets, asked.rate, asked.burst))


if __name__ == "__main__":
    main()
