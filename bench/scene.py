"""What benchmarks stand on: embedded servers, our worker and a bare one in processes of their own, commands at hand."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import psutil
from sqlalchemy import select
from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, Worker

from bench.bare import Bare, nothing
from commands.collection import CollectionCommands
from commands.contract import ContractCommands
from commands.credentials import Credentials
from commands.deal import DealCommands
from commands.desk import Desk
from commands.lead import LeadCommands
from commands.password import Passwords
from commands.policy import publish_defaults
from commands.second_factor import SecondFactor
from commands.task import TaskCommands
from commands.temporal import Processes, connect
from db.actor import actor_of
from db.engine import Database
from db.migrate import upgrade
from launch.cast import load_cast
from launch.embedded import embedded_servers, temporary_home
from settings import Settings
from worker.main import run_worker

BARE_QUEUE = "bare"
T = TypeVar("T")


class Scene:
    def __init__(self, db: Database, client: Client, settings: Settings) -> None:
        self.db = db
        self.client = client
        self.settings = settings
        desk = Desk(db, Processes(client, settings.task_queue), settings)
        self.leads = LeadCommands(desk)
        self.deals = DealCommands(desk)
        self.contracts = ContractCommands(desk)
        self.tasks = TaskCommands(desk, Credentials(db, Passwords(), SecondFactor(bytes(32), settings.company)))
        self.collections = CollectionCommands(desk)
        self.actors: dict[str, Any] = {}
        self.worker: asyncio.subprocess.Process | None = None

    async def begin_work(self) -> None:
        self.worker = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.scene")

    async def end_work(self, *, kill: bool = False) -> None:
        if self.worker is not None:
            (self.worker.kill if kill else self.worker.terminate)()
            await self.worker.wait()

    async def until(self, table: type[T], **where: Any) -> T:
        """Looks every 50 ms until the row is there: a person's page would be told by its live stream."""
        query = select(table).where(*(getattr(table, k) == v for k, v in where.items()))
        while True:
            async with self.db.session() as session:
                if (found := (await session.scalars(query)).first()) is not None:
                    return found
            await asyncio.sleep(0.05)

    def cpu(self) -> dict[str, float]:
        """CPU seconds used so far: the client (this process), worker, Temporal, and all of PostgreSQL."""
        used = {"client": psutil.Process(), **self.processes()}
        seconds = {name: sum(process.cpu_times()[:2]) for name, process in used.items()}
        seconds["postgres"] += sum(sum(p.cpu_times()[:2]) for p in used["postgres"].children())
        return seconds

    def processes(self) -> dict[str, psutil.Process]:
        """Our worker, the Temporal server and PostgreSQL's postmaster by name."""
        names = {"bench.scene": "worker", "launch.cli": "web", "temporal": "temporal", "postgres": "postgres"}
        found: dict[str, psutil.Process] = {}
        for process in psutil.Process().children(recursive=True):
            line = " ".join(process.cmdline()[:4])
            for part, name in names.items():
                if part in line:
                    found.setdefault(name, process)
        return found


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    with temporary_home() as home:
        async with embedded_servers(home) as servers:
            os.environ["TEMPORAL_ADDRESS"] = servers.temporal_address
            os.environ["THROUGHLINE_DATABASE_URL"] = servers.database_url
            os.environ["THROUGHLINE_HOME"] = str(home)
            await asyncio.to_thread(upgrade, servers.database_url)
            db = Database(servers.database_url)
            settings = Settings()
            await publish_defaults(db)
            async with db.session() as session:
                ids = await load_cast(session)
            ready = Scene(db, await connect(settings), settings)
            async with db.session() as session:
                for name in ("li.wei", "zhao.min", "he.jie"):
                    ready.actors[name] = await actor_of(session, ids[name])
            await ready.begin_work()
            try:
                yield ready
            finally:
                await ready.end_work()
                await db.close()


async def work() -> None:
    """Both kinds of workflows, so that they share a process as they share the server."""
    client = await connect(Settings())
    bare = Worker(
        client,
        task_queue=BARE_QUEUE,
        workflows=[Bare],
        activities=[nothing],
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        max_concurrent_workflow_tasks=40,
    )
    async with bare:
        await run_worker(Settings())


if __name__ == "__main__":
    asyncio.run(work())
