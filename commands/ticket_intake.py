"""Tickets taken in, from wherever they come: threaded into one there is, else written with what starts them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.ticket import Said
from commands.desk import Desk
from commands.idempotency import claim_once
from commands.ticket_thread import answered_by, open_to
from db.contact_double import standing
from db.customer import Assignment, Contact, Customer
from db.customer_signpost import living
from db.equipment import find_by_serial, region_code
from db.letter import write_letter
from db.outbox import enqueue, payload_of
from db.person import OrgUnit
from db.policy import current_policy
from db.projection import next_number
from db.ticket import Ticket, TicketMessage, start_of
from db.ticket_intake import note_inbound, written_lately
from domain.access import Action, Actor
from domain.contact import phone_number
from domain.person import email_address
from domain.policy import load
from domain.refusal import forbidden, invalid
from domain.ticket import OPEN, Channel, Priority, ServicePolicy, TicketKind
from domain.ticket_language import spoken
from domain.ticket_number import numbers_in, without_numbers
from domain.ticket_thanks import says_more
from workflows.ticket_message import ticket_workflow_id

FROM_OUTSIDE = Actor(id="public")
CONFIRMED = ("mail", "form", "hook")
"""Ways in by which somebody waits to hear that it arrived."""
CONFIRMATION = "ticket_received"
TRUSTED = ("device", "hook", "api", "timer", "phone")
"""Ways in that are signed or signed in: what they say of a machine is believed."""
HOUR = timedelta(hours=1)
AT_ONCE = 4
"""Taken in at the same time. All need the next number: many more would wait for it inside PostgreSQL, hold every
connection meanwhile, and be cancelled there by its time limit."""


class Attachment(BaseModel):
    """A file kept under its hash in the document store."""

    hash: str
    name: str
    size: int
    type: str


class Inbound(BaseModel):
    """What somebody turns to us with. `region` is a region's code; without it, it is the customer's.

    `ticket_id` is the ticket it is proven to belong to; `references` are the mail ids it answers, which count for a
    sender who is part of that ticket. Number and address stand in it as they are kept (`TicketIntake.reachable`).
    `automatic`: a machine wrote it; `quiet`: it wants no automatic answer. `full`, `raw`, `notes`, `others` are what
    the journal keeps of a mail: all its text, its hash where its reading left something out, what was odd about it,
    and whom else it names.
    """

    channel: Channel
    subject: str = ""
    text: str
    kind: TicketKind = "question"
    priority: Priority = "normal"
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    customer_id: str | None = None
    contact_id: str | None = None
    region: str | None = None
    language: str | None = None
    product: str | None = None
    equipment_id: str | None = None
    fault_code: str | None = None
    serial_number: str | None = None
    attachments: list[Attachment] = []
    mail_id: str | None = None
    references: list[str] = []
    automatic: bool = False
    quiet: bool = False
    ticket_id: str | None = None
    full: str | None = None
    raw: str | None = None
    notes: list[str] = []
    detail: dict[str, Any] = {}
    others: list[str] = []


class Received(NamedTuple):
    """`new`: it made a ticket; else it goes on in one there was."""

    ticket_id: str
    message_id: str
    new: bool


class Sender(NamedTuple):
    """Who it comes from, as far as we know them."""

    customer: Customer | None
    contact: Contact | None


class TicketIntake:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._door = asyncio.Semaphore(AT_ONCE)

    def reachable(self, inbound: Inbound) -> Inbound:
        """With number and address as they are kept. Raises Refused (422) naming the one that cannot be used."""
        phone = phone_number(inbound.phone, self.desk.settings.country) if inbound.phone else None
        email = email_address(inbound.email) if inbound.email else None
        return inbound.model_copy(update={"phone": phone, "email": email})

    async def receive(self, inbound: Inbound, key: str, actor: Actor = FROM_OUTSIDE) -> Received:
        """One transaction; the same key finds what it made. Raises Refused (422) for a customer that is not there."""
        # A mail that comes twice has come by two ways: it is the same by its id, however it was changed on its way.
        # So is a signed message: what it belongs to may be known only by now.
        by_id = inbound.mail_id is not None or inbound.channel in ("hook", "device")
        said = {"key": key} if by_id else inbound.model_dump(exclude_defaults=True)
        async with self._door, self.desk.db.session(actor.id) as session:
            asked = await claim_once(session, actor, key, "Inbound", "ticket", said)
            if not asked.fresh:
                message = await session.get_one(TicketMessage, asked.id)
                first = message.first_ticket_id or message.ticket_id
                return Received(message.ticket_id, message.id, new=first == message.id)
            inbound = await _of_equipment(session, inbound)
            sender = await _sender(session, inbound)
            ticket = await open_to(session, inbound.ticket_id or await self._answered(session, inbound))
            new = ticket is None
            if ticket is None:
                ticket = await self._begin(session, inbound, sender, asked.id, actor)
            else:
                await self._go_on(session, ticket, inbound, sender, asked.id)
            confirmed = new and await self._confirm(session, ticket, inbound)
            await self._note(session, ticket, inbound, f"{actor.id}/{key}", asked.id, new=new, answered=confirmed)
            return Received(ticket.id, asked.id, new=new)

    async def _answered(self, session: AsyncSession, inbound: Inbound) -> str | None:
        sender = inbound.email or inbound.phone or ""
        return await answered_by(
            session, sender=sender.lower(), subject=inbound.subject if inbound.channel == "mail" else "",
            references=inbound.references,
        )  # fmt: skip

    async def _note(
        self, session: AsyncSession, ticket: Ticket, inbound: Inbound, key: str, message_id: str, *, new: bool,
        answered: bool,
    ) -> None:  # fmt: skip
        """The journal's line: by whom, who else was named, and what of it the message does not say."""
        strange = new and inbound.channel == "mail" and numbers_in(inbound.subject)
        await note_inbound(
            session, key=key, channel=inbound.channel, kind="automatic" if inbound.automatic else "person",
            sender=(inbound.email or inbound.phone or inbound.name or "").lower() or None, addresses=inbound.others,
            subject=inbound.subject[:300], ticket_id=ticket.id, message_id=message_id,
            full=inbound.full if inbound.full != inbound.text else None, raw=inbound.raw,
            answered=answered, detail=inbound.detail,
            notes=[*inbound.notes, *(["number_of_another"] if strange else [])],
        )  # fmt: skip

    async def _confirm(self, session: AsyncSession, ticket: Ticket, inbound: Inbound) -> bool:
        """Tells who wrote that it came in, with the link to their ticket: no machine, and nobody too often."""
        wanted = inbound.channel in CONFIRMED and inbound.email and not inbound.automatic and not inbound.quiet
        if not wanted or not self.desk.settings.service_answers:
            return False
        if not load(ServicePolicy, (await current_policy(session, ServicePolicy.kind))[1]).confirms:
            return False
        sender = (inbound.email or "").lower()
        lately = await written_lately(session, sender, datetime.now(UTC) - HOUR, answered=True)
        if lately >= self.desk.settings.service_answers:
            return False
        letter: dict[str, Any] = {
            "key": f"ticket/{ticket.id}/received", "customer_id": ticket.customer_id, "contact_id": ticket.contact_id,
            "template": CONFIRMATION, "language": ticket.language, "line_id": ticket.id, "documents": [],
            "params": {"number": ticket.number, "title": ticket.subject, "ticket_id": ticket.id, "automatic": True},
        }  # fmt: skip
        await write_letter(session, letter, to=inbound.email)
        return True

    async def _go_on(
        self, session: AsyncSession, ticket: Ticket, inbound: Inbound, sender: Sender, message_id: str
    ) -> None:
        message = await _message(session, inbound, ticket.id, message_id, sender)
        session.add(message)
        await self.tell(session, ticket, message)

    async def tell(self, session: AsyncSession, ticket: Ticket, message: TicketMessage) -> None:
        """Its process hears of a message that is in the conversation, and begins again where it had ended."""
        payload = start_of(ticket)
        if ticket.revision == 0:  # its process has not begun: it is to begin as it was meant to
            payload = await payload_of(session, ticket_workflow_id(ticket.id)) or payload
        news = {"signal": "customer_wrote", "message": _said(message).model_dump(mode="json")}
        await enqueue(session, f"{ticket_workflow_id(ticket.id)}/said/{message.id}", "start", payload | news)

    async def _begin(
        self, session: AsyncSession, inbound: Inbound, sender: Sender, message_id: str, actor: Actor
    ) -> Ticket:
        customer, contact = sender
        region_id = await self._region(session, inbound, customer)
        if actor is not FROM_OUTSIDE and not actor.reaches(Action.TICKET_CREATE, owner=None, region=region_id):
            raise forbidden(Action.TICKET_CREATE)
        known = inbound.language or (customer.language if customer else None)
        language = known or spoken(f"{inbound.subject} {inbound.text}") or self.desk.settings.language
        said = {"channel", "kind", "priority", "product", "equipment_id", "fault_code"}
        now = datetime.now(UTC)
        ticket = Ticket(
            id=message_id, subject=without_numbers(inbound.subject) or _first_line(inbound.text), stage="new",
            from_name=inbound.name, from_email=inbound.email, from_phone=inbound.phone, region_id=region_id,
            customer_id=customer.id if customer else None, contact_id=contact.id if contact else None,
            tier=customer.service_tier if customer else "standard", language=language, opened_at=now, said_at=now,
            sentiment_words=[], breached=0, revision=0, **inbound.model_dump(include=said),
        )  # fmt: skip
        message = await _message(session, inbound, ticket.id, message_id, sender)
        # The number last: whoever takes one keeps all others waiting until the transaction ends.
        ticket.number = await next_number(session, "T", now.astimezone(ZoneInfo(self.desk.settings.zone)).year)
        session.add_all([ticket, message])
        start = start_of(ticket)
        start["input"]["unheard"] = [_said(message).model_dump(mode="json")]
        await enqueue(session, start["id"], "start", start)
        return ticket

    async def _region(self, session: AsyncSession, inbound: Inbound, customer: Customer | None) -> str:
        """The one that is named, else the first that follows the customer, else the company's first."""
        if customer is not None and inbound.region is None:
            followed = select(Assignment.region_id).where(Assignment.customer_id == customer.id)
            region = await session.scalar(followed.order_by(Assignment.since, Assignment.region_id).limit(1))
            if region is not None:
                return str(region)
        query = select(OrgUnit.id).where(OrgUnit.kind == "region").order_by(OrgUnit.code).limit(1)
        named = query.where(OrgUnit.code == inbound.region) if inbound.region else query
        found = await session.scalar(named)
        if found is None:
            raise invalid("region_unknown", "region", region=inbound.region or "")
        return str(found)


async def _of_equipment(session: AsyncSession, inbound: Inbound) -> Inbound:
    """A machine that is named tells its customer, its product and its region; what it reports again while that is
    being seen to is more of the same ticket. A number nobody knows says no more than that."""
    if inbound.serial_number is None or inbound.channel not in TRUSTED:
        return inbound
    machine = await find_by_serial(session, inbound.serial_number)
    if machine is None:
        return inbound.model_copy(update={"notes": [*inbound.notes, "serial_unknown"]})
    known: dict[str, Any] = {"equipment_id": machine.id, "product": inbound.product or machine.product}
    if inbound.customer_id is None:
        known |= {"customer_id": machine.customer_id, "region": await region_code(session, machine.region_id)}
    if inbound.fault_code and inbound.ticket_id is None:
        same = select(Ticket.id).where(
            Ticket.equipment_id == machine.id, Ticket.fault_code == inbound.fault_code, Ticket.stage.in_(OPEN)
        )
        known["ticket_id"] = await session.scalar(same.order_by(Ticket.id.desc()).limit(1))
    return inbound.model_copy(update=known)


async def _sender(session: AsyncSession, inbound: Inbound) -> Sender:
    """Who is named, else whose number or address it is: the exact one, the contact known longest first."""
    contact = await _contact(session, inbound)
    customer_id = inbound.customer_id or (contact.customer_id if contact else None)
    customer = await session.get(Customer, await living(session, customer_id)) if customer_id else None
    if inbound.customer_id and customer is None:
        raise invalid("customer_unknown", "customer_id")
    return Sender(customer, contact)


async def _contact(session: AsyncSession, inbound: Inbound) -> Contact | None:
    query = select(Contact).order_by(Contact.id).limit(1)
    if inbound.customer_id:
        query = query.where(Contact.customer_id == await living(session, inbound.customer_id))
    if inbound.contact_id:
        contact = await session.scalar(query.where(Contact.id == inbound.contact_id))
        if contact is None:
            raise invalid("contact_unknown", "contact_id")
        return await standing(session, contact)
    for same in _same(inbound):
        if (contact := await session.scalar(query.where(same))) is not None:
            return await standing(session, contact)
    return None


def _same(inbound: Inbound) -> Sequence[Any]:
    found: list[Any] = []
    if inbound.phone:
        found.append(Contact.phone == inbound.phone)
    if inbound.email:
        found.append(func.lower(Contact.email) == inbound.email.lower())
    return found


async def _message(
    session: AsyncSession, inbound: Inbound, ticket_id: str, message_id: str, sender: Sender
) -> TicketMessage:  # fmt: skip
    """Its mail's id, unless another's mail came under it before: that may be made up."""
    contact = sender.contact
    mail_id = inbound.mail_id
    if mail_id and await session.scalar(select(TicketMessage.id).where(TicketMessage.mail_id == mail_id)):
        mail_id = None
    return TicketMessage(
        id=message_id, ticket_id=ticket_id, author="customer", author_id=contact.id if contact else None,
        author_name=inbound.name, direction="in", body=inbound.text, at=datetime.now(UTC), status="received",
        automatic=inbound.automatic, mail_id=mail_id or f"{message_id}@{inbound.channel}",
        references=inbound.references, attachments=[one.model_dump() for one in inbound.attachments],
    )  # fmt: skip


def _said(message: TicketMessage) -> Said:
    return Said(
        id=message.id,
        by="system" if message.author == "system" else "customer",
        at=message.at,
        automatic=message.automatic,
        says_more=bool(message.attachments) or says_more(message.body, message.author_name),
    )


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line[:80]
