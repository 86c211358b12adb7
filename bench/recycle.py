"""Customers left alone until they go back to their pool: every one once, none early, how late; and claims in a crowd.

    python -m bench.recycle [--customers 200000] [--people 20] [--limit 60] [--kill worker,temporal] [--claims 60]
                            [--grow 20000,200000,2000000]

Everybody gets their share as an allocation gives it; each goes back `limit` seconds after. The worker is killed (-9)
once a fifth is back and started again three seconds later, then the Temporal server at half. Late is counted until the
transaction that gave it back was written. With `--customers 0` only the claims, for so many seconds. With `--grow`,
instead: what owned customers cost whose day is far off, laid down by SQL and reckoned by their books.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from bench.recycle_claim import crowd
from bench.recycle_scene import Stage, stage

BATCH = 10_000
"""Customers given in one transaction, as an allocation does."""
PAUSE = 3.0
"""Seconds that what was killed stays away."""

IDLE, TENDED = 20, 200
PATIENCE = 480
"""Seconds a size may take until the day of each of its customers is known."""
SIZE = "select pg_database_size(current_database())"

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
    most: Counter[str] = Counter()
    while (back := await ready.count("how = 'recycled' and owner_id is null")) < customers:
        most |= ready.memory()
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
    print("memory at most, MB: " + ", ".join(f"{part} {size}" for part, size in most.items()))
    print(f"wake-ups: {await ready.events():,} events in the books' histories")


@dataclass(frozen=True)
class Growth:
    """What so many owned customers cost, each since the size before."""

    owned: int
    laid: float
    """Seconds in which they were laid down."""
    armed: float
    """Seconds after that until the day of every customer was known."""
    wakes: float
    """Wake-ups of one book within an hour in which nothing happens."""
    events: int
    """Events in the histories of all books."""
    worker: int
    """MB of the worker at most."""
    postgres: float
    """CPU seconds of PostgreSQL until all were armed."""
    each: float
    """Bytes of database for a customer."""


async def grow(ready: Stage, sizes: Sequence[int]) -> list[Growth]:
    """What owned customers cost whose day is 30 days off, up to the first size that is not armed in time."""
    await ready.rules("P30D")
    there, before_any, grown = 0, await ready.scalar(SIZE), list[Growth]()
    for size in sizes:
        began, before = time.perf_counter(), ready.cpu()
        await ready.own(size - there)
        there, made = size, time.perf_counter() - began
        most = ready.memory()
        while not await ready.reckoned():
            if time.perf_counter() - began > PATIENCE:
                print(f"GIVEN UP: {size:,} are not armed after {PATIENCE} s", flush=True)
                return grown
            most |= ready.memory()
            await asyncio.sleep(1)
        took, now = time.perf_counter() - began - made, ready.cpu()
        most |= ready.memory()
        await ready.scalar("select pg_stat_force_next_flush()")
        places = await ready.scalar("select pg_total_relation_size('assignment')")
        whole = await ready.scalar(SIZE) - before_any
        print(
            f"{size:,} owned by {len(ready.people)}: laid down in {made:.0f} s, every day reckoned {took:.0f} s later\n"
            f"  database {whole / 2**20:,.0f} MB, of which places {places / 2**20:,.0f} MB "
            f"({places / size:,.0f} bytes each); CPU s of the worker {now['worker'] - before['worker']:.0f}",
            flush=True,
        )
        events, spent = await ready.events(), now["postgres"] - before["postgres"]
        wakes = await idle(ready)
        await wake(ready, size)
        grown.append(Growth(size, made, took, wakes, events, most["worker"], spent, whole / size))
    return grown


def table(grown: Sequence[Growth]) -> None:
    """One line a size, as docs/operating.md states them."""
    print(
        "| owned | laid down, s | every day armed, s | wake-ups a book and hour | workflow events | worker, MB "
        "| PostgreSQL, CPU s | bytes a customer |\n|--:|--:|--:|--:|--:|--:|--:|--:|"
    )
    for one in grown:
        print(
            f"| {one.owned:,} | {one.laid:.0f} | {one.armed:.0f} | {one.wakes:.1f} | {one.events:,} | {one.worker} "
            f"| {one.postgres:.0f} | {one.each:,.0f} |"
        )


async def idle(ready: Stage) -> float:
    """What books cost that nothing happens to, and follow-ups; wake-ups of one book within an hour."""
    events, looks, before = await ready.events(), await ready.looks(), ready.cpu()
    await asyncio.sleep(IDLE)
    after, now = await ready.looks(), ready.cpu()
    woken: int = sum(after[owner] != looks.get(owner) for owner in after)
    spent = {part: now[part] - before.get(part, 0) for part in ("postgres", "worker", "temporal")}
    print(
        f"  {IDLE} s of nothing: {woken} wake-ups, {await ready.events() - events} events, CPU s "
        + ", ".join(f"{part} {seconds:.1f}" for part, seconds in spent.items())
    )
    events = await ready.events()
    each = await ready.tend(TENDED)
    print(f"  {TENDED} follow-ups: {each:.1f} ms each, {await ready.events() - events} events", flush=True)
    return woken / len(ready.people) * 3600 / IDLE


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
            table(await grow(ready, [int(size) for size in asked.grow.split(",")]))
        elif asked.customers:
            await recycle(ready, asked.customers, asked.limit, [one for one in asked.kill.split(",") if one])
        if asked.claims and not asked.grow:
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
    asyncio.run(bench(parser.parse_args()))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
