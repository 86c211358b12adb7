"""What the bench of the pool stands on: servers and a worker that may be killed, people, many customers."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
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
from db.engine import Database, take_time
from db.migrate import upgrade
from db.ownership import Turn, move_each
from db.person import Person, PersonRole
from db.policy import current_policy
from db.pool_policy import rules_in_force
from db.reckon import tended
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
_OWNED = text("""
    with made as (
        insert into customer (id, name, custom) select gen_random_uuid(), 'C' || n, '{}'
        from generate_series(1, :many) n returning id
    )
    insert into assignment (customer_id, region_id, owner_id, how)
    select id, cast(:region as uuid), (cast(:people as uuid[]))[1 + row_number() over () % cardinality(:people)],
        'imported'
    from made
""")
_FREE = text("""
    select cast(customer_id as text) from assignment where owner_id is null and how = 'imported' limit :limit
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
        await self._settle()

    async def _settle(self) -> None:
        """PostgreSQL looks at what came, as it does by itself within a minute."""
        async with self.db.session() as session:
            await take_time(session)
            await session.execute(text("analyze customer, assignment"))

    async def give_all(self, batch: int) -> int:
        """Everybody gets as many of the next, as an allocation gives them, by the database's clock."""
        given, run_id = 0, new_id()
        while True:
            async with self.db.session() as session:
                await take_time(session)
                found = (await session.scalars(_FREE, {"limit": batch})).all()
                if not found:
                    return given
                turns = [Turn(one, self.people[no * len(self.people) // len(found)]) for no, one in enumerate(found)]
                at = await session.scalar(text("select clock_timestamp()"))
                rules = await rules_in_force(session)
                given += await move_each(session, self.region, turns, rules, how="allocated", at=at, run_id=run_id)

    async def own(self, many: int) -> None:
        """Customers that everybody has as many of, laid down by SQL; their days are reckoned by the books."""
        for begin in range(0, many, CHUNK):
            async with self.db.session() as session:
                await take_time(session, 300)
                asked = {"many": min(CHUNK, many - begin), "region": self.region, "people": self.people}
                await session.execute(_OWNED, asked)
        await self._settle()
        async with self.db.session() as session:
            await rearm(session, self.people)

    async def reckoned(self) -> bool:
        """Whether the day of every customer is known."""
        asked = text("select exists (select from assignment where owner_id = any(:people) and reckoned is null)")
        async with self.db.session() as session:
            await take_time(session)
            return not await session.scalar(asked, {"people": self.people})

    async def looks(self) -> dict[str, Any]:
        """When each book looked last."""
        async with self.db.session() as session:
            found = await session.execute(text("select cast(owner_id as text), looked_at from book"))
            return dict(found.all())

    async def tend(self, many: int) -> float:
        """So many customers of the first person are followed up; milliseconds each."""
        owner = self.people[0]
        async with self.db.session() as session:
            await take_time(session)
            query = text("select cast(customer_id as text) from assignment where owner_id = :owner limit :many")
            found = (await session.scalars(query, {"owner": owner, "many": many})).all()
        began = time.perf_counter()
        for customer in found:
            async with self.db.session() as session:
                await tended(session, customer, self.region, owner, datetime.now(UTC))
        return (time.perf_counter() - began) * 1_000 / max(len(found), 1)

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
            with suppress(psutil.NoSuchProcess):  # others come and go meanwhile
                if process.name() == "postgres" and self._ours(process):
                    found["postgres"] = process
        return found

    def _ours(self, process: psutil.Process) -> bool:
        parent = process.parent()
        return (parent is None or parent.name() != "postgres") and psutil.Process() in process.parents()

    def memory(self) -> Counter[str]:
        """MB of each now; of PostgreSQL without what its processes share."""
        used: Counter[str] = Counter()
        found = self.processes()
        for part, process in found.items():
            with suppress(psutil.NoSuchProcess):
                used[part] = process.memory_info().rss // 2**20
        if postgres := found.get("postgres"):
            used["postgres"] = sum(self._alone(one) for one in (postgres, *postgres.children())) // 2**20
        return used

    def _alone(self, process: psutil.Process) -> int:
        """Bytes that a process shares with no other."""
        with suppress(psutil.NoSuchProcess):
            known = process.memory_info()
            return max(int(known.rss - known.shared), 0)
        return 0

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far; of what was started again, since then."""
        found = self.processes()
        used = {name: sum(process.cpu_times()[:2]) for name, process in found.items()}
        if "postgres" in found:
            times = found["postgres"].cpu_times()
            used["postgres"] = sum(times[:4])
            for child in found["postgres"].children():
                with suppress(psutil.NoSuchProcess):
                    used["postgres"] += sum(child.cpu_times()[:2])
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
                # What makes customers findable is measured by bench.customers.
                await session.execute(text("alter table customer disable trigger user"))
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
