"""Inbound mail to the service desk: a ticket, more of one, or a note of what was not delivered; once, and none lost."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select, update
from sqlalchemy.exc import DataError

from commands.document import DocumentStore, bare_name
from commands.sandbox import Limits, run_limited
from commands.ticket_intake import FROM_OUTSIDE, Attachment, Inbound, TicketIntake
from commands.ticket_link import TicketLinks
from commands.ticket_thread import answered_by, is_part_of, proven
from db.base import new_id
from db.customer import Contact
from db.document import remember_document
from db.ticket import Ticket, TicketMessage
from db.ticket_intake import inbound_known, note_inbound, written_lately
from domain.file_type import TYPES
from domain.person import email_address
from domain.refusal import Refused
from domain.ticket import ENDED
from locales import N_, translate

LIMITS = Limits(cpu=20, wall=40.0, answer=4 * 1024 * 1024)
MAIL = "mail"
HOUR = timedelta(hours=1)
End = Literal["ticket", "known", "automatic", "bounce", "loop", "unreadable", "too_large"]
NOT_READ = N_("This mail could not be read. It is attached as it came.")
TOO_LARGE = N_("This mail has %(size)s MB, more than is taken. Only its head was read; it is still in the mailbox.")
NOT_DELIVERED = N_("A mail of ours did not arrive at %(recipient)s: %(why)s")


class TicketMail:
    def __init__(self, intake: TicketIntake, store: DocumentStore, links: TicketLinks) -> None:
        self.intake = intake
        self.desk = intake.desk
        self.store = store
        self.links = links
        self.most = self.desk.settings.service_mail_mb * 1024 * 1024

    async def takes(self, address: str) -> bool:
        """Whether mail to this address is for the service desk. Bounces come to the address our mail is from."""
        sent_from = self.desk.settings.mail_from.rpartition("<")[2].strip("> ").lower()
        return self.links.ours(address) or (bool(self.links.address) and address.strip().lower() == sent_from)

    async def receive(self, raw: bytes, to: Sequence[str] = (), sender: str = "", *, size: int = 0) -> End:
        """What became of a mail. `to` and `sender` stand on its envelope; `size` is that of one of which `raw` is only
        the head, since all of it would be too much.

        Raises what the database or the disk raises: then nothing is kept, and it is to be sent again.
        """
        with tempfile.TemporaryDirectory(prefix="throughline-mail-") as folder:
            path, kept = Path(folder) / "mail", Path(folder) / "kept"
            await asyncio.to_thread(kept.mkdir)
            await asyncio.to_thread(path.write_bytes, raw)
            try:
                mail = await run_limited(
                    "commands.ticket_mail_child:read_ticket_mail", str(path), str(kept),
                    self.desk.settings.country, self.links.mark, limits=LIMITS,
                )  # fmt: skip
            except Refused as refused:
                return await self._unreadable(raw, sender, refused.code)
            if size:
                return await self._too_large(mail, size)
            try:
                return await self._take(mail, raw, kept, [*to, *mail["to"]], sender)
            except DataError:  # what no table takes would be sent again for ever, and come in never
                return await self._unreadable(raw, sender, "not_stored")

    async def _take(self, mail: dict[str, Any], raw: bytes, folder: Path, to: Sequence[str], sender: str) -> End:
        whose = str(mail["sender"]["email"] or sender).lower()
        key = f"{MAIL}/{mail['id']}/{whose}"[:400]
        kind, why = mail["kind"], mail["why"]
        if kind == "person" and self.links.ours(whose):
            kind, why = "loop", "From"
        async with self.desk.db.session(MAIL) as session:
            if await inbound_known(session, f"{FROM_OUTSIDE.id}/{key}") or await inbound_known(session, key):
                return "known"
            number = self.links.number_of(to)
            told = mail["bounce"]["message_ids"] if mail["bounce"] else mail["references"]
            ticket_id = await proven(session, number=number, record_ids=self.links.record_ids(told))
            lately = await written_lately(session, whose, datetime.now(UTC) - HOUR) if whose else 0
            part = ticket_id or await answered_by(
                session, sender=whose, subject=mail["subject"], references=mail["references"]
            )
            known = await _known(session, whose)
        if kind in ("person", "automatic") and lately >= self.desk.settings.service_rate:
            kind, why = "loop", "rate"
        if kind == "automatic" and ticket_id is None and part is None and (not known or why == "Subject"):
            return await self._keep(mail, raw, key, whose, "automatic", why, None)
        if kind in ("loop", "bounce"):
            return await self._keep(mail, raw, key, whose, kind, why, ticket_id)
        return await self._go_in(mail, raw, folder, key, whose, ticket_id)

    async def _go_in(
        self, mail: dict[str, Any], raw: bytes, folder: Path, key: str, whose: str, ticket_id: str | None
    ) -> End:  # fmt: skip
        attachments = [await self._attach(one, folder) for one in mail["attachments"]]
        notes = list(mail["notes"])
        if ticket_id is not None:
            async with self.desk.db.session(MAIL) as session:
                if not await is_part_of(session, ticket_id, whose):
                    notes.append("another_sender")  # they were given the mail, so they may answer it; agents see who
        others = [a for a in mail["others"] if a != whose and not self.links.ours(a)]
        inbound = Inbound(
            channel="mail", subject=mail["subject"], text=mail["text"] or mail["full"] or "–", full=mail["full"],
            name=mail["sender"]["name"] or None, email=_usable(whose), mail_id=mail["id"], ticket_id=ticket_id,
            references=mail["references"], attachments=attachments, automatic=mail["kind"] == "automatic",
            quiet=mail["quiet"], notes=notes, others=others,
            raw=await self._raw(raw) if notes or mail["kind"] != "person" else None,
        )  # fmt: skip
        await self.intake.receive(inbound, key)
        return "ticket"

    async def _keep(
        self, mail: dict[str, Any], raw: bytes, key: str, whose: str, kind: End, why: str, ticket_id: str | None
    ) -> End:  # fmt: skip
        """In the journal, with all of it, and a bounce in the conversation of the ticket it belongs to."""
        stored = await self._raw(raw)
        async with self.desk.db.session(MAIL) as session:
            new = await note_inbound(
                session, key=key, channel="mail", kind=kind, why=why, sender=whose or None, addresses=mail["others"],
                subject=mail["subject"], ticket_id=ticket_id, full=mail["full"], raw=stored, notes=mail["notes"],
                detail=mail["bounce"] or {},
            )  # fmt: skip
            if new and kind == "bounce" and ticket_id is not None:
                await self._not_delivered(session, ticket_id, mail["bounce"])
        return kind

    async def _not_delivered(self, session: Any, ticket_id: str, bounce: dict[str, Any]) -> None:
        ticket = await session.get(Ticket, ticket_id)
        if ticket is None:
            return
        why = " ".join(part for part in (bounce["code"], bounce["why"]) if part) or "?"
        for record_id in self.links.record_ids(bounce["message_ids"]):
            failed = update(TicketMessage).where(TicketMessage.id == record_id, TicketMessage.direction == "out")
            await session.execute(failed.values(status="failed", error=why[:300]))
        words = translate(self.desk.settings.language).gettext(NOT_DELIVERED)
        message = TicketMessage(
            id=new_id(), ticket_id=ticket_id, author="system", direction="note", at=datetime.now(UTC),
            status="received", body=words % {"recipient": bounce["recipient"] or ticket.from_email or "?", "why": why},
            automatic=True, references=[], attachments=[],
        )  # fmt: skip
        session.add(message)
        await session.flush()
        if ticket.stage not in ENDED:
            await self.intake.tell(session, ticket, message)

    async def _unreadable(self, raw: bytes, sender: str, code: str) -> End:
        """Kept as a ticket of whoever stands on the envelope, with the mail itself attached."""
        stored = await self._raw(raw)
        words = translate(self.desk.settings.language).gettext(NOT_READ)
        digest = sha256(raw).hexdigest()
        inbound = Inbound(
            channel="mail", subject=words, text=words, email=_usable(sender.lower()), mail_id=f"sha256:{digest}",
            attachments=[Attachment(hash=stored, name="mail.eml", size=len(raw), type="message/rfc822")],
            raw=stored, notes=["unreadable", code], quiet=True,
        )  # fmt: skip
        await self.intake.receive(inbound, f"{MAIL}/sha256:{digest}/{sender}"[:400])
        return "unreadable"

    async def _too_large(self, mail: dict[str, Any], size: int) -> End:
        """Only its head was fetched: the ticket says so."""
        words = translate(self.desk.settings.language).gettext(TOO_LARGE) % {"size": f"{size / 1024**2:.0f}"}
        whose = str(mail["sender"]["email"]).lower()
        inbound = Inbound(
            channel="mail", subject=mail["subject"], text=words, name=mail["sender"]["name"] or None,
            email=_usable(whose), mail_id=mail["id"], references=mail["references"], notes=["too_large"], quiet=True,
        )  # fmt: skip
        await self.intake.receive(inbound, f"{MAIL}/{mail['id']}/{whose}"[:400])
        return "too_large"

    async def _attach(self, one: dict[str, Any], folder: Path) -> Attachment:
        content = await asyncio.to_thread((folder / one["file"]).read_bytes)
        name = bare_name(one["name"])
        ending = TYPES.get(name.rpartition(".")[2].lower())
        return await self._stored(content, name, ending.media_type if ending else one["type"])

    async def _raw(self, raw: bytes) -> str:
        return (await self._stored(raw or b"\n", "mail.eml", "message/rfc822")).hash

    async def _stored(self, content: bytes, name: str, media_type: str) -> Attachment:
        digest, size = await self.store.put(_chunks(content), most=max(self.most, len(content)))
        async with self.desk.db.session(MAIL) as session:
            await remember_document(
                session, hash=digest, name=name, media_type=media_type, size=size, added_by=MAIL, original=None
            )
        return Attachment(hash=digest, name=name, size=size, type=media_type)


async def _known(session: Any, address: str) -> bool:
    """Whether a machine's mail comes from a customer's: their monitoring may open tickets, a newsletter may not."""
    same = select(Contact.id).where(Contact.email == address).limit(1)
    return bool(address) and await session.scalar(same) is not None


def _usable(address: str) -> str | None:
    try:
        return email_address(address) if address else None
    except Refused:
        return None


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    yield content
