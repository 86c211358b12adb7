"""The other party's link: made once for each invitation, with the letters that carry it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert
from temporalio import activity

from activities.process import ProcessActivities
from db.customer import Customer
from db.customer_signpost import living
from db.engine import Database
from db.letter import write_letter
from db.signing_invitation import SigningInvitation

LETTERS = {"invite": "contract_sign", "remind": "contract_sign_reminder", "done": "contract_signed"}
"""What is written, by the template of the letter policy."""


class Invitation(BaseModel):
    """Whom the other party's signature is asked of: the only link that is alive. `sent` once its letter is written,
    `reminded` counts the reminders, `opened` says that somebody looked.
    """

    id: str
    contact_id: str
    language: str
    at: datetime
    until: datetime
    sent: bool = False
    opened: bool = False
    reminded: int = 0


class InvitationLetter(BaseModel):
    """`what`: invite, remind (with `no`), done; `documents` are attached. The link is put in where it is written."""

    what: str
    no: int = 0
    invitation_id: str
    signing_id: str
    contact_id: str
    customer_id: str
    line_id: str
    owner_id: str
    language: str
    title: str
    document: str
    until: datetime
    documents: list[str] = []


class Links(Protocol):
    def hash_of(self, invitation_id: str) -> str: ...

    def path(self, invitation_id: str) -> str: ...


class InvitationActivities(ProcessActivities):
    def __init__(self, db: Database, zone: str, links: Links) -> None:
        super().__init__(db, zone)
        self.links = links

    @activity.defn
    async def write_invitation(self, asked: InvitationLetter) -> str:
        """The letter's id; the link it carries exists with it. Asked again, both are the same."""
        async with self.db.session("letter") as session:
            made = insert(SigningInvitation).values(
                id=asked.invitation_id, signing_id=asked.signing_id, contact_id=asked.contact_id,
                token_hash=self.links.hash_of(asked.invitation_id), document=asked.document, expires_at=asked.until,
            )  # fmt: skip
            await session.execute(made.on_conflict_do_nothing(index_elements=["id"]))
            customer_id = await living(session, asked.customer_id)
            customer = await session.get(Customer, customer_id)
            language = asked.language or (customer.language if customer else None)
            link = self.links.path(asked.invitation_id) + (f"?lang={language}" if language else "")
            letter = {
                "key": f"signing/{asked.invitation_id}/{asked.what}" + (f"/{asked.no}" if asked.no else ""),
                "customer_id": customer_id, "contact_id": asked.contact_id, "template": LETTERS[asked.what],
                "language": language, "documents": asked.documents, "line_id": asked.line_id,
                "params": {
                    "title": asked.title, "owner_id": asked.owner_id, "link": link,
                    "valid_until": asked.until.astimezone(self.zone).date().isoformat(),
                },
            }  # fmt: skip
            return await write_letter(session, letter)
