"""Finds customers that may be one among all: by the clock (worker.schedule), after an import, or when somebody asks."""

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.customer_match import CustomerMatchActivities, MatchPart, MatchRun
    from workflows.contract_check import DOCUMENTS

RETRY = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=2))
MATCHING = "customer-match"
"""The workflow's id: one look at a time."""


@workflow.defn(name="CustomerMatchWorkflow")
class CustomerMatchWorkflow:
    @workflow.run
    async def run(self, asked: MatchRun) -> int:
        """How many pairs there are. Each part is an activity, so that a worker that dies costs one part."""
        asked = asked.model_copy(update={"run_id": asked.run_id or str(workflow.uuid4())})
        work, found = workflow.execute_activity_method, 0
        # Beside what opens documents: it takes a processor, and no process waits for it.
        patient: dict[str, Any] = {
            "task_queue": workflow.info().task_queue + DOCUMENTS, "start_to_close_timeout": timedelta(hours=1),
            "heartbeat_timeout": timedelta(seconds=60), "retry_policy": RETRY,
        }  # fmt: skip
        act = CustomerMatchActivities
        await work(act.prepare_customer_match, **patient, summary="prepare imported customers")
        parts = await work(act.begin_customer_match, asked, **patient, summary="count the customers")
        for part in range(parts):
            share = MatchPart(run_id=asked.run_id, part=part, parts=parts)
            found += await work(act.match_customers, share, **patient, summary=f"part {part + 1} of {parts}")
        await work(act.end_customer_match, asked, **patient, summary="put the rest away")
        return found
