"""A ticket for its customer: a link shows what was said, takes answers and files, opens it again, and asks how it went.

Nobody signs in: who has the link is who it was sent to. Internal notes are never among what it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from commands.credentials import Visitor
from commands.throttle import Throttle
from commands.ticket_file import SentFiles, TicketFiles
from commands.ticket_intake import Attachment, Inbound, TicketIntake
from commands.ticket_link import TOKEN, token_hash
from db.audit import record
from db.person import Person
from db.policy import current_policy
from db.ticket import Ticket, TicketMessage, goes_on_as
from db.ticket_intake import TicketLink, TicketRating
from domain.policy import load
from domain.refusal import Refused, invalid, not_found
from domain.ticket import OPEN, ServicePolicy, may_come_back

LOOKS = 60
"""A minute from one address: a whole office may stand behind one."""
WRITES = 6
"""A minute with one link."""
TEXT_MOST = 20_000
SHOWN = 200
SCORES = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Seen:
    """A ticket as its customer has it before them. `begun` is the one the link was made for; it may have been merged.

    `comes_back`: it has ended, and what they write opens it again.
    """

    ticket: Ticket
    begun: Ticket
    messages: Sequence[TicketMessage]
    people: dict[str, Person]
    rating: TicketRating | None
    writable: bool
    comes_back: bool
    ratable: bool


class TicketPortal:
    def __init__(self, intake: TicketIntake, files: TicketFiles) -> None:
        self.intake = intake
        self.db = intake.desk.db
        self.files = files
        self._looks = Throttle("too_many_tries", per_minute=LOOKS)
        self._writes = Throttle("too_many_tries", per_minute=WRITES)

    async def read(self, token: str, visitor: Visitor) -> Seen:
        """Raises Refused: 404 link_unknown, 429 too_many_tries."""
        self._looks.take(visitor.address)
        async with self.db.session("public") as session:
            begun = await self._ticket(session, token)
            ticket = await goes_on_as(session, begun.id) or begun
            if not _same_person(begun, ticket):
                ticket = begun  # merged by us with somebody else's: that is not for their eyes
            policy = load(ServicePolicy, (await current_policy(session, ServicePolicy.kind))[1])
            messages = await _public(session, ticket, begun)
            agents = {message.author_id for message in messages if message.author == "agent" and message.author_id}
            people = {one.id: one for one in await session.scalars(select(Person).where(Person.id.in_(agents)))}
            rating = await session.get(TicketRating, ticket.id)
        ended = ticket.stage in ("resolved", "closed")
        back = ended and may_come_back(ticket.closed_at or ticket.resolved_at, policy, datetime.now(UTC))
        return Seen(
            ticket=ticket, begun=begun, messages=messages, people=people, rating=rating,
            writable=ticket.stage in (*OPEN, "merged") or back, comes_back=back, ratable=ended and policy.rating,
        )  # fmt: skip

    async def _ticket(self, session: AsyncSession, token: str) -> Ticket:
        hashed = token_hash(token) if TOKEN.fullmatch(token) else ""
        link = await session.scalar(
            select(TicketLink).where(TicketLink.token_hash == hashed, TicketLink.revoked_at.is_(None))
        )
        ticket = await session.get(Ticket, link.ticket_id) if link else None
        if ticket is None:
            raise Refused("link_unknown", 404)
        return ticket

    async def opened(self, seen: Seen) -> None:
        """Noted once a person has it before them: machines follow links in mails, too."""
        first = update(TicketLink).where(TicketLink.ticket_id == seen.begun.id, TicketLink.opened_at.is_(None))
        async with self.db.session("public") as session:
            await session.execute(first.values(opened_at=func.now()))

    async def answer(self, seen: Seen, key: str, *, text: str, files: SentFiles = ()) -> None:
        """More from the customer. What had ended opens again, unless they only say thanks.

        Raises Refused: 409 ticket_over once that is too late, 413 or 422 for a file, 422 for no text, 429.
        """
        if not seen.writable:
            raise Refused("ticket_over", 409)
        if not text.strip() and not files:
            raise invalid("field_needed", "text")
        if len(text) > TEXT_MOST:
            raise invalid("field_too_long", "text", most=TEXT_MOST)
        self._writes.take(seen.begun.id)
        kept = await self.files.keep(files)
        begun = seen.begun
        inbound = Inbound(
            channel="portal", text=text.strip() or kept[0].name, name=begun.from_name, email=begun.from_email,
            phone=begun.from_phone, contact_id=begun.contact_id, customer_id=begun.customer_id, attachments=kept,
            ticket_id=begun.id,
        )  # fmt: skip
        await self.intake.receive(inbound, f"portal/{begun.id}/{key}")

    async def rate(self, seen: Seen, visitor: Visitor, *, score: int, words: str) -> None:
        """How it went, 1 to 5; said again, it is what was said last. Raises Refused: 409, 422, 429."""
        if not seen.ratable:
            raise Refused("ticket_not_rated", 409)
        if score not in SCORES:
            raise invalid("field_needed", "score")
        self._writes.take(seen.begun.id)
        ticket = seen.ticket
        said = {"score": score, "words": words.strip()[:2_000] or None, "at": func.now()}
        of_it = {"assignee_id": ticket.assignee_id, "queue": ticket.queue, "region_id": ticket.region_id}
        row = insert(TicketRating).values(ticket_id=ticket.id, **said, **of_it)
        async with self.db.session("public") as session:
            await session.execute(row.on_conflict_do_update(index_elements=["ticket_id"], set_=said | of_it))
            await record(session, "public", "RateTicket", f"ticket/{ticket.id}", score=score, address=visitor.address)

    async def file(self, seen: Seen, digest: str) -> tuple[Path, Attachment]:
        """One that hangs on what they see. Raises Refused (404)."""
        for message in seen.messages:
            for one in message.attachments:
                if one["hash"] == digest:
                    return self.files.store.path(digest), Attachment.model_validate(one)
        raise not_found("document")


def _same_person(one: Ticket, other: Ticket) -> bool:
    if one.id == other.id or (one.contact_id is not None and one.contact_id == other.contact_id):
        return True
    address = (one.from_email or "").lower()
    return bool(address) and address == (other.from_email or "").lower()


async def _public(session: AsyncSession, ticket: Ticket, begun: Ticket) -> Sequence[TicketMessage]:
    """What customer and agents said to each other; of a ticket merged with another's, only what was said in it."""
    said = select(TicketMessage).where(
        TicketMessage.direction.in_(("in", "out")), TicketMessage.status != "draft", TicketMessage.author != "system"
    )
    if ticket.id == begun.id and begun.stage == "merged":
        said = said.where(func.coalesce(TicketMessage.first_ticket_id, TicketMessage.ticket_id) == begun.id)
    else:
        said = said.where(TicketMessage.ticket_id == ticket.id)
    latest = await session.scalars(said.order_by(TicketMessage.at.desc(), TicketMessage.id.desc()).limit(SHOWN))
    return list(latest)[::-1]
