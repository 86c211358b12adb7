"""Weighs by the clock (worker.schedule) what tier every customer seems to be of; a person sets it."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.customer_tier import CustomerTierActivities

WEIGHING = "customer-tier"
"""The workflow's id: one look at a time."""


@workflow.defn(name="CustomerTierWorkflow")
class CustomerTierWorkflow:
    @workflow.run
    async def run(self) -> int:
        """How many customers were weighed."""
        return await workflow.execute_activity_method(
            CustomerTierActivities.weigh_customers,
            start_to_close_timeout=timedelta(hours=6),
            heartbeat_timeout=timedelta(minutes=2),
            retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=1)),
            summary="weigh what tier each customer seems to be of",
        )
