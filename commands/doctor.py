"""Compares every running process with its row, says what differs, and mends it.

A row read after its process was asked can only be newer than what the process knows to be written: whatever is older
was lost, for instance with a restored backup of the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Literal

from temporalio.client import Client, RPCError, RPCStatusCode, WorkflowExecutionStatus, WorkflowQueryFailedError

from commands.temporal import Processes
from db.audit import record
from db.base import new_id
from db.drift import Row, close_row, open_rows, rows_of
from db.engine import Database
from domain.access import Actor
from domain.process import Command, Standing
from workflows.process import Process

NO_CASES = (
    "AllocationWorkflow", "BookWorkflow", "CalendarFeedWorkflow", "CustomerActWorkflow", "CustomerExportWorkflow",
    "CustomerImportClearingWorkflow", "CustomerMatchWorkflow", "CustomerTierWorkflow", "DigestWorkflow",
    "MaintenanceWorkflow", "StatementWorkflow", "TicketTrainingWorkflow",
)  # fmt: skip
"""What works through many records, by the clock or because somebody asked: none is a case, and none has a row."""
AT_ONCE = 10
"""Processes asked at once: each question costs the worker some milliseconds."""
PATIENCE = timedelta(seconds=20)
"""A worker that has just started replays each case before it answers for it."""
CATCHING_UP = 20.0
"""Seconds after its start until which a look asks again who could not write at once: a busy database lets a write
through at the second try."""
DOCTOR = Actor(id="doctor")

Kind = Literal["row_missing", "row_closed", "row_behind", "lagging", "unanswered", "workflow_ended", "workflow_gone"]


@dataclass(frozen=True)
class Difference:
    """`row` and `process` are the revisions either side has, None where it has none.

    row_missing, row_closed, row_behind: the process runs, and its row does not say so, or says less. lagging: it is
    writing its rows again and again and cannot. unanswered: it runs, but no worker answers for it. workflow_ended (with
    its `status`), workflow_gone: the row says that it runs, and it does not.
    """

    workflow_id: str
    kind: Kind
    row: int | None = None
    process: int | None = None
    status: str | None = None
    ended_at: datetime | None = None

    @property
    def mendable(self) -> bool:
        return self.kind not in ("lagging", "unanswered")


async def compare(db: Database, client: Client, task_queue: str) -> AsyncIterator[Difference]:
    """Every difference, those of running processes first."""
    ours = " AND ".join([f"TaskQueue = '{task_queue}'", *(f"WorkflowType != '{name}'" for name in NO_CASES)])
    running = client.list_workflows(f"ExecutionStatus = 'Running' AND {ours}")
    until = monotonic() + CATCHING_UP
    batch: list[str] = []
    async for execution in running:
        batch.append(execution.id)
        if len(batch) == AT_ONCE:
            for difference in await _compare_running(db, client, batch, until):
                yield difference
            batch = []
    for difference in await _compare_running(db, client, batch, until):
        yield difference
    last = ""
    while rows := await _open_rows(db, last):
        last = rows[-1].workflow_id
        for found in await asyncio.gather(*(_compare_row(db, client, row) for row in rows)):
            if found:
                yield found


async def mend(db: Database, client: Client, task_queue: str, difference: Difference) -> bool:
    """Lets the process write its rows anew, or says in the row that it ended. False where neither could be done.

    Raises Refused (503) where no worker took it on in time.
    """
    if not difference.mendable:
        return False
    workflow_id = difference.workflow_id
    async with db.session(DOCTOR.id) as session:
        await record(session, DOCTOR.id, "Mend", workflow_id, difference=difference.kind)
        if difference.kind in ("workflow_ended", "workflow_gone"):
            outcome = (difference.status or "gone").lower()
            return await close_row(session, workflow_id, outcome=outcome, at=difference.ended_at)
    asked = Command(actor=DOCTOR, key=new_id())
    return (await Processes(client, task_queue).update(workflow_id, Process.reproject, asked)).seen


async def _compare_running(db: Database, client: Client, workflow_ids: Sequence[str], until: float) -> list[Difference]:
    standings = await asyncio.gather(*(_settled(client, workflow_id, until) for workflow_id in workflow_ids))
    async with db.session(DOCTOR.id) as session:
        rows = await rows_of(session, workflow_ids)
    pairs = zip(workflow_ids, standings, strict=True)
    return [found for key, standing in pairs if (found := _difference(key, standing, rows.get(key)))]


def _difference(workflow_id: str, standing: Standing | str | None, row: Row | None) -> Difference | None:
    known: dict[str, Any] = {"workflow_id": workflow_id, "row": row.revision if row else None}
    if standing is None:
        return None  # it ended while it was asked
    if isinstance(standing, str):
        return Difference(kind="unanswered", status=standing, **known)
    known["process"] = standing.revision
    if standing.lagging:
        return Difference(kind="lagging", **known)
    if not standing.projected:
        return None  # a new run, about to write
    if row is None:
        return Difference(kind="row_missing", **known)
    if row.revision < standing.projected:
        return Difference(kind="row_behind", **known)
    if row.closed_at and not standing.closed and row.revision <= standing.revision:
        return Difference(kind="row_closed", **known)
    return None


async def _settled(client: Client, workflow_id: str, until: float) -> Standing | str | None:
    """Its standing once it does not lag, or at the end of the time there is for that."""
    while True:
        standing = await _standing(client, workflow_id)
        if not isinstance(standing, Standing) or not standing.lagging or monotonic() >= until:
            return standing
        await asyncio.sleep(1)


async def _standing(client: Client, workflow_id: str) -> Standing | str | None:
    """A text where it runs and cannot say; None where it is no more."""
    try:
        handle = client.get_workflow_handle(workflow_id)
        return await handle.query(Process.standing, rpc_timeout=PATIENCE)
    except WorkflowQueryFailedError as failed:
        return str(failed)
    except RPCError as error:
        return None if error.status == RPCStatusCode.NOT_FOUND else error.message


async def _open_rows(db: Database, after: str) -> list[Row]:
    async with db.session(DOCTOR.id) as session:
        return await open_rows(session, after=after, limit=AT_ONCE)


async def _compare_row(db: Database, client: Client, row: Row) -> Difference | None:
    """A row that says that its process runs, held against what Temporal knows of it."""
    try:
        found = await client.get_workflow_handle(row.workflow_id).describe()
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return Difference(row.workflow_id, "workflow_gone", row=row.revision)
    if found.status in (None, WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.CONTINUED_AS_NEW):
        return None
    async with db.session(DOCTOR.id) as session:
        now = (await rows_of(session, [row.workflow_id])).get(row.workflow_id)
    if now is None or now.closed_at:
        return None  # it ended while it was looked at
    return Difference(
        row.workflow_id, "workflow_ended", row=row.revision, status=found.status.name, ended_at=found.close_time
    )
