"""The board with more tickets than any process runs for: rows alone, and what PostgreSQL says of its queries."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import event, text

from bench.scene import Scene
from bench.sla_past import QUEUES, Place
from bench.up import browser
from db.actor import actor_of
from db.ticket_board import Sought, list_cards, tally

FILL = """
insert into ticket (id, number, subject, channel, language, opened_at, kind, priority, stage, region_id, customer_id,
  assignee_id, queue, tier, sentiment_words, breached, revision, clock, due_at, due_since, warn_at, red_at, paused_at)
select gen_random_uuid(), 'T-2019-' || n, '网关离线 ' || n, 'mail', 'zh_CN', now() - interval '1 day', 'question',
  'normal', case when n % 3 = 0 then 'queued' when n % 7 = 0 then 'waiting_customer' else 'assigned' end, :region,
  (cast(:customers as uuid[]))[1 + n % 500], (cast(:agents as uuid[]))[1 + n % 3], (cast(:queues as text[]))[1 + n % 4],
  'standard', '{}', 0, 1, 'resolution', now() + (n % 4000 - 800) * interval '1 minute', now(), now(), now(),
  case when n % 7 = 0 and n % 3 <> 0 then now() end
from generate_series(1, :many) as n
"""


async def look_at_rows(ready: Scene, base: str, where: Place, rows: int) -> None:
    """How long each query of the board takes with so many open tickets more, and the page."""
    await _say_queries(ready, where, "as they run")
    if not rows:
        return
    asked: dict[str, Any] = {
        "many": rows, "region": where.region, "agents": list(where.agents), "customers": list(where.customers),
        "queues": list(QUEUES),
    }  # fmt: skip
    async with ready.db.session() as session:
        await session.execute(text("set local statement_timeout = '120s'"))
        await session.execute(text(FILL), asked)
    async with ready.db.session() as session:
        await session.execute(text("analyze ticket"))
    await _say_queries(ready, where, f"{rows} rows more")
    client = await browser(base, "gu.ming")
    try:
        times = [await _one(client) for _ in range(15)][3:]
    finally:
        await client.aclose()
    print(f"board with {rows} rows more: p50 {statistics.median(times):.0f} ms, most {max(times):.0f} ms")


async def _one(client: httpx.AsyncClient) -> float:
    began = time.perf_counter()
    (await client.get("/tickets/board")).raise_for_status()
    return (time.perf_counter() - began) * 1_000


@contextmanager
def _heard(ready: Scene, said: list[tuple[str, Any]]) -> Iterator[None]:
    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        said.append((statement, parameters))

    engine = ready.db.engine.sync_engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", hear)


async def _say_queries(ready: Scene, where: Place, what: str) -> None:
    """EXPLAIN ANALYZE of each."""
    now = datetime.now(UTC)
    sought = Sought(now=now, today=now + timedelta(hours=8))
    found: list[str] = []
    async with ready.db.session() as session:
        actor = await actor_of(session, where.agents[0])
        parts: list[tuple[str, Any]] = [
            ("counts", tally(session, actor, sought)), ("cards", list_cards(session, actor, sought)),
        ]  # fmt: skip
        for name, part in parts:
            said: list[tuple[str, Any]] = []
            with _heard(ready, said):
                await part
            took = 0.0
            for statement, parameters in said:
                connection = await session.connection()
                plan = await connection.exec_driver_sql(f"explain (analyze, format json) {statement}", parameters)
                took += plan.scalar_one()[0]["Execution Time"]
            found.append(f"{name} {took:.1f} ms")
    print(f"queries of the board, {what}: " + ", ".join(found))
