"""Books what a bank line pays through the collections' own command, once per booking."""

from __future__ import annotations

from typing import Any

from commands.collection import CollectionCommands
from db.actor import actor_of
from db.bank_line import booked, booking_to_carry, refused
from db.engine import Database
from domain.refusal import Refused

UNSURE = 503
"""Not confirmed: it is sent again with the same key."""


class BankBooker:
    def __init__(self, db: Database, collections: CollectionCommands) -> None:
        self.db = db
        self.collections = collections

    async def book(self, key: str, entry: dict[str, Any]) -> None:
        """`entry`: the id of a `booking`. What the collection refuses becomes a question; the rest is tried again."""
        async with self.db.session("bank") as session:
            found = await booking_to_carry(session, entry["booking"])
        if found is None:
            return
        booking, line = found
        reference = " · ".join(part for part in (line.payer, line.text, line.bank_reference) if part)[:200]
        try:
            async with self.db.session("bank") as session:
                actor = await actor_of(session, booking.by)
            answer = await self.collections.record_payment(
                actor, key, booking.collection_id, amount=booking.amount, received_on=line.booked_on,
                reference=reference or None, source="bank", surplus=line.decided_by is not None,
            )  # fmt: skip
        except Refused as error:
            if error.status == UNSURE:
                raise
            async with self.db.session("bank") as session:
                await refused(session, booking, line, error)
            return
        payment = answer.result.get("payment_id") if answer.result else None
        async with self.db.session("bank") as session:
            await booked(session, booking, line, payment)
