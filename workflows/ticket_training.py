"""Trains the text model: by the clock (worker.schedule), or when somebody asks."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.ticket_training import TicketTrainingActivities, Trained, Training
    from workflows.contract_check import DOCUMENTS

TRAINING = "ticket-training"


@workflow.defn(name="TicketTrainingWorkflow")
class TicketTrainingWorkflow:
    @workflow.run
    async def run(self, asked: Training) -> Trained:
        """Beside what opens documents: it takes a processor, and no process waits for it."""
        return await workflow.execute_activity_method(
            TicketTrainingActivities.train_ticket_model,
            asked,
            task_queue=workflow.info().task_queue + DOCUMENTS,
            start_to_close_timeout=timedelta(minutes=10),
            heartbeat_timeout=timedelta(seconds=60),
            retry_policy=RetryPolicy(maximum_attempts=3, initial_interval=timedelta(minutes=1)),
            summary="learn from the answered tickets",
        )
