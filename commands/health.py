"""How the whole installation is: its servers, its workers, what waits, and which cases are stuck and why."""

import asyncio
import shutil
import time
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, GetSystemInfoRequest
from temporalio.client import Client, RPCError, WorkflowExecution

from commands.stuck import Stuck, find_stuck
from db.customer_search import lag
from db.engine import Database
from db.ops import backlogs, open_cases
from db.server import server_facts
from settings import Settings

PATIENCE = 5.0
"""Seconds a part may take to answer before it counts as away."""
SHOWN = 20
KINDS = {
    "lead": "LeadWorkflow", "deal": "DealWorkflow", "contract": "ContractWorkflow", "quote": "QuoteWorkflow",
    "invoice": "InvoiceWorkflow", "approval": "ApprovalWorkflow",
    "collection": "CollectionWorkflow", "signing": "SigningWorkflow", "ticket": "TicketWorkflow",
}  # fmt: skip
T = TypeVar("T")


class DatabaseHealth(BaseModel):
    version: str
    milliseconds: float = Field(description="How long one question took.")
    size: int = Field(description="Bytes of this database.")
    disk_free: int = Field(description="Bytes left where the data folder is.")


class TemporalHealth(BaseModel):
    version: str
    milliseconds: float
    namespace: str


class WorkersHealth(BaseModel):
    """The server remembers who asked it for work within the last minutes."""

    workers: dict[str, datetime] = Field(description="When each was last heard of.")
    backlog: int = Field(description="Tasks that wait for a worker.")
    oldest_seconds: float = Field(description="How long the oldest of them has waited.")


class OutboxHealth(BaseModel):
    kind: str
    waiting: int
    oldest_seconds: float
    failing: int = Field(description="Entries that were tried in vain at least once.")
    error: str | None = Field(description="Of the one tried most often.")


class CasesHealth(BaseModel):
    """`running` in Temporal, `shown` as open on the pages; they differ for moments, or something is lost."""

    kind: str
    running: int
    shown: int


class Ended(BaseModel):
    """A case that ended otherwise than a case should."""

    workflow_id: str
    run_id: str
    status: str
    at: datetime | None


class SearchHealth(BaseModel):
    """Customers are found under what they are called now once the worker has written it."""

    waiting: int = Field(description="Customers not found yet under what they are called now.")
    oldest_seconds: float = Field(description="How long the one that waits longest has waited.")


class Health(BaseModel):
    """A part is null where it did not answer in time."""

    database: DatabaseHealth | None
    temporal: TemporalHealth | None
    workers: WorkersHealth | None
    outbox: list[OutboxHealth] | None
    cases: list[CasesHealth] | None
    search: SearchHealth | None
    lagging: int | None = Field(description="Cases whose pages are behind, since their rows cannot be written.")
    stuck: list[Stuck] | None = Field(description="At most 20.")
    failed: list[Ended] | None = Field(description="At most 20, the latest first.")

    @property
    def well(self) -> bool:
        parts = (self.database, self.temporal, self.workers, self.outbox)
        return None not in parts and bool(self.workers and self.workers.workers) and not (self.stuck or self.lagging)


async def look(settings: Settings, db: Database, client: Client) -> Health:
    """Asks all parts at once; takes as long as the slowest, and `PATIENCE` at most."""
    at_work = f"ExecutionStatus = 'Running' AND TaskQueue = '{settings.task_queue}'"
    database, temporal, workers, outbox, cases, search, lagging, stuck, failed = await asyncio.gather(
        _answer(_database(settings, db)),
        _answer(_temporal(client)),
        _answer(_workers(settings, client)),
        _answer(_outbox(db)),
        _answer(_cases(db, client, at_work)),
        _answer(_search(db)),
        _answer(_count(client, f"{at_work} AND CrmTrouble STARTS_WITH 'project_'")),
        _answer(find_stuck(db, client, at_work, SHOWN)),
        _answer(_failed(settings, client)),
    )
    return Health(
        database=database, temporal=temporal, workers=workers, outbox=outbox, cases=cases, search=search,
        lagging=lagging, stuck=stuck, failed=failed,
    )  # fmt: skip


async def _answer(question: Awaitable[T]) -> T | None:
    try:
        return await asyncio.wait_for(question, PATIENCE)
    except (TimeoutError, SQLAlchemyError, RPCError, OSError):
        return None


async def _database(settings: Settings, db: Database) -> DatabaseHealth:
    began = time.perf_counter()
    async with db.session("ops") as session:
        facts = await server_facts(session)
    took = time.perf_counter() - began
    return DatabaseHealth(
        version=facts.version,
        milliseconds=took * 1000,
        size=facts.size,
        disk_free=shutil.disk_usage(settings.home).free,
    )


async def _temporal(client: Client) -> TemporalHealth:
    began = time.perf_counter()
    system = await client.workflow_service.get_system_info(GetSystemInfoRequest())
    took = time.perf_counter() - began
    return TemporalHealth(version=system.server_version, milliseconds=took * 1000, namespace=client.namespace)


async def _workers(settings: Settings, client: Client) -> WorkersHealth:
    queues = await asyncio.gather(
        *(
            client.workflow_service.describe_task_queue(
                DescribeTaskQueueRequest(
                    namespace=client.namespace,
                    task_queue=TaskQueue(name=settings.task_queue),
                    task_queue_type=kind,
                    report_stats=True,
                )
            )
            for kind in (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)
        )
    )
    seen = {poller.identity: poller.last_access_time.ToDatetime(UTC) for queue in queues for poller in queue.pollers}
    ages = [queue.stats.approximate_backlog_age.ToTimedelta() for queue in queues]
    return WorkersHealth(
        workers=seen,
        backlog=sum(queue.stats.approximate_backlog_count for queue in queues),
        oldest_seconds=max(ages, default=timedelta()).total_seconds(),
    )


async def _outbox(db: Database) -> list[OutboxHealth]:
    async with db.session("ops") as session:
        found = await backlogs(session)
    now = datetime.now(UTC)
    return [
        OutboxHealth(oldest_seconds=(now - oldest).total_seconds(), kind=kind, waiting=waiting, failing=failing,
                     error=error)
        for kind, waiting, oldest, failing, error in found
    ]  # fmt: skip


async def _search(db: Database) -> SearchHealth:
    async with db.session("ops") as session:
        found = await lag(session)
    waited = (datetime.now(UTC) - found.since).total_seconds() if found.since else 0.0
    return SearchHealth(waiting=found.customers, oldest_seconds=max(waited, 0.0))


async def _cases(db: Database, client: Client, at_work: str) -> list[CasesHealth]:
    async with db.session("ops") as session:
        shown = await open_cases(session)
    running = await asyncio.gather(
        *(_count(client, f"{at_work} AND WorkflowType = '{workflow}'") for workflow in KINDS.values())
    )
    return [
        CasesHealth(kind=kind, running=count, shown=shown.get(kind, 0))
        for kind, count in zip(KINDS, running, strict=True)
    ]


async def _count(client: Client, query: str) -> int:
    return (await client.count_workflows(query)).count


async def _failed(settings: Settings, client: Client) -> list[Ended]:
    statuses = "ExecutionStatus IN ('Failed', 'TimedOut', 'Terminated', 'Canceled')"
    query = f"{statuses} AND TaskQueue = '{settings.task_queue}'"
    return [_ended(execution) async for execution in client.list_workflows(query, limit=SHOWN)]


def _ended(execution: WorkflowExecution) -> Ended:
    return Ended(
        workflow_id=execution.id,
        run_id=execution.run_id,
        status=execution.status.name if execution.status else "",
        at=execution.close_time,
    )
