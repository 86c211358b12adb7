"""Puts away by the clock (worker.schedule) what was sent in to be imported and is needed no more."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.customer_import_clearing import CustomerImportClearingActivities

CLEARING = "import-clearing"
"""The workflow's id."""


@workflow.defn(name="CustomerImportClearingWorkflow")
class CustomerImportClearingWorkflow:
    @workflow.run
    async def run(self) -> int:
        """How many imports that nobody began there are no more."""
        return await workflow.execute_activity_method(
            CustomerImportClearingActivities.clear_customer_imports,
            start_to_close_timeout=timedelta(hours=1),
            retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
            summary="put away files and imports that nobody began",
        )
