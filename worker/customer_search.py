"""Writes what customers are found by, after additions in bulk and changes past our sessions."""

from __future__ import annotations

import asyncio
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from psycopg import AsyncConnection, OperationalError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer_search import (
    WAKE,
    additions,
    additions_done,
    alone,
    called,
    take_wanted,
    without_row,
    write_rows,
)  # fmt: skip
from db.engine import Database, plain_url, take_time

BATCH = 500
MANY = 10_000
"""Customers without a row from which on helpers write them, in stretches of `STRETCH`."""
STRETCH = 2_000
HELPERS = 2
IDLE = 10.0
"""Seconds between looks when no notification came."""

log = structlog.get_logger()


class SearchFiller:
    """One at a time in the whole installation. A batch is a transaction: killed anywhere, it goes on with the next."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.woken = asyncio.Event()
        self._walk: tuple[list[int], str | None] | None = None

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            group.create_task(self._fill())

    async def fill_waiting(self) -> int:
        """Writes all that waits now; how many customers."""
        written = await self._many()
        while (batch := await self._batch()) is not None:
            written += batch
        return written

    async def _many(self) -> int:
        """After an addition of very many, helpers write theirs at once; what is left is for `_batch`."""
        async with self.db.session("customer_search") as holding:
            if not await additions(holding):
                return 0
            await take_time(holding)
            if not await alone(holding):
                return 0
            ids = await without_row(holding, None, MANY)
            return await self._helped(holding, ids) if len(ids) == MANY else 0

    async def _helped(self, holding: AsyncSession, ids: list[str]) -> int:
        stretches: asyncio.Queue[tuple[str, str] | None] = asyncio.Queue(maxsize=HELPERS)
        helping = []
        try:
            async with asyncio.TaskGroup() as group:
                helping = [group.create_task(self._help(stretches)) for _ in range(HELPERS)]
                while ids:
                    await stretches.put((ids[0], ids[:STRETCH][-1]))
                    await self._wanted()
                    ids = ids[STRETCH:] or await without_row(holding, ids[-1], MANY)
                for _ in helping:
                    await stretches.put(None)
        except* (SQLAlchemyError, OSError, TimeoutError) as lost:
            log.warning("customer_search.helper_lost", error=str(lost.exceptions[0])[:200])
        return sum(task.result() for task in helping if not task.cancelled() and task.exception() is None)

    async def _help(self, stretches: asyncio.Queue[tuple[str, str] | None]) -> int:
        written = 0
        async with helper(plain_url(self.db.url)) as (asked, answers):
            while (stretch := await stretches.get()) is not None:
                asked.write(f"{stretch[0]} {stretch[1]}\n".encode())
                await asked.drain()
                answer = await answers.readline()
                if not answer:
                    raise ConnectionError("the helper ended")
                written += int(answer)
        return written

    async def _wanted(self) -> None:
        """What was changed one by one does not wait for the many."""
        async with self.db.session("customer_search") as session:
            await take_time(session)
            await self._write(session, await take_wanted(session, BATCH))

    async def _write(self, session: AsyncSession, ids: list[str]) -> int:
        customers = await called(session, ids) if ids else []
        rows = await asyncio.to_thread(lambda: [one.row() for one in customers])
        if rows:
            await write_rows(session, rows)
        return len(rows)

    async def _fill(self) -> None:
        while True:
            self.woken.clear()
            try:
                written = await self.fill_waiting()
                if written > BATCH:
                    await self._tidy()
                    log.info("customer_search.filled", customers=written)
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("customer_search.database_away", error=str(error)[:200])
            try:
                await asyncio.wait_for(self.woken.wait(), IDLE)
            except TimeoutError:
                continue

    async def _batch(self) -> int | None:
        """None: nothing waits, or somebody else is at it. What was changed one by one goes first."""
        async with self.db.session("customer_search") as session:
            await take_time(session)
            if not await alone(session):
                return None
            wanted = await take_wanted(session, BATCH)
            walking = not wanted
            if walking:
                if self._walk is None:
                    entries = await additions(session)
                    if not entries:
                        return None
                    self._walk = (entries, None)
                wanted = await without_row(session, self._walk[1], BATCH)
                if not wanted:
                    await additions_done(session, self._walk[0])
            written = await self._write(session, wanted)
        if walking and self._walk is not None:  # only once it is committed
            self._walk = (self._walk[0], wanted[-1]) if wanted else None
        return written

    async def _tidy(self) -> None:
        """After many rows: what is not in the index's order yet slows every search, and old statistics mislead it."""
        async with self.db.engine.connect() as connection:
            alone_at_it = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await alone_at_it.execute(text("set statement_timeout = 0"))
            try:
                await alone_at_it.execute(text("select gin_clean_pending_list('ix_customer_search_grams')"))
                await alone_at_it.execute(text("analyze customer_search"))
            finally:
                await alone_at_it.execute(text("reset statement_timeout"))

    async def _listen(self) -> None:
        while True:
            try:
                async with await AsyncConnection.connect(plain_url(self.db.url), autocommit=True) as connection:
                    await connection.execute(f"listen {WAKE}")
                    async for _ in connection.notifies():
                        self.woken.set()
            except OperationalError as error:
                log.warning("customer_search.deaf", error=str(error).strip())
            await asyncio.sleep(1)


@asynccontextmanager
async def helper(url: str) -> AsyncIterator[tuple[StreamWriter, StreamReader]]:
    """Of a process that writes rows (`worker.customer_search_part`): where it is asked, and where it answers."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "worker.customer_search_part", stdin=PIPE, stdout=PIPE
    )
    try:
        if process.stdin is None or process.stdout is None:
            raise ConnectionError("the helper has no pipes")
        process.stdin.write(f"{url}\n".encode())
        yield process.stdin, process.stdout
        process.stdin.close()
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
