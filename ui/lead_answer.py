"""What a lead answered to the fields a form has of its own, in the words of that form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.lead import Lead
from db.lead_form import LeadForm
from db.lead_origin import LeadTouch
from domain.lead_form import OWN, FormDesign, FormField
from domain.lead_form_words import field_name
from locales import N_, translate
from locales.formats import Formats


async def answered(
    session: AsyncSession, lead: Lead, touches: Iterable[LeadTouch], formats: Formats
) -> list[tuple[str, str]]:
    """Label and answer, in the form's order; what no form of theirs asks for any more is called by its key."""
    if not lead.custom:
        return []
    keys = dict.fromkeys(key for key in (lead.form_key, *(touch.form_key for touch in touches)) if key)
    found = await session.execute(select(LeadForm.key, LeadForm.design).where(LeadForm.key.in_(keys)))
    designs = {row.key: row.design for row in found}
    return labelled(lead.custom, [designs[key] for key in keys if key in designs], formats)


def labelled(custom: dict[str, Any], designs: Sequence[dict[str, Any]], formats: Formats) -> list[tuple[str, str]]:
    """`designs`: of the forms they filled in; the first that has a field names it."""
    fields: dict[str, FormField] = {}
    for document in designs:
        for field in _fields(document):
            fields.setdefault(field.key.removeprefix(OWN), field)
    known = [(field_name(field, formats.language), _said(custom[key], field, formats))
             for key, field in fields.items() if key in custom]  # fmt: skip
    return known + [(key, _said(value, None, formats)) for key, value in custom.items() if key not in fields]


def _fields(document: dict[str, Any]) -> list[FormField]:
    try:
        return [field for field in FormDesign.model_validate(document).fields if field.custom]
    except ValidationError:  # its shape is an older one: the answers are still shown, by their keys
        return []


def _said(value: Any, field: FormField | None, formats: Formats) -> str:
    say = translate(formats.language).gettext
    if isinstance(value, bool):
        return say(N_("Yes")) if value else say(N_("No"))
    if isinstance(value, list):
        return say(N_(", ")).join(_said(one, field, formats) for one in value)
    if isinstance(value, int | float):
        return formats.number(value) if isinstance(value, int) else str(value)
    text = str(value)
    if field and field.kind == "date":
        try:
            return formats.day(date.fromisoformat(text))
        except ValueError:
            return text
    choices = field.choices if field else ()
    return next((choice.label.said(formats.language) for choice in choices if choice.value == text), "") or text
