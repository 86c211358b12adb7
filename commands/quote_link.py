"""A quote for its customer: a sealed link shows it, takes one answer, and needs no sign-in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from commands.credentials import Visitor
from commands.desk import Desk
from commands.throttle import Throttle
from db.audit import record
from db.customer import Customer
from db.quote import Quote, QuoteAnswer
from domain.access import Actor
from domain.process import Answer
from domain.quote import QuoteBody, Totals
from domain.refusal import Refused, invalid
from keys import Seal
from workflows.quote import QuoteWorkflow
from workflows.quote_message import CustomerAnswers, CustomerOpened, quote_workflow_id

PER_MINUTE = 60
TOKEN = re.compile(r"[\w-]{100,400}", re.ASCII)
CUSTOMER = Actor(id="system")
"""Who acts where nobody signed in."""


@dataclass(frozen=True)
class Offer:
    """One version of a quote as its customer has it before them. `status` is this version's."""

    quote: Quote
    customer: str
    version: int
    status: str
    body: QuoteBody
    totals: Totals
    documents: dict[str, str]
    answer: QuoteAnswer | None


class QuoteLinks:
    """A link is a sealed note of the quote and its version: nothing of it is kept."""

    def __init__(self, master: bytes, base_url: str) -> None:
        self._seal = Seal(master, "quotes for customers")
        self._base_url = base_url

    def address(self, quote_id: str, version: int) -> str:
        return f"{self._base_url}{self.path(quote_id, version)}"

    def path(self, quote_id: str, version: int) -> str:
        return f"/q/{self._seal.close(quote_id, str(version)).rstrip('=')}"

    def read(self, token: str) -> tuple[str, int]:
        """The quote's id and the version. Raises Refused (404) `link_unknown`."""
        parts = self._seal.open(token + "=" * (-len(token) % 4)) if TOKEN.fullmatch(token) else None
        if parts is None:
            raise Refused("link_unknown", 404)
        return parts[0], int(parts[1])


class QuotesForCustomers:
    def __init__(self, desk: Desk, links: QuoteLinks) -> None:
        self.desk = desk
        self.links = links
        self._throttle = Throttle("too_many_tries", per_minute=PER_MINUTE)

    async def read(self, token: str, visitor: Visitor) -> Offer:
        """Raises Refused: 404 link_unknown, 429 too_many_tries."""
        self._throttle.take(visitor.address)
        quote_id, no = self.links.read(token)
        async with self.desk.db.session("public") as session:
            quote = await session.get(Quote, quote_id)
            found = next((v for v in reversed(quote.versions) if v["no"] == no), None) if quote else None
            if quote is None or found is None or not found.get("documents"):
                raise Refused("link_unknown", 404)
            customer = await session.scalar(select(Customer.name).where(Customer.id == quote.customer_id))
            answer = await session.get(QuoteAnswer, quote.answer_id) if quote.answer_id else None
        return Offer(
            quote=quote, customer=customer or "", version=no,
            status=quote.status if quote.version == no else found.get("outcome") or "superseded",
            body=QuoteBody.model_validate(found["body"]), totals=Totals.model_validate(found["totals"]),
            documents=found["documents"], answer=answer if answer and answer.version == no else None,
        )  # fmt: skip

    async def opened(self, offer: Offer) -> None:
        """Noted once, by the page's own request: a machine that follows links in mails runs no page."""
        if offer.status == "sent" and offer.quote.seen_at is None:
            asked = CustomerOpened(actor=CUSTOMER, key=f"opened/{offer.version}", version=offer.version)
            await self.desk.processes.update(quote_workflow_id(offer.quote.id), QuoteWorkflow.customer_opened, asked)

    async def ask_renewal(self, offer: Offer) -> Answer:
        asked = CustomerOpened(actor=CUSTOMER, key=f"renewal/{offer.version}", version=offer.version)
        return await self.desk.processes.update(quote_workflow_id(offer.quote.id), QuoteWorkflow.ask_renewal, asked)

    async def answer(
        self, offer: Offer, visitor: Visitor, *, outcome: Literal["accepted", "refused"], name: str, note: str,
        po_number: str,
    ) -> Answer:  # fmt: skip
        """Once: the same answer again is the same answer. Raises Refused: 422, or 409 quote_lapsed and the like."""
        if not name.strip():
            raise invalid("field_needed", "name")
        if outcome == "refused" and not note.strip():
            raise invalid("comment_needed", "note")
        if offer.answer is not None and offer.answer.outcome == outcome:
            return Answer(revision=offer.quote.revision, seen=True)
        values = {"quote_id": offer.quote.id, "version": offer.version, "outcome": outcome, "name": name.strip(),
                  "note": note.strip(), "po_number": po_number.strip()}  # fmt: skip
        async with self.desk.db.session("public") as session:
            answer_id = await session.scalar(insert(QuoteAnswer).values(values).returning(QuoteAnswer.id))
            await record(session, "public", f"quote.{outcome}", f"quote/{offer.quote.id}", address=visitor.address)
        asked = CustomerAnswers(
            actor=CUSTOMER, key=f"answer/{answer_id}", version=offer.version, outcome=outcome,
            answer_id=answer_id or "",
        )  # fmt: skip
        return await self.desk.processes.update(
            quote_workflow_id(offer.quote.id), QuoteWorkflow.customer_answers, asked
        )
