"""`throughline up` as a person has it: how long it takes to start, what it weighs, how soon a change is on a page.

    python -m bench.up [--changes 60]

Prints the first start on an empty folder, a later one, and the memory of each process (PSS: shared pages count once).
For changes made one after the other: the answer to the POST, the signal on another person's live stream, the page.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import statistics
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil

from launch.cast import DOMAIN, PASSWORD
from launch.embedded import temporary_home
from launch.ports import free_port

NAMES = {"launch.cli web": "web", "launch.cli worker": "worker", "start-dev": "temporal", "postgres": "postgres"}
STARTED = re.compile(r"Throughline runs \(([\d.]+) s\)")


async def start(home: Path, port: int) -> tuple[asyncio.subprocess.Process, float]:
    environment = os.environ | {"THROUGHLINE_HOME": str(home), "THROUGHLINE_PORT": str(port)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "launch.cli", "up", env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    while line := (await process.stdout.readline()).decode():
        if found := STARTED.search(line):
            return process, float(found[1])
    raise SystemExit("throughline up did not start")


async def stop(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGINT)
    await process.communicate()


def memory(process: asyncio.subprocess.Process) -> dict[str, float]:
    """MiB by name; PostgreSQL with all its backends."""
    weights: dict[str, float] = {}
    for child in [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]:
        line = " ".join(child.cmdline())
        name = next((name for part, name in NAMES.items() if part in line), "launcher")
        weights[name] = weights.get(name, 0) + child.memory_full_info().pss / 2**20
    return weights


async def browser(base: str, name: str) -> httpx.AsyncClient:
    client = httpx.AsyncClient(base_url=base, timeout=20)
    form = {"username": f"{name}@{DOMAIN}", "password": PASSWORD}
    token = (await client.post("/api/token", data=form)).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    return client


async def changes(base: str, number: int) -> dict[str, list[float]]:
    """Milliseconds from the click of one person until answer, signal and page of another."""
    sales, manager = await browser(base, "li.wei"), await browser(base, "zhao.min")
    while not (deals := (await sales.get("/api/deals")).json()["items"]):
        await asyncio.sleep(0.1)  # the worker has only just begun with the demo
    deal = deals[0]["id"]
    took: dict[str, list[float]] = {"answer": [], "signal": [], "page": []}
    async with manager.stream("GET", "/ui/live") as stream:
        signals = stream.aiter_lines()
        for _ in range(number):
            began = time.perf_counter()

            def passed(began: float = began) -> float:
                return (time.perf_counter() - began) * 1_000

            seen = asyncio.create_task(_signal(signals, deal))
            body: dict[str, Any] = {"how": "call", "note": "x"}
            answer = await sales.post(f"/api/deals/{deal}/notes", json=body, headers={"Idempotency-Key": uuid4().hex})
            answer.raise_for_status()
            took["answer"].append(passed())
            await seen
            took["signal"].append(passed())
            (await manager.get(f"/deals/{deal}")).raise_for_status()
            took["page"].append(passed())
    return took


async def _signal(lines: Any, deal: str) -> None:
    async for line in lines:
        if line.startswith("data:") and deal in line:
            return


async def bench(number: int) -> None:
    with temporary_home() as home:
        port = free_port()
        process, first = await start(home, port)
        await stop(process)
        process, again = await start(home, port)
        try:
            print(f"start-up  first {first:.1f} s (database made, demo loaded), later {again:.1f} s")
            took = await changes(f"http://127.0.0.1:{port}", number)
            for what, times in took.items():
                cut = statistics.quantiles(times, n=20)
                print(f"{what:8}  p50 {statistics.median(times):5.0f} ms   p95 {cut[18]:5.0f} ms")
            print("memory   ", json.dumps({name: round(mib) for name, mib in memory(process).items()}), "MiB")
        finally:
            await stop(process)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=60)
    asyncio.run(bench(parser.parse_args().changes))


if __name__ == "__main__":
    main()
