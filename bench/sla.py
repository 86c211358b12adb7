"""Open tickets with clocks: how late what falls due happens, how soon a burst is done, how heavy the worker is.

    python -m bench.sla [--tickets 5000] [--rate 20] [--seconds 60] [--burst 1000] [--rows 50000] [--away 40]

All tickets are open from the beginning. Of some a warning, breach or step of the ladder falls due, `rate` a second;
then as many as the burst at one instant. Late is counted until what fell due is in the read model, with its notice.
Then the worker is killed (-9) for some seconds, in which something falls due every second.
At the end the board is asked for with as many tickets as run, and its queries with `rows` of them.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, text

from bench.inbox import web
from bench.scene import Scene, scene
from bench.sla_past import MARKS, Place, begin, place
from bench.sla_rows import look_at_rows
from bench.up import browser
from db.ticket import Ticket

SLACK = 8
"""Seconds for what goes on to settle before anything falls due."""
LOOKS = 40
IDLE = 5
PARTS = ("worker", "temporal", "postgres")


async def watch_writes(ready: Scene) -> None:
    """From now on a line of the timeline keeps when it was written."""
    async with ready.db.session() as session:
        await session.execute(text("alter table timeline_event add written timestamptz default clock_timestamp()"))


async def settled(ready: Scene, many: int) -> None:
    """Until so many processes have written their rows."""
    query = select(func.count()).select_from(Ticket).where(Ticket.revision > 0)
    while True:
        async with ready.db.session() as session:
            if await session.scalar(query) == many:
                return
        await asyncio.sleep(0.3)


async def lateness(ready: Scene, dues: dict[str, datetime]) -> list[tuple[float, float]]:
    """Seconds from when each fell due until its process acted, and until that was written."""
    told = text(
        "select record_id::text, min(at), min(written) from timeline_event "
        "where kind in ('ticket.amber', 'ticket.red', 'ticket.breached', 'ticket.climbed') "
        "and record_id = any(cast(:ids as uuid[])) group by record_id"
    )
    async with ready.db.session() as session:
        rows = (await session.execute(told, {"ids": list(dues)})).all()
    return [((at - dues[one]).total_seconds(), (written - dues[one]).total_seconds()) for one, at, written in rows]


async def all_told(ready: Scene, dues: dict[str, datetime]) -> list[tuple[float, float]]:
    while len(found := await lateness(ready, dues)) < len(dues):
        await asyncio.sleep(0.5)
    return found


def spread(name: str, seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    ninety_ninth = ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)]
    return f"{name}: p50 {statistics.median(ordered):.2f} s, p99 {ninety_ninth:.2f} s, most {ordered[-1]:.2f} s"


def say_late(what: str, found: list[tuple[float, float]]) -> None:
    print(f"{what}, {len(found)} steps")
    print("  " + spread("its process acted", [acted for acted, _ in found]))
    print("  " + spread("seen by everybody", [seen for _, seen in found]))


class Used:
    """What the parts of the product use of the processor from now on."""

    def __init__(self, ready: Scene) -> None:
        self.ready = ready
        self.began, self.before = time.perf_counter(), ready.cpu()

    def say(self, what: str, steps: int, idle: dict[str, float] | None = None) -> dict[str, float]:
        """Milliseconds a step, or a second where there are none; what is used without any is left out."""
        took, now = time.perf_counter() - self.began, self.ready.cpu()
        per = {
            part: (now[part] - self.before[part] - (idle or {}).get(part, 0) * took / 1_000) * 1_000 / (steps or took)
            for part in PARTS
        }
        unit = "step" if steps else "second"
        print(f"{what}: CPU ms a {unit}: " + ", ".join(f"{part} {value:.1f}" for part, value in per.items()))
        return per


def say_memory(ready: Scene, what: str) -> None:
    parts = ready.processes()
    print(f"{what}: worker {parts['worker'].memory_info().rss / 2**20:.0f} MB, "
          f"temporal {parts['temporal'].memory_info().rss / 2**20:.0f} MB")  # fmt: skip


async def look(base: str, looks: int, path: str = "/tickets/board") -> list[float]:
    """Milliseconds of a page, one request after the other."""
    times: list[float] = []
    async with aclosing(await browser(base, "gu.ming")) as client:
        for no in range(looks + 3):
            began = time.perf_counter()
            (await client.get(path)).raise_for_status()
            if no >= 3:
                times.append((time.perf_counter() - began) * 1_000)
    return times


async def say_board(base: str, what: str, looks: int = LOOKS) -> None:
    times = await look(base, looks)
    cut = statistics.quantiles(times, n=20)[18]
    print(f"board {what}: p50 {statistics.median(times):.0f} ms, p95 {cut:.0f} ms, quickest {min(times):.0f} ms")


async def bench(tickets: int, rate: float, seconds: int, burst: int, rows: int, gone: int) -> None:
    steady, started = round(rate * seconds), time.perf_counter()
    async with scene() as ready, web() as base:
        await watch_writes(ready)
        where, later = await place(ready), datetime.now(UTC) + timedelta(hours=1)
        used, rest = Used(ready), tickets - steady - burst
        far = [(later + timedelta(seconds=no), MARKS[no % len(MARKS)]) for no in range(rest)]
        began = time.perf_counter()
        await begin(ready, where, 0, far)
        await settled(ready, rest)
        pace = (time.perf_counter() - began) / max(rest, 1)
        begin_at = datetime.now(UTC) + timedelta(seconds=pace * 1.3 * (steady + burst) + SLACK)
        dues = [(begin_at + timedelta(seconds=no / rate), MARKS[no % len(MARKS)]) for no in range(steady)]
        burst_at = begin_at + timedelta(seconds=seconds + SLACK)
        known = await begin(ready, where, rest, [*dues, *[(burst_at, "breach")] * burst])
        await settled(ready, tickets)
        used.say(f"{tickets} tickets open after {time.perf_counter() - began:.0f} s", tickets)
        say_memory(ready, "then")
        spare = (begin_at - datetime.now(UTC)).total_seconds()
        print(f"ready {spare:.0f} s before the first is due" + (" - TOO LATE: the first ones count" * (spare < 0)))
        used = Used(ready)
        await asyncio.sleep(IDLE)
        idle = used.say("nothing falls due", 0)
        await asyncio.sleep(max((begin_at - datetime.now(UTC)).total_seconds(), 0))
        used = Used(ready)
        await asyncio.sleep(seconds / 2)
        await say_board(base, f"beside {rate:.0f} a second", 10)
        due = {one: at for one, (at, _) in zip(known, dues, strict=False)}
        await asyncio.sleep(max((dues[-1][0] - datetime.now(UTC)).total_seconds(), 0))
        say_late(f"{rate:.0f} a second", await all_told(ready, due))
        used.say(f"{rate:.0f} a second", steady, idle)
        if burst:
            await drain(ready, known[steady:], burst_at, idle)
        say_memory(ready, "at the end")
        if gone:
            await away(ready, where, tickets, gone)
        await say_board(base, f"of {tickets}")
        await look_at_rows(ready, base, where, rows)
    print(f"took {time.perf_counter() - started:.0f} s in all")


async def drain(ready: Scene, known: Sequence[str], at: datetime, idle: dict[str, float]) -> None:
    await asyncio.sleep(max((at - datetime.now(UTC)).total_seconds(), 0))
    used = Used(ready)
    found = await all_told(ready, dict.fromkeys(known, at))
    print(f"a burst of {len(known)}: done after {max(seen for _, seen in found):.1f} s")
    say_late("the burst", found)
    used.say("the burst", len(known), idle)


async def away(ready: Scene, where: Place, first: int, seconds: int) -> None:
    """The worker is killed (-9) for so many seconds, in each of which something falls due."""
    gone_at = datetime.now(UTC) + timedelta(seconds=SLACK)
    dues = [(gone_at + timedelta(seconds=no + 0.5), MARKS[no % len(MARKS)]) for no in range(seconds)]
    known = await begin(ready, where, first, dues)
    await settled(ready, first + seconds)
    await asyncio.sleep(max((gone_at - datetime.now(UTC)).total_seconds(), 0))
    await ready.end_work(kill=True)
    await asyncio.sleep(max((dues[-1][0] - datetime.now(UTC)).total_seconds(), 0))
    back_at = datetime.now(UTC)
    await ready.begin_work()
    found = await all_told(ready, dict.fromkeys(known, back_at))
    print(f"worker killed for {seconds} s, {len(found)} steps, counted from when it was started again")
    print("  " + spread("its process acted", [acted for acted, _ in found]))
    print("  " + spread("seen by everybody", [seen for _, seen in found]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=5_000)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--burst", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--away", type=int, default=40)
    asked = parser.parse_args()
    asyncio.run(bench(asked.tickets, asked.rate, asked.seconds, asked.burst, asked.rows, asked.away))


if __name__ == "__main__":
    main()
