"""What the bench of the pool stands on: servers and a worker that may be killed, people, many customers."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import psutil
from sqlalchemy import text
from temporalio.client import Client, RPCError

from commands.desk import Desk
from commands.policy import Policies, publish_defaults
from commands.pool import PoolCommands
from commands.temporal import Processes, connect
from db.actor import actor_of
from db.base import new_id
from db.book import rearm
from db.engine import Database
from db.migrate import upgrade
from db.ownership import move
from db.person import Person, PersonRole
from db.policy import current_policy
from domain.customer_pool import DEFAULT
from launch.cast import load_cast
from launch.embedded import temporary_home
from launch.home import data_folder
from launch.servers import EmbeddedServers
from settings import Settings
from workflows.book import book_workflow_id

CHUNK = 50_000
_MADE = text("""
    with made as (
        insert into customer (id, name, custom) select gen_random_uuid(), 'C' || n, '{}'
        from generate_series(1, :many) n returning id
    )
    insert into assignment (customer_id, region_id, how) select id, cast(:region as uuid), 'imported' from made
""")
_FREE = text("""
    select cast(customer_id as text), cast(region_id as text) from assignment
    where owner_id is null and how = 'imported' limit :limit
""")


class Stage:
    def __init__(self, servers: EmbeddedServers, db: Database, client: Client, settings: Settings) -> None:
        self.servers = servers
        self.db = db
        self.client = client
        self.settings = settings
        self.people: list[str] = []
        self.cast: dict[str, str] = {}
        self.commands = PoolCommands(Desk(db, Processes(client, settings.task_queue), settings))
        self.worker: asyncio.subprocess.Process | None = None
        self.gone = 0.0

    @property
    def region(self) -> str:
        return self.cast["east"]

    async def begin_work(self) -> None:
        quiet = asyncio.subprocess.DEVNULL
        self.worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.scene", stdout=quiet, stderr=quiet
        )  # fmt: skip

    async def hire(self, many: int, name: str) -> list[str]:
        """People who sell in the region."""
        async with self.db.session() as session:
            like = await session.get_one(Person, self.cast["li.wei"])
            hired = [
                Person(id=new_id(), name=f"{name} {no}", email=f"{name}{no}@bench", unit_id=like.unit_id, mail="none")
                for no in range(many)
            ]
            session.add_all(hired)
            await session.flush()
            session.add_all(PersonRole(person_id=one.id, role="sales") for one in hired)
            return [one.id for one in hired]

    async def rules(self, limit: str, **more: Any) -> None:
        tiers = {tier: {"no_follow_up": limit, "warn": "PT5S"} for tier in "ABCDE"}
        document = {**DEFAULT, "tiers": tiers, "together": "PT5S", "capacity": {}, "cooling_off": None, **more}
        async with self.db.session() as session:
            actor = await actor_of(session, self.cast["gu.ming"])
            version, _ = await current_policy(session, "pool")
        await Policies(self.db).publish(actor, uuid4().hex, "pool", document, follows=version)

    async def customers(self, many: int) -> None:
        for begin in range(0, many, CHUNK):
            async with self.db.session() as session:
                await session.execute(text("set local statement_timeout = '120s'"))
                await session.execute(_MADE, {"many": min(CHUNK, many - begin), "region": self.region})

    async def give_all(self, batch: int) -> int:
        """Each person in turn gets the next of those that were imported, with the clock of the database."""
        given = 0
        while True:
            owner = self.people[given // batch % len(self.people)]
            async with self.db.session() as session:
                await session.execute(text("set local statement_timeout = '60s'"))
                places = [(row[0], row[1]) for row in await session.execute(_FREE, {"limit": batch})]
                if not places:
                    return given
                at = await session.scalar(text("select clock_timestamp()"))
                await move(session, places, to=owner, how="allocated", at=at)
            given += len(places)

    async def scalar(self, query: str) -> Any:
        async with self.db.session() as session:
            await session.execute(text("set local statement_timeout = '60s'"))
            return await session.scalar(text(query))

    async def count(self, where: str) -> int:
        return int(await self.scalar(f"select count(*) from assignment where {where}"))  # noqa: S608 - our own words

    async def events(self) -> int:
        total = 0
        for person in self.people:
            with suppress(RPCError):  # a person who got nothing has no book
                handle = self.client.get_workflow_handle(book_workflow_id(person))
                total += (await handle.describe()).history_length
        return total

    async def ask_one(self) -> None:
        """Asks the first book to look, and waits until it has."""
        owner = self.people[0]
        query = f"select looked_at from book where owner_id = '{owner}'"  # noqa: S608 - our own id
        before = await self.scalar(query)
        async with self.db.session() as session:
            await rearm(session, [owner])
        while await self.scalar(query) == before:
            await asyncio.sleep(0.01)

    async def kill(self, what: str, pause: float) -> None:
        """Without any warning; started again after the pause."""
        if what == "worker":
            assert self.worker is not None
            self.worker.send_signal(signal.SIGKILL)
            await self.worker.wait()
            await asyncio.sleep(pause)
            await self.begin_work()
        else:
            temporal = self.servers.temporal
            assert temporal is not None
            os.kill(temporal.child.pid, signal.SIGKILL)
            await asyncio.sleep(pause)
            await temporal.start()

    def processes(self) -> dict[str, psutil.Process]:
        assert self.servers.temporal is not None
        found = {"temporal": psutil.Process(self.servers.temporal.child.pid)}
        if self.worker is not None:
            found["worker"] = psutil.Process(self.worker.pid)
        for process in psutil.process_iter():
            if process.name() == "postgres" and self._ours(process):
                found["postgres"] = process
        return found

    def _ours(self, process: psutil.Process) -> bool:
        parent = process.parent()
        return (parent is None or parent.name() != "postgres") and psutil.Process() in process.parents()

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far; of what was started again, since then."""
        found = self.processes()
        used = {name: sum(process.cpu_times()[:2]) for name, process in found.items()}
        if "postgres" in found:
            times = found["postgres"].cpu_times()
            used["postgres"] = sum(times[:4]) + sum(sum(p.cpu_times()[:2]) for p in found["postgres"].children())
        return {"postgres": 0.0, **used}


@asynccontextmanager
async def stage(people: int) -> AsyncIterator[Stage]:
    with temporary_home() as home, data_folder(home) as folder:
        servers = EmbeddedServers(folder, Settings(durability="full"), say=lambda _: None)
        try:
            await servers.start()
            os.environ.update(servers.environment())
            os.environ["THROUGHLINE_HOME"] = str(home)
            settings = Settings()
            assert settings.database_url is not None
            url = settings.database_url.get_secret_value()
            await asyncio.to_thread(upgrade, url)
            db = Database(url, pool_size=60)
            await publish_defaults(db)
            ready = Stage(servers, db, await connect(settings), settings)
            async with db.session() as session:
                ready.cast = await load_cast(session)
                written = "alter table assignment_change add written timestamptz default clock_timestamp()"
                await session.execute(text(written))
            ready.people = await ready.hire(people, "seller")
            await ready.begin_work()
            await ready.ask_one()  # the worker is at work
            try:
                yield ready
            finally:
                if ready.worker is not None and ready.worker.returncode is None:
                    ready.worker.terminate()
                    await ready.worker.wait()
                await db.close()
        finally:
            await servers.stop()
