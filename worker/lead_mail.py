"""Listens for inbound mail (SMTP) and looks into a mailbox (IMAP): what a person writes there becomes a lead."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from aiosmtpd.smtp import SMTP
from imap_tools import AND, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError
from sqlalchemy.exc import SQLAlchemyError

from commands.lead_mail import LARGEST, LeadMail
from domain.refusal import Refused
from settings import Settings

AT_ONCE = 20
"""Messages taken from the mailbox in one look."""
TIMEOUT = 30.0

log = structlog.get_logger()


class Listener:
    """Answers 250 only once a mail is written: a sender that hears nothing else sends it again."""

    def __init__(self, mail: LeadMail) -> None:
        self.mail = mail

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        try:
            if not await self.mail.takes(address):
                return "550 5.1.1 No leads are taken at this address"
        except (SQLAlchemyError, TimeoutError):
            return "451 4.3.0 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        try:
            end = await self.mail.receive(envelope.content, envelope.rcpt_tos)
        except Refused as refused:
            log.warning("mail.refused", code=refused.code)
            return "554 5.6.0 This mail cannot be used"
        except (SQLAlchemyError, TimeoutError, OSError) as error:
            log.warning("mail.away", error=str(error)[:200])
            return "451 4.3.0 Try again later"
        log.info("mail.received", end=end)
        return "250 OK"


async def listen_for_mail(settings: Settings, mail: LeadMail) -> None:
    """Until cancelled; returns at once where no port is set."""
    if not settings.intake_smtp_port:
        return
    loop = asyncio.get_running_loop()
    handler = Listener(mail)

    def session() -> SMTP:
        return SMTP(handler, data_size_limit=LARGEST, enable_SMTPUTF8=True, timeout=60, ident="Throughline", loop=loop)

    try:
        server = await loop.create_server(session, settings.intake_smtp_host, settings.intake_smtp_port)
    except OSError as error:  # another worker of this machine listens there
        log.warning("mail.port_taken", port=settings.intake_smtp_port, error=str(error))
        return
    log.info("mail.listening", port=settings.intake_smtp_port)
    async with server:
        await server.serve_forever()


async def look_into_mailbox(settings: Settings, mail: LeadMail) -> None:
    """Until cancelled; returns at once where no mailbox is set. A message is marked as read once it is written."""
    if settings.intake_imap_url is None:
        return
    url = settings.intake_imap_url.get_secret_value()
    while True:
        try:
            await _look(url, mail)
        except (ImapToolsError, OSError, SQLAlchemyError, TimeoutError) as error:
            log.warning("mail.mailbox_away", error=type(error).__name__)
        await asyncio.sleep(settings.intake_imap_every)


async def _look(url: str, mail: LeadMail) -> None:
    for uid, raw in await asyncio.to_thread(_unread, url):
        try:
            log.info("mail.received", end=await mail.receive(raw))
        except Refused as refused:
            log.warning("mail.refused", code=refused.code)
        await asyncio.to_thread(_seen, url, uid)


def _open(url: str) -> Any:
    parts = urlsplit(url)
    kind = {"imaps": MailBox, "imap": MailBoxUnencrypted, "imap+starttls": MailBoxStartTls}[parts.scheme]
    port = parts.port or (993 if parts.scheme == "imaps" else 143)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    box = kind(parts.hostname or "", port, timeout=TIMEOUT)
    return box.login(unquote(parts.username or ""), unquote(parts.password or ""), folder)


def _unread(url: str) -> list[tuple[str, bytes]]:
    with _open(url) as box:
        found = box.fetch(AND(seen=False), mark_seen=False, limit=AT_ONCE, bulk=False)
        return [(message.uid or "", message.obj.as_bytes()) for message in found]


def _seen(url: str, uid: str) -> None:
    with _open(url) as box:
        box.flag(uid, MailMessageFlags.SEEN, True)
