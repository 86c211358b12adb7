"""An import of customers as it is carried out: read, matched, merged, and undone; each step goes on where it stood."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.customer_import_file import asked_of, stretches
from activities.process import ProcessActivities
from db.actor import actor_of
from db.book import rearm
from db.customer_field import field_policy
from db.customer_import import CustomerImport
from db.customer_import_bulk import drop_indexes, dropped, make_again
from db.customer_import_known import line_pools
from db.customer_import_match import drop_asides, match_rows
from db.customer_import_merge import merge_batch
from db.customer_import_other import find_others
from db.customer_import_rule import rule_batch, tell_ruled
from db.customer_import_stage import (
    Connection,
    Import,
    batches_done,
    beside,
    drop,
    keep_rows,
    matched,
    open_connection,
    owners_given,
    prepare,
    shared,
)
from db.customer_import_undo import undo_batch
from db.customer_pair import compare_after
from db.engine import Database, plain_url
from domain.access import Action, Scope
from domain.customer_import import RUNNING, ImportState
from domain.customer_import_columns import OWN, column_of, must_have
from domain.refusal import Refused

READ = 20_000
"""Rows of a stretch of the file."""
MERGED = 25_000
"""Rows merged in one transaction."""
RULED = 5_000
"""Rows whose customers are given to people by rule in one transaction: their books wait as long."""
LANES = 2
"""Batches merged beside each other."""
PULSE = 1.0
"""Seconds between two signs of life, and two looks whether somebody stopped it."""
ONE_AT_A_TIME = 0x1290_0001
"""The advisory lock of whoever matches and merges: two at once would not see each other's customers."""


class Work(BaseModel):
    import_id: str


class Worked(BaseModel):
    """`outcome`: done; stopped, by a person; failed: its row says why. The counts are those of its row."""

    outcome: str
    created: int = 0
    updated: int = 0
    rejected: int = 0
    doubled: int = 0
    undone: int = 0
    kept: int = 0


class Stopped(Exception):
    """Somebody paused or cancelled it."""


class CustomerImportActivities(ProcessActivities):
    """`path` gives a document's place in the store by its hash; `country` is what numbers without a code mean."""

    def __init__(
        self, db: Database, zone: str, path: Callable[[str], Path], country: str, *, read: int = READ,
        merged: int = MERGED,
    ) -> None:  # fmt: skip
        super().__init__(db, zone)
        self._path = path
        self._country = country
        self._read = read
        self._merged = merged

    @activity.defn
    async def project_customer_import(self, state: ImportState) -> None:
        async with self.projecting("import", state) as session:
            if session is None:
                return
            row = {
                "stage": state.stage, "paused": state.paused, "revision": state.revision,
                "finished_at": state.closed_at,
            }  # fmt: skip
            await session.execute(update(CustomerImport).where(CustomerImport.id == state.record_id).values(row))

    @activity.defn
    async def carry_customer_import(self, work: Work) -> Worked:
        """Reads, matches and merges what is left of it."""
        return await self._watched(work.import_id, self._carry)

    @activity.defn
    async def undo_customer_import(self, work: Work) -> Worked:
        return await self._watched(work.import_id, self._undo)

    @activity.defn
    async def settle_customer_import(self, work: Work) -> Worked:
        """What an import that ends early must not leave behind: missing indexes, rows nobody will merge."""
        return await self._watched(work.import_id, self._settle, any_stage=True)

    # --- steps ----------------------------------------------------------------------------------------------------

    async def _carry(self, one: Import, open_one: Callable[[], Awaitable[Connection]], bulk: bool) -> None:
        lanes = [await open_one() for _ in range(LANES)]
        if await batches_done(lanes[0], one, "end"):
            return
        if not await batches_done(lanes[0], one, "merge"):
            await self._step(one, "reading")
        await self._read_file(lanes, one)
        if not await matched(lanes[0], one):
            await self._step(one, "waiting")
        await _alone(lanes[0], one)
        await self._step(one, "matching")
        await find_others(lanes[0], one)
        await match_rows(lanes, one)
        if bulk:
            await drop_indexes(lanes[0], one)
        await self._step(one, "merging")
        await self._merge(lanes, one)
        await self._index(lanes, one)
        if one.target == "rule":
            await self._step(one, "assigning")
            await self._assign(lanes[0], one)
        await self._drop(lanes[0], one)
        await self._step(one, None)

    async def _assign(self, connection: Connection, one: Import) -> None:
        done = await batches_done(connection, one, "rule")
        for no in range(-(-await self._rows(one) // RULED)):
            if no not in done:
                async with self.db.session() as session:
                    await rule_batch(session, one, no, no * RULED + 1, (no + 1) * RULED, datetime.now(UTC))
        async with self.db.session() as session:
            await tell_ruled(session, one)

    async def _rows(self, one: Import) -> int:
        async with self.db.session() as session:
            return (await session.scalars(select(CustomerImport.rows).where(CustomerImport.id == one.id))).one()

    async def _read_file(self, lanes: list[Connection], one: Import) -> None:
        """A child for each lane: what it takes to read a row is nearly all its own."""
        done = await prepare(lanes[0], one)
        async with self.db.session() as session:
            row = await session.get_one(CustomerImport, one.id)
            asked = await asked_of(session, row, self._country, self.zone.key)
        used = lanes[:1] if row.rows <= self._read else lanes
        asked |= {
            "path": str(self._path(row.hash).absolute()), "done": sorted(done), "batch": self._read,
            "lanes": len(used),
        }  # fmt: skip

        async def lane(no: int, connection: Connection) -> None:
            async for stretch in stretches(asked | {"lane": no}):
                await keep_rows(connection, one, *stretch)

        await beside(*(lane(no, connection) for no, connection in enumerate(used)))
        async with self.db.session() as session:
            read = select(CustomerImport.read).where(CustomerImport.id == one.id).scalar_subquery()
            await session.execute(update(CustomerImport).where(CustomerImport.id == one.id).values(rows=read))

    async def _drop(self, connection: Connection, one: Import) -> None:
        """When the new customers go back to the pool is for their owners' books to reckon."""
        owners = await owners_given(connection, one)
        async with self.db.session() as session:
            await rearm(session, owners)
            await compare_after(session, f"import/{one.id}")
        await drop_asides(connection, one)
        await drop(connection, one)

    async def _merge(self, lanes: list[Connection], one: Import) -> None:
        rows = await self._rows(one)
        done = await batches_done(lanes[0], one, "merge")

        async def merge(connection: Connection, no: int) -> None:
            await merge_batch(connection, one, no, no * self._merged + 1, (no + 1) * self._merged)

        await shared(lanes, merge, (no for no in range(-(-rows // self._merged)) if no not in done))

    async def _index(self, lanes: list[Connection], one: Import) -> None:
        left = await dropped(lanes[0], one)
        if not left:
            return
        await self._step(one, "indexing")

        async def make(connection: Connection, statement: str) -> None:
            await make_again(connection, one, statement)

        await shared(lanes, make, left)

    async def _undo(self, one: Import, open_one: Callable[[], Awaitable[Connection]], bulk: bool) -> None:
        connection = await open_one()
        await _alone(connection, one)
        await self._step(one, "undoing")
        rows = await self._rows(one)
        done = await batches_done(connection, one, "undo")
        size = self._merged // 5 or 1
        for no in range(-(-rows // size)):
            if no not in done:
                await undo_batch(connection, one, no, no * size + 1, (no + 1) * size)
        await self._step(one, None)

    async def _settle(self, one: Import, open_one: Callable[[], Awaitable[Connection]], bulk: bool) -> None:
        connection = await open_one()
        await self._index([connection], one)
        if one.target == "rule":
            await self._assign(connection, one)  # those that were merged must not be nobody's
        await self._drop(connection, one)
        await self._step(one, None)

    async def _step(self, one: Import, step: str | None) -> None:
        """What is being done now, with the time that the one before it took."""
        async with self.db.session() as session:
            row = await session.get_one(CustomerImport, one.id, with_for_update=True)
            if row.step == step:
                return
            now = datetime.now(UTC)
            if row.step and row.step_at:
                spent = row.noted.get(row.step, 0.0) + (now - row.step_at).total_seconds()
                row.noted = {**row.noted, row.step: round(spent, 3)}
            row.step, row.step_at, row.step_from = step, now, row.read if step == "reading" else row.merged

    # --- life -----------------------------------------------------------------------------------------------------

    async def _watched(
        self, import_id: str, carry: Callable[[Import, Callable[[], Awaitable[Connection]], bool], Awaitable[None]], *,
        any_stage: bool = False,
    ) -> Worked:  # fmt: skip
        """Gives signs of life, and stops at once when a person paused or cancelled: what is not committed is undone
        by PostgreSQL, and the rest goes on later."""
        async with self.db.session() as session:
            row = await session.get_one(CustomerImport, import_id)
            one = await _import(session, row)
        async with AsyncExitStack() as stack:

            async def open_one() -> Connection:
                connection = await open_connection(plain_url(self.db.url))
                stack.push_async_callback(_close, connection)
                return connection

            work = asyncio.ensure_future(carry(one, open_one, row.bulk))
            try:
                while not work.done():
                    activity.heartbeat()
                    await asyncio.wait([work], timeout=PULSE)
                    if not work.done() and not any_stage and await self._is_stopped(import_id):
                        return Worked(outcome="stopped")
                work.result()
            except Refused as refused:
                await self._failed(import_id, refused)
                return Worked(outcome="failed")
            finally:
                work.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await work
        return await self._worked(import_id)

    async def _is_stopped(self, import_id: str) -> bool:
        async with self.db.session() as session:
            row = (
                await session.execute(
                    select(CustomerImport.stage, CustomerImport.paused).where(CustomerImport.id == import_id)
                )
            ).one()
        return row.paused or row.stage not in RUNNING

    async def _failed(self, import_id: str, refused: Refused) -> None:
        problem = {"code": refused.code, "params": refused.params}
        async with self.db.session() as session:
            await session.execute(
                update(CustomerImport).where(CustomerImport.id == import_id).values(problem=problem, step=None)
            )

    async def _worked(self, import_id: str) -> Worked:
        async with self.db.session() as session:
            row = await session.get_one(CustomerImport, import_id)
            names = ("created", "updated", "rejected", "doubled", "undone", "kept")
            return Worked(outcome="done", **{name: getattr(row, name) for name in names})


async def _import(session: AsyncSession, row: CustomerImport) -> Import:
    actor = await actor_of(session, row.by_id)
    everywhere = actor.scope(Action.CUSTOMER_IMPORT) is Scope.ALL
    policy = await field_policy(session)
    needed = [column_of(one) for one in must_have(policy, row.mode) if one.key != "name"]
    line, lines = await line_pools(session, row.mapping)
    own = {one.key for one in policy.fields if one.unique and OWN + one.key in row.mapping}
    return Import(
        id=row.id, created_at=row.created_at, by_id=row.by_id, mode=row.mode, region_id=row.region_id or "",
        owner_id=row.owner_id, pool=row.pool, mapping=row.mapping,
        reach=None if everywhere else sorted(actor.regions), target=row.target or "pool",
        required=[column for column in needed if column in row.mapping], unique=sorted(own), kind=policy.kinds[0].key,
        others=sorted(one.key for one in policy.fields if one.type == "customer" and OWN + one.key in row.mapping),
        line=line, lines=lines,
    )  # fmt: skip


async def _alone(connection: Connection, one: Import) -> None:
    """Waits until no other import is between its matching and its end, also one that somebody paused there."""
    while True:
        row = await (await connection.execute("select pg_try_advisory_lock(%s)", [ONE_AT_A_TIME])).fetchone()
        if row and row[0]:
            other = await (
                await connection.execute(
                    "select id from customer_import where id <> %s and matched_at is not null"
                    " and stage = any(%s) limit 1",
                    [one.id, sorted(RUNNING)],
                )
            ).fetchone()
            if other is None:
                return
            await connection.execute("select pg_advisory_unlock(%s)", [ONE_AT_A_TIME])
        await asyncio.sleep(PULSE)


async def _close(connection: Connection) -> None:
    """What its server is still doing is called off: nobody waits for it."""
    with suppress(Exception):
        await connection.cancel_safe(timeout=2)
    with suppress(Exception):
        await connection.close()
