"""Letters to customers: written down once, then sent by the relay."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from temporalio import activity

from activities.process import ProcessActivities
from db.letter import write_letter


class LetterRequest(BaseModel):
    """`key` is the business key that makes it one letter; `template` a key of the letter policy.

    `params` are those of `domain.letter.VARIABLES` the case has: money as minor units beside `currency`, days as ISO
    dates, the rest as text. `attachments` are hashes of documents. `to` is an address: only the edge may know one,
    a workflow names the contact.
    """

    key: str
    customer_id: str | None = None
    contact_id: str | None = None
    to: str | None = None
    template: str
    language: str | None = None
    params: dict[str, Any] = {}
    attachments: list[str] = []
    line_id: str | None = None


class LetterActivities(ProcessActivities):
    @activity.defn
    async def send_letter(self, request: LetterRequest) -> str:
        """The letter's id. Asked again with the same key, it is the same letter; it goes out after this commits."""
        row = request.model_dump(exclude={"to", "attachments"}) | {"documents": request.attachments}
        async with self.db.session("letter") as session:
            return await write_letter(session, row, to=request.to)
