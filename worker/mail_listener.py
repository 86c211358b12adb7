"""Takes inbound mail over SMTP, and out of IMAP mailboxes, for whoever its addresses belong to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from imaplib import IMAP4
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import structlog
from aiosmtpd.smtp import SMTP
from imap_tools import AND, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError
from sqlalchemy.exc import SQLAlchemyError

from domain.refusal import Refused

AT_ONCE = 20
"""Messages taken from a mailbox in one look."""
TIMEOUT = 30.0
DISK_FULL = 507

log = structlog.get_logger()


class Server(SMTP):
    """Takes lines longer than mail may have, which some programs write all the same: refused, such a mail is lost."""

    line_length_limit = 2**20


class Taker(Protocol):
    """What mail is for. `most` is the largest it takes, in bytes."""

    most: int

    async def takes(self, address: str) -> bool: ...

    async def receive(self, raw: bytes, to: Sequence[str] = (), sender: str = "", *, size: int = 0) -> str: ...


class Listener:
    """Answers 250 only once a mail is written: a sender that hears nothing else sends it again."""

    def __init__(self, takers: Sequence[Taker]) -> None:
        self.takers = takers

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        try:
            if not await self._for(address):
                return "550 5.1.1 No mail is taken at this address"
        except (SQLAlchemyError, TimeoutError):
            return "451 4.3.0 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        try:
            mine: Mapping[Taker, list[str]] = {}
            for address in envelope.rcpt_tos:
                for taker in await self._for(address):
                    mine = {**mine, taker: [*mine.get(taker, []), address]}
            for taker, addresses in mine.items():
                end = await taker.receive(envelope.content, addresses, envelope.mail_from or "")
                log.info("mail.received", end=end)
        except Refused as refused:
            log.warning("mail.refused", code=refused.code)
            if refused.status == DISK_FULL:
                return "452 4.3.1 No room just now, try again later"
            return "554 5.6.0 This mail cannot be used"
        except (SQLAlchemyError, TimeoutError, OSError) as error:
            log.warning("mail.away", error=str(error)[:200])
            return "451 4.3.0 Try again later"
        return "250 OK"

    async def _for(self, address: str) -> list[Taker]:
        return [taker for taker in self.takers if await taker.takes(address)][:1]


async def listen(host: str, port: int, takers: Sequence[Taker]) -> None:
    """Until cancelled. What is larger than the largest any takes is refused with 552 before it is read."""
    loop = asyncio.get_running_loop()
    handler, most = Listener(takers), max(taker.most for taker in takers)

    def session() -> SMTP:
        return Server(handler, data_size_limit=most, enable_SMTPUTF8=True, timeout=60, ident="Throughline", loop=loop)

    try:
        server = await loop.create_server(session, host, port)
    except OSError as error:  # another worker of this machine listens there
        log.warning("mail.port_taken", port=port, error=str(error))
        return
    log.info("mail.listening", port=port)
    async with server:
        await server.serve_forever()


async def look_into(url: str, every: float, taker: Taker) -> None:
    """Until cancelled. A message is marked as read once it is written."""
    while True:
        try:
            await _look(url, taker)
        except (ImapToolsError, IMAP4.error, OSError, SQLAlchemyError, TimeoutError) as error:
            log.warning("mail.mailbox_away", error=type(error).__name__)
        await asyncio.sleep(every)


async def _look(url: str, taker: Taker) -> None:
    for uid, raw, size in await asyncio.to_thread(_unread, url, taker.most):
        try:
            log.info("mail.received", end=await taker.receive(raw, size=size))
        except Refused as refused:
            log.warning("mail.refused", code=refused.code)
            if refused.status == DISK_FULL:
                return
        await asyncio.to_thread(_seen, url, uid)


def _open(url: str) -> Any:
    parts = urlsplit(url)
    kind = {"imaps": MailBox, "imap": MailBoxUnencrypted, "imap+starttls": MailBoxStartTls}[parts.scheme]
    port = parts.port or (993 if parts.scheme == "imaps" else 143)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    box = kind(parts.hostname or "", port, timeout=TIMEOUT)
    return box.login(unquote(parts.username or ""), unquote(parts.password or ""), folder)


def _unread(url: str, most: int) -> list[tuple[str, bytes, int]]:
    """Each with its id and its size; of one that is too large only its head, and 0 for the size of the others."""
    with _open(url) as box:
        heads = list(box.fetch(AND(seen=False), mark_seen=False, headers_only=True, limit=AT_ONCE, bulk=True))
        large = {one.uid: one for one in heads if one.size_rfc822 > most}
        small = [one.uid for one in heads if one.uid and one.uid not in large]
        whole = box.fetch(AND(uid=small), mark_seen=False, bulk=False) if small else ()
        found = [(one.uid or "", one.obj.as_bytes(), 0) for one in whole]
        return found + [(uid or "", one.obj.as_bytes(), one.size_rfc822) for uid, one in large.items()]


def _seen(url: str, uid: str) -> None:
    with _open(url) as box:
        box.flag(uid, MailMessageFlags.SEEN, True)
