"""Letters to customers: worded by the policy in force, with their attachments, as the mail server takes them."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Mapping
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtplib import SMTPRecipientsRefused, SMTPResponseException
from babel.dates import format_date

from commands.document import DocumentStore
from commands.ticket_link import TicketLinks
from db.engine import Database
from db.letter import Addressed, Letter, letter_failed, letter_sent, letter_to_send
from db.person import Person
from db.policy import current_policy
from db.record import Document
from db.ticket_message import message_delivered
from domain.letter import Filled, LetterPolicy, fill
from domain.policy import load
from keys import master_key
from locales.formats import Formats
from settings import Settings
from worker.mail import Mailer
from worker.ticket_mail import TicketPost

MONEY = frozenset({"amount", "paid", "outstanding"})
DAYS = frozenset({"due_on", "valid_until", "as_of"})
LARGEST = 20 * 1024 * 1024
"""Bytes of all attachments together; most mail servers take no more."""
REFUSED_FOR_GOOD = 500
_LINK = re.compile(r"https?://[^\s<]+")


class LetterSender:
    def __init__(self, db: Database, mailer: Mailer) -> None:
        self.db = db
        self.mailer = mailer
        self.store = DocumentStore(mailer.settings.home / "documents")
        self.tickets = TicketPost(db, TicketLinks(master_key(mailer.settings), mailer.settings))

    async def send(self, key: str, entry: dict[str, Any]) -> None:
        """`entry`: the id of a `letter`. What the mail server refuses for good is marked as failed, not tried again."""
        letter_id = entry["letter"]
        async with self.db.session("letter") as session:
            addressed = await letter_to_send(session, letter_id)
            if addressed is None:
                return None
            _, document = await current_policy(session, LetterPolicy.kind)
            owner = (
                await session.get(Person, owner_id) if (owner_id := addressed.letter.params.get("owner_id")) else None
            )
        language = addressed.letter.language or self.mailer.settings.language
        template = load(LetterPolicy, document).letters.get(addressed.letter.template)
        if template is None:
            return await self._failed(addressed.letter, "no_template")
        called = owner.called(language) if owner else ""
        values = {"owner": called, **letter_values(addressed, language, self.mailer.settings)}
        link = await self.tickets.link(addressed.letter.params)
        if link:
            values["link"] = link
        filled = fill(template.wording(language), values)
        if sum(document.size for document in addressed.documents) > LARGEST:
            return await self._failed(addressed.letter, "attachments_too_large")
        try:
            await self.mailer.deliver(key, await self._compose(letter_id, addressed, language, filled))
        except SMTPRecipientsRefused as refused:
            if all(each.code >= REFUSED_FOR_GOOD for each in refused.recipients):
                return await self._failed(addressed.letter, "; ".join(each.message for each in refused.recipients))
            raise
        except SMTPResponseException as error:
            if error.code >= REFUSED_FOR_GOOD:
                return await self._failed(addressed.letter, f"{error.code} {error.message}")
            raise
        # A link that opens without signing in is its reader's alone: it is not kept with the words.
        kept = filled.body.replace(link, "…") if link else filled.body
        async with self.db.session("letter") as session:
            await letter_sent(session, letter_id, language, filled.subject, kept)
            if message_id := addressed.letter.params.get("message_id"):
                await message_delivered(session, message_id)
        return None

    async def _failed(self, letter: Letter, error: str) -> None:
        async with self.db.session("letter") as session:
            await letter_failed(session, letter.id, error)
            if message_id := letter.params.get("message_id"):
                await message_delivered(session, message_id, error)

    async def _compose(self, letter_id: str, addressed: Addressed, language: str, filled: Filled) -> EmailMessage:
        message = self.mailer.addressed(f"letter/{letter_id}", addressed.letter.address or "", filled.subject)
        message["Content-Language"] = language.replace("_", "-")
        message.set_content(filled.body)
        message.add_alternative(as_html(filled, language, self.mailer.settings.company), subtype="html")
        if "ticket_id" in addressed.letter.params:
            await self.tickets.address(message, addressed.letter.params)
        for document in addressed.documents:
            content = await asyncio.to_thread(self._read, document)
            main, _, sub = document.media_type.partition("/")
            message.add_attachment(content, maintype=main, subtype=sub or "octet-stream", filename=document.name)
        return message

    def _read(self, document: Document) -> bytes:
        path: Path = self.store.path(document.hash)
        return path.read_bytes()


def letter_values(addressed: Addressed, language: str, settings: Settings) -> dict[str, str]:
    """What the letter may name, as its reader writes it."""
    params: Mapping[str, Any] = addressed.letter.params
    formats = Formats(language, settings.zone, settings.currency)
    values = {name: _text(name, value, params, formats) for name, value in params.items() if value is not None}
    if values.get("link", "").startswith("/"):
        values["link"] = settings.base_url + values["link"]
    return {"company": settings.company, "customer": addressed.customer, "contact": addressed.contact, **values}


def _text(name: str, value: Any, params: Mapping[str, Any], formats: Formats) -> str:
    if name in MONEY and isinstance(value, int):
        return formats.money(value, params.get("currency"))
    if name in DAYS:
        try:
            return str(format_date(date.fromisoformat(str(value)[:10]), "long", locale=formats.language))
        except ValueError:
            return str(value)
    return str(value)


def as_html(filled: Filled, language: str, company: str) -> str:
    """The same words for mail programs that show HTML: paragraphs, and links that can be followed."""
    paragraphs = "".join(
        f'<p style="margin:0 0 14px">{_LINK.sub(_anchor, html.escape(paragraph)).replace(chr(10), "<br>")}</p>'
        for paragraph in filled.body.split("\n\n")
    )
    style = (
        "max-width:600px;margin:24px auto;padding:0 16px;font-size:14px;line-height:1.6;color:#1b1b18;"
        "font-family:Inter,'PingFang SC','Hiragino Sans GB','Microsoft YaHei','Noto Sans CJK SC',Arial,sans-serif"
    )
    return (
        f'<!doctype html><html lang="{language.replace("_", "-")}"><head><meta charset="utf-8">'
        f"<title>{html.escape(filled.subject)}</title></head>"
        f'<body style="margin:0;background:#ffffff"><div style="{style}">'
        f'<div style="font-size:12.5px;color:#6b6961;margin:0 0 16px">{html.escape(company)}</div>{paragraphs}'
        "</div></body></html>"
    )


def _anchor(found: re.Match[str]) -> str:
    url = found.group(0)
    return f'<a href="{url}" style="color:#1f5f54">{url}</a>'
