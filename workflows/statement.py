"""A bank statement from its file to the last line booked or asked about; it goes on where it stopped."""

from datetime import timedelta

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.statement import StatementActivities, StatementFile

LONGEST_LOOK = timedelta(seconds=30)
"""Between two looks at what is still being booked."""

_KEEP_ON = RetryPolicy(maximum_interval=timedelta(minutes=1))
_READING, _QUICK = timedelta(minutes=3), timedelta(minutes=1)
READ = workflow.ActivityConfig(start_to_close_timeout=_READING, retry_policy=_KEEP_ON, summary="read the file")
MATCH = workflow.ActivityConfig(start_to_close_timeout=_QUICK, retry_policy=_KEEP_ON, summary="match the next lines")
LOOK = workflow.ActivityConfig(start_to_close_timeout=_QUICK, retry_policy=_KEEP_ON, summary="see what is left")


def statement_workflow_id(statement_id: str) -> str:
    return f"statement/{statement_id}"


class StatementStart(BaseModel):
    statement_id: str


@workflow.defn(name="StatementWorkflow")
class StatementWorkflow:
    @workflow.init
    def __init__(self, start: StatementStart) -> None:
        self.file = StatementFile(statement_id=start.statement_id)

    @workflow.run
    async def run(self, start: StatementStart) -> str:
        """done, or failed where the file cannot be read."""
        read = await workflow.execute_activity_method(StatementActivities.read_statement, self.file, **READ)
        if read.lines is None:
            return "failed"
        while await workflow.execute_activity_method(StatementActivities.match_lines, self.file, **MATCH):
            workflow.set_current_details("lines are being matched")
        await self._wait_until_booked()
        return "done"

    async def _wait_until_booked(self) -> None:
        """The relay books; what it cannot book becomes a question, so this ends."""
        look = timedelta(seconds=1)
        while left := await workflow.execute_activity_method(StatementActivities.finish_statement, self.file, **LOOK):
            workflow.set_current_details(f"{left} lines are being booked")
            await workflow.sleep(look, summary="lines are being booked")
            look = min(look * 2, LONGEST_LOOK)
