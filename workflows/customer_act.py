"""One act on all customers that fit a filter: whoever is killed meanwhile, each is acted on once."""

from datetime import timedelta

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.customer_act import ActFile, CustomerActActivities

ACT = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(minutes=10),
    heartbeat_timeout=timedelta(minutes=1),
    retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30)),
    summary="act on the next customers",
)


class CustomerActStart(BaseModel):
    """What to do, and how far it is, stands in its row."""

    act_id: str


@workflow.defn(name="CustomerActWorkflow")
class CustomerActWorkflow:
    @workflow.run
    async def run(self, start: CustomerActStart) -> int:
        """How many customers it was done for."""
        file = ActFile(act_id=start.act_id)
        while True:
            part = await workflow.execute_activity_method(CustomerActActivities.act_on_customers, file, **ACT)
            workflow.set_current_details(f"done for {part.done} customers")
            if part.over:
                return part.done
