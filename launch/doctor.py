"""`throughline doctor`: looks at everything an installation stands on, and says what to do about what is wrong."""

from __future__ import annotations

import asyncio
import importlib.metadata
import platform
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeTaskQueueRequest,
    GetSystemInfoRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from commands.authority import Authority, UnusableAuthority
from commands.database import open_database
from commands.temporal import connect
from db.migrate import current_and_head
from db.server import ServerFacts, server_facts
from domain.search import SEARCH_ATTRIBUTES
from launch.document_tools import document_tools
from launch.drift import examine_cases
from launch.errors import explained
from launch.finding import Finding
from launch.home import ROOM_NEEDED
from settings import Settings

OLDEST_POSTGRES = 16
KEPT = timedelta(days=30)
RENEW = timedelta(days=90)
GIGABYTE = 1_000_000_000


async def examine(settings: Settings, *, mending: bool) -> AsyncIterator[Finding]:
    """Yields one finding after the other; a server that is away is a finding too. `mending` mends what can be."""
    python = f"Python {platform.python_version()}"
    yield Finding("Version", f"Throughline {importlib.metadata.version('throughline')}, {python}")
    yield _disk(settings)
    for finding in await asyncio.to_thread(lambda: list(document_tools())):
        yield finding
    yield _signing(settings)
    try:
        async for finding in _postgres(settings):
            yield finding
    except Exception as error:
        yield Finding("PostgreSQL", "away", explained(error) or repr(error))
    try:
        client = await connect(settings)
        async for finding in _temporal(settings, client, mending=mending):
            yield finding
    except (RPCError, RuntimeError) as error:
        yield Finding("Temporal", "away", explained(error) or str(error))


def _signing(settings: Settings) -> Finding:
    authority = Authority(settings)
    if not authority.made:
        return Finding("Signing", "no authority yet: the first signature makes one")
    try:
        until = authority.certificate.not_valid_after_utc
    except UnusableAuthority as error:
        return Finding("Signing", "the authority cannot be used", str(error))
    left = until - datetime.now(UTC)
    advice = "" if left > RENEW else f"Its certificate ends on {until:%Y-%m-%d}: put another one in its place."
    return Finding(
        "Signing", f"{authority.called}, until {until:%Y-%m-%d}; back up {authority.folder.absolute()}", advice
    )


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.home if settings.home.exists() else settings.home.absolute().parent).free
    advice = "Free some space: without room both servers stop." if free < ROOM_NEEDED else ""
    return Finding("Disk", f"{free / GIGABYTE:.1f} GB free for {settings.home.absolute()}", advice)


async def _postgres(settings: Settings) -> AsyncIterator[Finding]:
    db = open_database(settings)
    try:
        async with db.session() as session:
            facts = await server_facts(session)
        current, head = await asyncio.to_thread(current_and_head, db.url)
    finally:
        await db.close()
    yield _version(facts)
    yield _text(facts)
    yield Finding("Extensions", ", ".join(facts.extensions))
    behind = "" if current == head else "Run `throughline migrate`."
    yield Finding("Database", f"{facts.size / GIGABYTE:.2f} GB, revision {current or 'none'}", behind)


def _version(facts: ServerFacts) -> Finding:
    old = int(facts.version.split(".")[0]) < OLDEST_POSTGRES
    return Finding("PostgreSQL", facts.version, f"Use PostgreSQL {OLDEST_POSTGRES} or newer." if old else "")


def _text(facts: ServerFacts) -> Finding:
    if facts.encoding == "UTF8" and facts.folds_case:
        return Finding("Text", "UTF-8, every alphabet")
    return Finding("Text", facts.encoding, "Make the database anew with encoding UTF8 and locale C.UTF-8.")


async def _temporal(settings: Settings, client: Client, *, mending: bool) -> AsyncIterator[Finding]:
    system = await client.workflow_service.get_system_info(GetSystemInfoRequest())
    yield Finding("Temporal", f"{system.server_version}, namespace {client.namespace}")
    yield await _retention(client)
    yield await _search_attributes(client)
    workers = await _workers(settings, client)
    yield workers
    if workers.advice:
        yield Finding("Cases", "not compared: there is no worker to answer for them")
        return
    async for finding in examine_cases(settings, client, mending=mending):
        yield finding


async def _retention(client: Client) -> Finding:
    namespace = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    kept = namespace.config.workflow_execution_retention_ttl.ToTimedelta()
    advice = f"Set the namespace's retention to {KEPT.days} days or more: support will ask what happened last month."
    return Finding("History", f"ended cases are kept for {kept.days} days", advice if kept < KEPT else "")


async def _search_attributes(client: Client) -> Finding:
    known = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = [name for name in SEARCH_ATTRIBUTES if name not in known.custom_attributes]
    if missing:
        return Finding("Search attributes", f"missing: {', '.join(missing)}", "Run `throughline migrate`.")
    return Finding("Search attributes", "all there")


async def _workers(settings: Settings, client: Client) -> Finding:
    """The server remembers who asked it for work within the last minutes."""
    asked = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=settings.task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
            report_stats=True,
        )
    )
    identities = {poller.identity for poller in asked.pollers}
    waiting = f"{asked.stats.approximate_backlog_count} tasks wait"
    if not identities:
        return Finding("Workers", f"none, {waiting}", "Start `throughline up` or `throughline worker`.")
    return Finding("Workers", f"{len(identities)}, {waiting}")
