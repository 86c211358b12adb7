"""Customers written to a file by parts, told of when it is there, and dropped when its days are over."""

from datetime import timedelta

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.customer_export import CustomerExportActivities, ExportFile

_KEEP_ON = RetryPolicy(maximum_interval=timedelta(seconds=30))
_PART, _WHOLE, _SIGN = timedelta(minutes=10), timedelta(minutes=30), timedelta(minutes=1)
WRITE = workflow.ActivityConfig(
    start_to_close_timeout=_PART, heartbeat_timeout=_SIGN, retry_policy=_KEEP_ON, summary="write the next customers"
)
FINISH = workflow.ActivityConfig(
    start_to_close_timeout=_WHOLE, retry_policy=_KEEP_ON, summary="put the file together and tell of it"
)
DROP = workflow.ActivityConfig(start_to_close_timeout=_SIGN, retry_policy=_KEEP_ON, summary="drop the file")


def customer_export_workflow_id(export_id: str) -> str:
    return f"export/{export_id}"


class CustomerExportStart(BaseModel):
    """What to write, and how far it is, stands in its row."""

    export_id: str


@workflow.defn(name="CustomerExportWorkflow")
class CustomerExportWorkflow:
    @workflow.run
    async def run(self, start: CustomerExportStart) -> str:
        """expired, once the file is gone; failed where whoever asked may not export any more."""
        file = ExportFile(export_id=start.export_id)
        while True:
            part = await workflow.execute_activity_method(CustomerExportActivities.write_customers, file, **WRITE)
            workflow.set_current_details(f"{part.rows} customers written")
            if part.over:
                break
        if part.failed:
            await workflow.execute_activity_method(CustomerExportActivities.drop_export, file, **DROP)
            return "failed"
        kept = await workflow.execute_activity_method(CustomerExportActivities.finish_export, file, **FINISH)
        left = kept.until - workflow.now()
        if left > timedelta(0):
            workflow.set_current_details(f"kept until {kept.until.isoformat()}")
            await workflow.sleep(left, summary="the file is kept")
        await workflow.execute_activity_method(CustomerExportActivities.drop_export, file, **DROP)
        return "expired"
