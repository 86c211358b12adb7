"""Training the text model when somebody asks, beside the nightly run."""

from __future__ import annotations

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.ticket_training import Training
from commands.idempotency import claim_once
from db.engine import Database
from domain.access import Action, Actor
from domain.refusal import Refused
from workflows.ticket_training import TRAINING, TicketTrainingWorkflow


class TicketTraining:
    def __init__(self, db: Database, client: Client, task_queue: str) -> None:
        self.db = db
        self.client = client
        self.task_queue = task_queue

    async def start(self, actor: Actor, key: str) -> None:
        """One at a time: raises Refused (409) where one is under way, 403."""
        actor.require(Action.POLICY_MANAGE)
        async with self.db.session(actor.id) as session:
            asked = await claim_once(session, actor, key, "ticket.train", "ticket-model", {})
        if not asked.fresh:
            return
        try:
            await self.client.start_workflow(
                TicketTrainingWorkflow.run, Training(by=actor.id), id=f"{TRAINING}/now", task_queue=self.task_queue,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            )  # fmt: skip
        except WorkflowAlreadyStartedError:
            raise Refused("ticket_training_runs", 409) from None
