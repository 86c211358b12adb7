"""Mail: sent through the company's server, or laid down as .eml files where none is set."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from commands.decision_link import DecisionLinks
from keys import master_key
from settings import Settings
from worker.words import Words


class Mailer:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.words = Words(settings, DecisionLinks(master_key(settings), settings))

    async def send(self, key: str, mail: dict[str, Any]) -> None:
        """`mail` as worker.words reads it. A repeat carries the same Message-ID."""
        await self.deliver(key, self.compose(key, mail))

    async def deliver(self, key: str, message: EmailMessage) -> None:
        if self.settings.smtp_url is None:
            await asyncio.to_thread(self._lay_down, key, message)
            return
        url = urlsplit(self.settings.smtp_url.get_secret_value())
        await aiosmtplib.send(
            message,
            hostname=url.hostname,
            port=url.port,
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            use_tls=url.scheme == "smtps",
            timeout=20,
        )

    def compose(self, key: str, mail: dict[str, Any]) -> EmailMessage:
        letter = self.words.letter(mail)
        message = self.addressed(key, mail["to"], letter.heading)
        message["Auto-Submitted"] = "auto-generated"
        letter.fill(message)
        return message

    def addressed(self, key: str, to: str, subject: str) -> EmailMessage:
        """An empty message; the same key makes the same Message-ID."""
        message = EmailMessage()
        message["Subject"] = subject
        message["From"] = self.settings.mail_from
        message["To"] = to
        message["Message-ID"] = f"<{sha256(key.encode()).hexdigest()[:32]}@throughline>"
        return message

    def _lay_down(self, key: str, message: EmailMessage) -> None:
        folder: Path = self.settings.home / "mail"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{sha256(key.encode()).hexdigest()[:32]}.eml").write_bytes(bytes(message))
