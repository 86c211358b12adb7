"""What the stages of a deal set going outside it: messages to other systems."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.process import ProcessActivities
from db.webhook import deal_facts, find_target, queue_delivery


class WebhookRequest(BaseModel):
    """`key` makes the message one; what it says of the record is read when it is written."""

    key: str
    target: str
    event: str
    record_id: str
    pipeline: str
    stage: str
    visit: int
    at: datetime


class StageActivities(ProcessActivities):
    @activity.defn
    async def queue_webhook(self, request: WebhookRequest) -> None:
        """Written once per key, sent by the relay. Raises `webhook_unknown` for a target that is not there."""
        async with self.db.session(request.key.rpartition("/")[0]) as session:
            target = await find_target(session, request.target)
            if target is None:
                raise ApplicationError(f"no webhook is registered as {request.target}", non_retryable=True)
            body = {
                "type": request.event,
                "timestamp": request.at.isoformat(),
                "data": {
                    **await deal_facts(session, request.record_id),
                    "pipeline": request.pipeline,
                    "stage": request.stage,
                    "visit": request.visit,
                },
            }
            await queue_delivery(session, request.key, target.id, request.event, body)
