"""The daily digest of open tasks by mail; a Temporal Schedule starts it (worker.schedule)."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.digest import DigestActivities, DigestPage

SAME_DAY = timedelta(hours=8)
"""However long the database is away: what is of the morning is not sent at night."""


@workflow.defn(name="DigestWorkflow")
class DigestWorkflow:
    @workflow.run
    async def run(self) -> int:
        """How many mails were written."""
        mails, page = 0, DigestPage(at=workflow.now())
        while True:
            written = await workflow.execute_activity_method(
                DigestActivities.write_digests,
                page,
                start_to_close_timeout=timedelta(minutes=1),
                schedule_to_close_timeout=SAME_DAY,
                retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=5)),
                summary="write the mails of the next people",
            )
            mails += written.mails
            if written.last is None:
                return mails
            page = page.model_copy(update={"after": written.last})
