"""Cases that are stuck, and why: activities tried again and again, workflow tasks that fail."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, Field
from temporalio.api.failure.v1 import Failure
from temporalio.api.workflow.v1 import PendingActivityInfo, PendingWorkflowTaskInfo
from temporalio.client import Client, RPCError, RPCStatusCode
from temporalio.exceptions import FailureError

from db.engine import Database
from db.ops import quiet_cases

PATIENT_ATTEMPTS = 3
"""As often as something may fail before it counts as stuck: what was away for a moment is back by then."""
QUIET = timedelta(seconds=30)


class Stuck(BaseModel):
    workflow_id: str
    run_id: str
    what: str = Field(description="The activity that fails; empty: the workflow's own code does, or no worker runs it.")
    attempt: int
    since: datetime | None = Field(None, description="Only of workflow tasks: the server forgets when a retry began.")
    error: str


async def find_stuck(db: Database, client: Client, at_work: str, limit: int) -> list[Stuck]:
    """Looks closely only at cases that may be: those that say so, those the server reports, and the suspiciously quiet.

    `at_work` is the visibility query of running cases.
    """
    reported = f"{at_work} AND (CrmTrouble IS NOT NULL OR TemporalReportedProblems IS NOT NULL)"
    suspects = [execution.id async for execution in client.list_workflows(reported, limit=limit)]
    async with db.session("ops") as session:
        suspects += await quiet_cases(session, datetime.now(UTC) - QUIET, limit)
    found = await asyncio.gather(*(_look_at(client, suspect) for suspect in dict.fromkeys(suspects[:limit])))
    return [stuck for each in found for stuck in each][:limit]


async def _look_at(client: Client, workflow_id: str) -> Sequence[Stuck]:
    try:
        described = await client.get_workflow_handle(workflow_id).describe()
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return []
        raise
    raw, run_id = described.raw_description, described.run_id
    found = [
        await _activity(client, workflow_id, run_id, activity)
        for activity in raw.pending_activities
        if activity.attempt > PATIENT_ATTEMPTS
    ]
    if raw.pending_workflow_task.attempt > PATIENT_ATTEMPTS:
        found.append(_task(workflow_id, run_id, raw.pending_workflow_task))
    return found


async def _activity(client: Client, workflow_id: str, run_id: str, activity: PendingActivityInfo) -> Stuck:
    return Stuck(
        workflow_id=workflow_id,
        run_id=run_id,
        what=activity.activity_type.name,
        attempt=activity.attempt,
        error=await _words(client, activity.last_failure),
    )


def _task(workflow_id: str, run_id: str, task: PendingWorkflowTaskInfo) -> Stuck:
    since = task.original_scheduled_time.ToDatetime(UTC)
    return Stuck(workflow_id=workflow_id, run_id=run_id, what="", attempt=task.attempt, since=since, error="")


async def _words(client: Client, failure: Failure) -> str:
    """The first line of what went wrong; payloads are encrypted, failures too."""
    error = await client.data_converter.decode_failure(failure)
    message = error.message if isinstance(error, FailureError) else str(error)
    return message.strip().partition("\n")[0][:300]
