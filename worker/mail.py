"""Mail: sent through the company's server, or laid down as .eml files where none is set."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import aiosmtplib

from commands.decision_link import APPROVALS, DecisionLinks
from keys import master_key
from locales import translate
from locales.notices import notice_text
from settings import Settings
from worker.letter import Letter, Link


class Mailer:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.links = DecisionLinks(master_key(settings), settings)

    async def send(self, key: str, mail: dict[str, Any]) -> None:
        """`mail`: person, to, language, kind, params, link (see db.notification). A repeat carries the same Message-ID.

        Links that let people decide are made here and now: they stand in no table and no log.
        """
        message = self.compose(key, mail)
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
        letter = self._notice(mail)
        message = EmailMessage()
        message["Subject"] = letter.heading
        message["From"] = self.settings.mail_from
        message["To"] = mail["to"]
        message["Message-ID"] = f"<{sha256(key.encode()).hexdigest()[:32]}@throughline>"
        message["Auto-Submitted"] = "auto-generated"
        letter.fill(message)
        return message

    def _notice(self, mail: dict[str, Any]) -> Letter:
        language = mail["language"] or self.settings.language
        _ = translate(language).gettext
        opened = Link(_("Open it in Throughline"), self._url(mail["link"]))
        decided = self._decision(mail, language)
        return Letter(
            language=language,
            company=self.settings.company,
            heading=notice_text(mail["kind"], mail["params"], language),
            act=Link(_("See the case and decide"), decided) if decided else opened,
            links=[opened] if decided else [],
            foot=Link(_("Choose which mail you get"), self._url("/me")),
        )

    def _decision(self, mail: dict[str, Any], language: str) -> str:
        """Where this person decides without signing in; empty: nowhere."""
        person, task = mail.get("person"), mail["params"].get("task")  # entries of an older version name no person
        if mail["kind"] not in APPROVALS or not person or not task:
            return ""
        path = self.links.path(task, person)
        return f"{self._url(path)}?{urlencode({'lang': language})}" if path else ""

    def _url(self, path: str) -> str:
        return f"{self.settings.base_url}{path}"

    def _lay_down(self, key: str, message: EmailMessage) -> None:
        folder: Path = self.settings.home / "mail"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{sha256(key.encode()).hexdigest()[:32]}.eml").write_bytes(bytes(message))
