"""A pool given to people in one go, and taken back: how long each step takes; and how quick the report is afterwards.

    python -m bench.allocation [--customers 200000] [--people 20] [--kill] [--changes 1000000]

With `--kill` the worker is killed (-9) at half and started again after three seconds. `--changes`: rows of history
that the report on customers is read from.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import text

from bench.recycle_scene import Stage, stage
from commands.allocation import AllocationCommands
from commands.desk import Desk
from commands.temporal import Processes
from db.actor import actor_of
from db.allocation import Allocation, shares_of
from db.allocation_plan import customers_pooled, ground_of, seats_in
from db.customer_report import by_person, by_week, doubles, flows, follow_ups
from db.engine import take_time
from db.report import Span
from domain.access import Actor
from domain.allocation import Terms, allocate

PAUSE = 3.0
PATIENCE = 300
"""Seconds a run may take to come to a status."""
_PAST = text("""
    insert into assignment_change (customer_id, region_id, from_id, to_id, tier, how, reason, since, at)
    select c.id, cast(:region as uuid), case when n % 2 = 1 then p.id end, case when n % 2 = 0 then p.id end,
        chr(65 + n % 5), case when n % 2 = 1 then 'recycled' when n % 4 = 0 then 'claimed' else 'allocated' end,
        case when n % 2 = 1 then 'no_follow_up' end, at - interval '9 days', at
    from generate_series(1, :rounds) n
    cross join (select id, row_number() over () as no from customer limit :customers) c
    join (select id, row_number() over () as no from person where email like '%@bench') p
        on p.no = (c.no + n) % :people + 1
    cross join lateral (select now() - (n || ' days')::interval as at) t
""")


async def until(ready: Stage, allocation_id: str, status: str, *, kill: bool = False) -> tuple[float, Allocation]:
    began = time.perf_counter()
    while True:
        async with ready.db.session() as session:
            run = await session.get_one(Allocation, allocation_id)
        if run.status == status:
            if kill:
                print("  NOT KILLED: it was done before half of it was seen; give it more customers", flush=True)
            return time.perf_counter() - began, run
        if kill and run.done >= run.planned // 2:
            kill = False
            print(f"  {run.done:,} given: kill -9 worker", flush=True)
            await ready.kill("worker", PAUSE)
        if time.perf_counter() - began > PATIENCE:
            raise SystemExit(f"GIVEN UP: {run.status} after {PATIENCE} s, {run.done:,} of {run.planned:,}")
        await asyncio.sleep(0.1)


async def planning(ready: Stage, terms: Terms) -> None:
    """The share of each step of a plan."""
    now, seconds = datetime.now(UTC), {}
    async with ready.db.session() as session:
        await take_time(session)
        began = time.perf_counter()
        ground = await ground_of(session, ready.region)
        seats = await seats_in(session, ready.region, terms, now, ground.most)
        seconds["people"] = time.perf_counter() - began
        began = time.perf_counter()
        customers = await customers_pooled(session, ready.region, terms, ground, now)
        seconds["read the pool"] = time.perf_counter() - began
    began = time.perf_counter()
    allocate(terms, customers, seats, 7)
    seconds["deal"] = time.perf_counter() - began
    print("  of which: " + ", ".join(f"{step} {value:.2f} s" for step, value in seconds.items()), "the rest: keep it")


async def allocation(ready: Stage, customers: int, kill: bool) -> Actor:
    await ready.rules("P30D")
    await ready.customers(customers)
    commands = AllocationCommands(Desk(ready.db, Processes(ready.client, ready.settings.task_queue), ready.settings))
    async with ready.db.session() as session:
        manager = await actor_of(session, ready.cast["zhao.min"])
    terms = Terms(people=tuple(ready.people))
    began = time.perf_counter()
    made = await commands.preview(manager, uuid4().hex, ready.region, terms)
    print(f"asked to plan: {(time.perf_counter() - began) * 1_000:.0f} ms")
    took, run = await until(ready, made, "previewed")
    print(f"plan {run.planned:,} over {len(ready.people)}: {took:.1f} s", flush=True)
    await planning(ready, terms)
    before = ready.cpu()
    began = time.perf_counter()
    await commands.run(manager, uuid4().hex, made)
    print(f"check that it still holds: {time.perf_counter() - began:.2f} s")
    took, run = await until(ready, made, "done", kill=kill)
    spent = {part: value - before.get(part, 0) for part, value in ready.cpu().items()}
    print(f"given {run.given:,} in {took:.1f} s: {run.given / took:,.0f} a second", flush=True)
    print("  CPU seconds: " + ", ".join(f"{part} {value:.1f}" for part, value in spent.items() if value > 0))
    async with ready.db.session() as session:
        await take_time(session)
        changes = await session.scalar(text(f"select count(*) from assignment_change where run_id = '{made}'"))  # noqa: S608
        shares = Counter(share.given for share in await shares_of(session, made))
    print(f"changes of hands {changes:,}, doubled {changes - customers}; shares (given: people) {dict(shares)}")
    before = ready.cpu()
    await commands.undo(manager, uuid4().hex, made)
    took, run = await until(ready, made, "undone")
    spent = {part: value - before.get(part, 0) for part, value in ready.cpu().items()}
    print(f"undone {run.undone:,} in {took:.1f} s: {run.undone / took:,.0f} a second", flush=True)
    print("  CPU seconds: " + ", ".join(f"{part} {value:.1f}" for part, value in spent.items() if value > 0))
    return manager


async def report(ready: Stage, manager: Actor, changes: int) -> None:
    """Every table of the report over `changes` rows of history, all within its time."""
    there = await ready.scalar("select count(*) from customer")
    rounds = max(changes // there, 1)
    asked = {"region": ready.region, "rounds": rounds, "customers": there, "people": len(ready.people)}
    async with ready.db.session() as session:
        await session.execute(text("set local statement_timeout = 0"))
        await session.execute(_PAST, asked)
    await ready.scalar("select 1 from (select 1) x")
    async with ready.db.session() as session:
        await session.execute(text("set local statement_timeout = 0"))
        await session.execute(text("analyze assignment_change"))
    total = await ready.scalar("select count(*) from assignment_change")
    now = datetime.now(UTC)
    span = Span(now - timedelta(days=365), now + timedelta(days=1))
    print(f"report over {total:,} changes of hands:")
    async with ready.db.session() as session:
        await take_time(session)
        for name, query in (
            ("flows", flows(session, manager, span)), ("by person", by_person(session, manager, span)),
            ("by week", by_week(session, manager, span, "Asia/Shanghai")),
            ("follow-ups", follow_ups(session, manager, span)), ("doubles", doubles(session, manager, span)),
        ):  # fmt: skip
            began = time.perf_counter()
            await query
            print(f"  {name}: {(time.perf_counter() - began) * 1000:,.0f} ms", flush=True)
        week = Span(now - timedelta(days=7), now + timedelta(days=1))
        began = time.perf_counter()
        await flows(session, manager, week)
        print(f"  flows of the last seven days: {(time.perf_counter() - began) * 1000:,.0f} ms")


async def main(customers: int, people: int, kill: bool, changes: int) -> None:
    async with stage(people) as ready:
        manager = await allocation(ready, customers, kill)
        await report(ready, manager, changes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--changes", type=int, default=1_000_000)
    given = parser.parse_args()
    asyncio.run(main(given.customers, given.people, given.kill, given.changes))
    sys.stdout.flush()
    os._exit(0)
