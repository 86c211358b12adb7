"""One salesperson's book: however many customers are in it, one timer stands at the earliest that is due or to be
warned of. A follow-up moves only that customer's row; the book then wakes for nothing, and sets its timer anew."""

from datetime import datetime, timedelta

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.book import BookActivities, Look, Looked
    from domain.customer_pool import LOOKED


def book_workflow_id(owner_id: str) -> str:
    return f"book/{owner_id}"


class BookStart(BaseModel):
    """What is due when stands in the customers' rows."""

    owner_id: str


@workflow.defn(name="BookWorkflow")
class BookWorkflow:
    def __init__(self) -> None:
        self.asked = False

    @workflow.run
    async def run(self, start: BookStart) -> None:
        """Ends when nothing of the book will ever be due; who makes something due begins it again."""
        while not workflow.info().is_continue_as_new_suggested():
            self.asked = False
            looked = await self._look(start.owner_id)
            if looked.next_at is None and not self.asked:
                return
            await self._until(looked.next_at)
        workflow.continue_as_new(start)

    @workflow.signal
    def changed(self, news: BookStart) -> None:
        self.asked = True

    async def _look(self, owner_id: str) -> Looked:
        return await workflow.execute_activity_method(
            BookActivities.look,
            Look(owner_id=owner_id, at=workflow.now()),
            start_to_close_timeout=timedelta(hours=2),
            heartbeat_timeout=timedelta(seconds=8),
            retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=10)),
            summary="warn of what is due soon, give back what is due",
        )

    async def _until(self, next_at: datetime | None) -> None:
        left = min(next_at - workflow.now(), LOOKED) if next_at else timedelta()
        workflow.set_current_details(f"next: {next_at.isoformat() if next_at else 'at once'}")
        if left > timedelta():
            try:
                await workflow.wait_condition(lambda: self.asked, timeout=left, timeout_summary="next customer due")
            except TimeoutError:
                return
