"""Mail to the service desk as the worker takes it in, and what makes an answer by mail find its ticket again."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from commands.lead_mail import LeadMail
from commands.mail_kind import LOOP_HEADER
from commands.ticket_link import TicketLinks
from commands.ticket_mail import TicketMail
from db.engine import Database
from db.ticket import Ticket, TicketMessage
from db.ticket_intake import TicketLink
from db.ticket_message import mail_id, references_to
from settings import Settings
from worker.mail_listener import Taker, listen, look_into


async def take_mail_in(settings: Settings, leads: LeadMail, tickets: TicketMail) -> None:
    """Until cancelled: every port and mailbox that is set. One port may serve both."""
    ports: dict[tuple[str, int], list[Taker]] = {}
    if settings.service_smtp_port and settings.service_address:
        ports.setdefault((settings.service_smtp_host, settings.service_smtp_port), []).append(tickets)
    if settings.intake_smtp_port:
        ports.setdefault((settings.intake_smtp_host, settings.intake_smtp_port), []).append(leads)
    async with asyncio.TaskGroup() as group:
        for (host, port), takers in ports.items():
            group.create_task(listen(host, port, takers))
        if settings.intake_imap_url is not None:
            group.create_task(look_into(settings.intake_imap_url.get_secret_value(), settings.intake_imap_every, leads))
        if settings.service_imap_url is not None:
            url = settings.service_imap_url.get_secret_value()
            group.create_task(look_into(url, settings.service_imap_every, tickets))


class TicketPost:
    """What of a letter about a ticket is the mail's, and not the policy's."""

    def __init__(self, db: Database, links: TicketLinks) -> None:
        self.db = db
        self.links = links

    async def link(self, params: dict[str, Any]) -> str | None:
        """The customer's link to the ticket a letter is about, made known by its hash; None for other letters, and
        where somebody took it back."""
        ticket_id = params.get("ticket_id")
        if ticket_id is None:
            return None
        async with self.db.session("letter") as session:
            row = insert(TicketLink).values(ticket_id=ticket_id, token_hash=self.links.hash_of(ticket_id))
            await session.execute(row.on_conflict_do_nothing())
            revoked = await session.scalar(select(TicketLink.revoked_at).where(TicketLink.ticket_id == ticket_id))
        return None if revoked else self.links.url(ticket_id)

    async def address(self, message: EmailMessage, params: dict[str, Any]) -> None:
        """Where answers go, what it answers so that mail programs show one conversation, and that it is ours."""
        ticket_id, message_id = params["ticket_id"], params.get("message_id")
        async with self.db.session("letter") as session:
            number = await session.scalar(select(Ticket.number).where(Ticket.id == ticket_id))
            if message_id:
                before = await references_to(session, message_id)
            else:
                first = await session.scalar(select(TicketMessage.mail_id).where(TicketMessage.id == ticket_id))
                before = [first] if first and first.startswith("<") else []
        message.replace_header("Message-ID", mail_id(message_id or f"{ticket_id}.received"))
        message[LOOP_HEADER] = self.links.mark
        if reply_to := self.links.reply_to(number or ""):
            message["Reply-To"] = reply_to
        if before:
            message["In-Reply-To"] = before[-1]
            message["References"] = " ".join(before)
        if params.get("automatic"):
            message["Auto-Submitted"] = "auto-replied"
            message["X-Auto-Response-Suppress"] = "All"
