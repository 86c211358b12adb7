"""What somebody asked for through a form of the service desk."""

from __future__ import annotations

from typing import Any

from commands.ticket_intake import Inbound
from domain.lead_form import OWN, FormDesign
from domain.lead_form_words import LABELLED
from domain.ticket import TICKET_KINDS
from locales import translate

MEANT = ("subject", "kind", "serial_number")
"""Fields of one's own that a ticket has itself: `x_subject`, `x_kind`, `x_serial_number`. All others are told with the
message, under their labels."""


def asked_for_help(
    own: dict[str, Any], custom: dict[str, Any], design: FormDesign, language: str, region: str | None
) -> Inbound:  # fmt: skip
    """A machine's number is told, too, and not believed: anybody may fill the form in."""
    company = [f"{translate(language).gettext(LABELLED['company'])}: {own['company']}"] if own.get("company") else []
    told = company + [
        f"{_label(design, key, language)}: {_words(value)}"
        for key, value in custom.items()
        if key not in MEANT or key == "serial_number"
    ]
    kind = str(custom.get("kind", ""))
    return Inbound(
        channel="form", subject=str(custom.get("subject", "")), kind=kind if kind in TICKET_KINDS else "question",
        text="\n\n".join(filter(None, [str(own.get("message") or ""), "\n".join(told)])) or "–",
        name=own.get("name"), email=own.get("email"), phone=own.get("phone"), product=own.get("product"),
        region=region, language=language or None,
        serial_number=str(custom["serial_number"]) if custom.get("serial_number") else None,
    )  # fmt: skip


def _label(design: FormDesign, key: str, language: str) -> str:
    field = design.field(OWN + key)
    return (field.label.said(language) if field else "") or key


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
