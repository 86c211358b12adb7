"""Customers left alone until they go back to their pool: every one once, none early, how late; and claims in a crowd.

    python -m bench.recycle [--customers 200000] [--people 20] [--limit 60] [--kill worker,temporal] [--claims 60]
                            [--grow 20000,200000,2000000]

Everybody gets their share in turn, as an import or an allocation gives it; each goes back `limit` seconds after. The
worker is killed (-9) once a fifth is back and started again three seconds later, then the Temporal server at half.
Late is counted until the transaction that gave it back was written. With `--grow`, instead: what owned customers cost
whose day is far off.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import psutil
from sqlalchemy import text

from bench.recycle_claim import crowd
from bench.recycle_scene import Stage, stage

BATCH = 2_000
PAUSE = 3.0
"""Seconds that what was killed stays away."""

_GIVE = """
    select cast(customer_id as text), cast(region_id as text) from assignment
    where owner_id is null and how = 'imported' order by customer_id limit :limit
"""
_FIGURES = text("""
    select count(*), count(distinct customer_id), count(*) filter (where written < since + cast(:limit as interval)),
        percentile_cont(0.5) within group (order by extract(epoch from written - since) - :seconds),
        percentile_cont(0.99) within group (order by extract(epoch from written - since) - :seconds),
        max(extract(epoch from written - since) - :seconds)
    from assignment_change where how = 'recycled'
""")


async def recycle(ready: Stage, customers: int, limit: int, kills: Sequence[str]) -> None:
    await ready.rules(f"PT{limit}S")
    await ready.customers(customers)
    began = time.perf_counter()
    given = await ready.give_all(BATCH)
    print(f"{given:,} customers given to {len(ready.people)} people in {time.perf_counter() - began:.1f} s", flush=True)
    plan = list(zip((0.2, 0.5), kills, strict=False))
    before, used = ready.cpu(), time.perf_counter()
    while (back := await ready.count("how = 'recycled' and owner_id is null")) < customers:
        if plan and back >= plan[0][0] * customers:
            _, what = plan.pop(0)
            print(f"  {back:,} are back: kill -9 {what}", flush=True)
            await ready.kill(what, PAUSE)
        await asyncio.sleep(0.5)
        if time.perf_counter() - used > limit + 240:
            print(f"GIVEN UP: only {back:,} are back")
            break
    spent = {part: value - before.get(part, 0) for part, value in ready.cpu().items()}
    async with ready.db.session() as session:
        await session.execute(text("set local statement_timeout = '60s'"))
        row = (await session.execute(_FIGURES, {"limit": f"{limit} seconds", "seconds": limit})).one()
    twice, missing = row[0] - row[1], customers - row[1]
    print(f"back {row[1]:,} of {customers:,}: missing {missing}, twice {twice}, early {row[2]}")
    print(f"late: p50 {row[3]:.1f} s, p99 {row[4]:.1f} s, most {row[5]:.1f} s")
    print("CPU seconds: " + ", ".join(f"{part} {value:.0f}" for part, value in spent.items() if value > 0))
    print(f"wake-ups: {await ready.events():,} events in the books' histories")


async def grow(ready: Stage, sizes: Sequence[int]) -> None:
    """What owned customers cost whose day is 30 days off."""
    await ready.rules("P30D")
    there = 0
    for size in sizes:
        await ready.customers(size - there)
        there = size
        began, before = time.perf_counter(), ready.cpu()
        await ready.give_all(BATCH)
        given = time.perf_counter() - began
        while await ready.count("owner_id is not null and due_at is null"):
            await asyncio.sleep(0.5)
        took, now = time.perf_counter() - began, ready.cpu()
        memory = {part: process.memory_info().rss / 2**20 for part, process in ready.processes().items()}
        size_now = await ready.scalar("select pg_total_relation_size('assignment') / 1048576")
        whole = await ready.scalar("select pg_database_size(current_database()) / 1048576")
        print(
            f"{size:,} owned: given in {given:.0f} s, every date known after {took:.0f} s; "
            f"worker {memory.get('worker', 0):.0f} MB, temporal {memory.get('temporal', 0):.0f} MB, "
            f"assignments {size_now} MB of {whole} MB; events {await ready.events():,}; "
            f"CPU s postgres {now['postgres'] - before['postgres']:.0f}, worker {now['worker'] - before['worker']:.0f}",
            flush=True,
        )
        await wake(ready, size)


async def wake(ready: Stage, size: int) -> None:
    """How long a book takes that is asked to look and finds nothing due."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        await ready.ask_one()
        times.append(time.perf_counter() - began)
    print(f"  a look of one book of {size // len(ready.people):,}: {sorted(times)[2] * 1_000:.0f} ms", flush=True)


async def bench(asked: Any) -> None:
    began = time.perf_counter()
    async with stage(asked.people) as ready:
        if asked.grow:
            await grow(ready, [int(size) for size in asked.grow.split(",")])
        else:
            await recycle(ready, asked.customers, asked.limit, [one for one in asked.kill.split(",") if one])
            if asked.claims:
                await crowd(ready, asked.claims)
    print(f"took {time.perf_counter() - began:.0f} s in all, load {os.getloadavg()[0]:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--kill", default="worker,temporal")
    parser.add_argument("--claims", type=int, default=60)
    parser.add_argument("--grow", default="")
    with suppress(psutil.NoSuchProcess):
        asyncio.run(bench(parser.parse_args()))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
