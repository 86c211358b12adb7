"""What other systems say of a lead in texts of their own (a webhook, a mail): read into one that can be taken in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commands.lead_intake import NewLead
from domain import lead_interest
from domain.lead_columns import FIELDS, region_of
from domain.money import parse_amount
from domain.refusal import Refused, invalid
from domain.text import one_line

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
OWN_FIELDS = (*FIELDS, *UTM[1:])
"""What a mapping may fill, beside fields of one's own (`x_...`)."""
LENGTHS = {"message": 20_000, "phone": 64, "email": 254}
INTERESTS = {
    "industry": lead_interest.industry, "size": lead_interest.size, "intent": lead_interest.intent,
    "language": lead_interest.language,
}  # fmt: skip


def lead_of(
    said: Mapping[str, str], *, source: str, region: str, regions: Mapping[str, Sequence[str]],
    campaign: str | None, utm_source: str | None, currency: str,
) -> NewLead:  # fmt: skip
    """Who names no company is one themselves; a region that is none is the given one.

    Raises Refused (422): a name and a way to answer are needed.
    """
    texts = {name: _text(name, value) for name, value in said.items() if value.strip()}
    name = texts.get("name") or texts.get("company", "")
    if not name:
        raise invalid("field_needed", "name")
    if not texts.get("phone") and not texts.get("email"):
        raise invalid("contact_needed", "phone")
    utm = {key: texts[key] for key in UTM if key in texts}
    if source_said := texts.get("source") or utm_source:
        utm.setdefault("utm_source", source_said)
    interests = {key: read(texts[key]) for key, read in INTERESTS.items() if key in texts}
    return NewLead(
        source=source, company=texts.get("company", name), name=name, phone=texts.get("phone"), utm=utm,
        email=texts.get("email"), message=texts.get("message"),
        region=region_of(texts.get("region", ""), regions) or region,
        campaign=texts.get("campaign") or campaign or utm.get("utm_campaign"), product=texts.get("product"),
        amount=_amount(texts.get("budget"), currency),
        custom={key.removeprefix("x_"): value for key, value in texts.items() if key.startswith("x_")}, **interests,
    )  # fmt: skip


def _text(name: str, value: str) -> str:
    text: str = value.strip() if name == "message" else one_line(value)
    return text[: LENGTHS.get(name, 200)]


def _amount(text: str | None, currency: str) -> int | None:
    """What is no amount says nothing of the budget: no lead is lost for it."""
    try:
        return parse_amount(text, currency) if text else None
    except Refused:
        return None
