"""Writes what customers are found by, after additions in bulk and changes past our sessions."""

from __future__ import annotations

import asyncio

import structlog
from psycopg import AsyncConnection, OperationalError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

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
from db.engine import Database, plain_url

BATCH = 500
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
        written = 0
        while (batch := await self._batch()) is not None:
            written += batch
        return written

    async def _fill(self) -> None:
        while True:
            self.woken.clear()
            try:
                written = await self.fill_waiting()
                if written > BATCH:
                    await self._tidy()
                    log.info("customer_search.filled", customers=written)
            except (SQLAlchemyError, TimeoutError) as error:
                log.warning("customer_search.database_away", error=str(error)[:200])
            try:
                await asyncio.wait_for(self.woken.wait(), IDLE)
            except TimeoutError:
                continue

    async def _batch(self) -> int | None:
        """None: nothing waits, or somebody else is at it. What was changed one by one goes first."""
        async with self.db.session("customer_search") as session:
            await session.execute(text("set local statement_timeout = '60s'"))
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
            customers = await called(session, wanted)
            rows = await asyncio.to_thread(lambda: [one.row() for one in customers])
            if rows:
                await write_rows(session, rows)
        if walking and self._walk is not None:  # only once it is committed
            self._walk = (self._walk[0], wanted[-1]) if wanted else None
        return len(rows)

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
