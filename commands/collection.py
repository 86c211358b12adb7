"""Collections: payments are recorded."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from commands.desk import Desk
from domain.access import Actor
from domain.process import Answer
from domain.refusal import invalid
from workflows.collection import CollectionWorkflow
from workflows.collection_message import RecordPayment

EARLIEST = date(2000, 1, 1)
"""Money received before is a slip in the year."""


class CollectionCommands:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def record_payment(
        self, actor: Actor, key: str, collection_id: str, *, amount: int, received_on: date,
        reference: str | None = None, paid_before: int | None = None,
    ) -> Answer:  # fmt: skip
        """`amount` in minor units; the answer's result has the payment's id.

        `paid_before` is what was paid when this payment was written down: Refused (409) where another has come since,
        which may be the same one. Raises Refused (422) also for money that is yet to be received.
        """
        if received_on < EARLIEST:
            raise invalid("date_too_early", "received_on")
        if received_on > datetime.now(ZoneInfo(self.desk.settings.zone)).date():
            raise invalid("date_in_future", "received_on")
        return await self.desk.update(
            actor, key, "collection", collection_id, CollectionWorkflow.record_payment, RecordPayment,
            amount=amount, received_on=received_on, reference=reference, paid_before=paid_before,
        )  # fmt: skip
