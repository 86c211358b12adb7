"""Draws the record of a signing, in Chinese and English beside each other: both sides get the same sheet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from zoneinfo import ZoneInfo

from activities.signing_sheet import SheetCase
from commands.document import DocumentStore
from commands.paper import draw
from db.signing import SigningEvent
from domain.signing_sheet import SOURCE
from locales import N_, translate
from locales.labels import label
from settings import Settings

SHORT = 12
"""Characters of a keyed hash of an address: the same for the same address, and no way back to it."""


class Sheets:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.zone = ZoneInfo(settings.zone)
        self.store = DocumentStore(settings.home / "documents")

    async def make(self, case: SheetCase) -> tuple[str, int]:
        drawn = await draw(SOURCE, self.data(case))

        async def chunks() -> AsyncIterator[bytes]:
            yield drawn

        return await self.store.put(chunks(), lambda _: None)

    def data(self, case: SheetCase) -> dict[str, Any]:
        signing = case.signing
        facts = [
            (N_("Contract"), f"{case.number} · {case.title}", False),
            (N_("Version"), str(signing.version_no), False),
            (N_("Customer"), case.customer, False),
            (N_("Outcome"), self._word("customer_signing", signing.status), False),
            (N_("Approved document (SHA-256)"), signing.source, True),
        ]
        if signing.document:
            facts.append((N_("Document with the signatures (SHA-256)"), signing.document, True))
        for said in case.answers:
            named = " · ".join(filter(None, (said.name, said.title, said.sent_to)))
            facts.append((N_("Answer by link"), named, False))
            if said.remarks:
                facts.append((N_("Remarks"), said.remarks, False))
        closing = N_("Times are of the company's clock. The certificates are of the company's own authority: they prove"
                     " that nothing was changed and who confirmed by which means; they are no qualified signatures."
                     " Addresses are kept as keyed hashes only.")  # fmt: skip
        return {
            "heading": self._both(N_("Record of the signing")), "number": case.number,
            "company": self.settings.company, "closing": self._both(closing),
            "facts": [
                {"name": self._both(name), "value": _halves(value) if hashed else value, "hash": hashed}
                for name, value, hashed in facts
            ],
            "columns": [self._both(one) for one in (N_("Time"), N_("Event"), N_("Document (SHA-256), origin"))],
            "events": [self._event(case, one) for one in case.events],
        }  # fmt: skip

    def _event(self, case: SheetCase, event: SigningEvent) -> dict[str, str]:
        at = event.at.astimezone(self.zone)
        offset = at.strftime("%z")
        detail = event.detail or {}
        means = self._word("signing_method", detail["method"]) if detail.get("method") else ""
        if absent := case.called.get(detail.get("behalf_of") or ""):
            means = " · ".join(filter(None, (means, f"{self._both(N_('In the place of'))} {absent}")))
        if detail.get("code_to"):
            means = " · ".join(filter(None, (means, f"{self._both(N_('Code sent to'))} {detail['code_to']}")))
        if detail.get("serial"):
            means = f"{self._both(N_('Certificate'))} {str(detail['serial'])[:24]}"
        return {
            "at": f"{at:%Y-%m-%d %H:%M:%S}\n(UTC{offset[:3]}:{offset[3:]})",
            "what": self._word("evidence", event.kind), "who": case.called.get(event.who or "", ""), "means": means,
            "document": _halves(event.document or ""),
            "origin": f"{self._both(N_('Origin'))} {event.origin[:SHORT]}" if event.origin else "",
        }  # fmt: skip

    def _both(self, text: str) -> str:
        said = [translate(language).gettext(text) for language in ("zh_CN", "en")]
        return " ".join(dict.fromkeys(said))

    def _word(self, group: str, key: str) -> str:
        return " ".join(dict.fromkeys(label(group, key, language) for language in ("zh_CN", "en")))


def _halves(digest: str) -> str:
    """On two lines, since a column takes no longer word."""
    half = len(digest) // 2
    return f"{digest[:half]}\n{digest[half:]}"
