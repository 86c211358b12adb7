"""A public form as a reader of one language sees it: in the words it was built with, else in the product's own."""

from __future__ import annotations

from dataclasses import dataclass

from domain.lead import FormLengths
from domain.lead_form import ALWAYS, ANSWER_MOST, FieldKind, FormDesign, FormField
from locales import N_, translate
from locales.labels import LABELS, label

LABELLED = {
    "company": N_("Company"), "name": N_("Your name"), "phone": N_("Phone"), "email": N_("E-mail"),
    "message": N_("How can we help?"), "product": N_("Which product"), "industry": N_("Industry"),
    "size": N_("People in your company"), "budget": N_("Budget"), "intent": N_("What are you planning?"),
}  # fmt: skip
COMPLETED = {"company": "organization", "name": "name", "phone": "tel", "email": "email"}
"""What a browser fills in by itself."""


@dataclass(frozen=True)
class ShownField:
    """`choices`: what is sent, and what is read. `attrs`: what the browser is told of it."""

    key: str
    kind: FieldKind
    label: str
    required: bool
    choices: list[tuple[str, str]]
    attrs: dict[str, str | int]


@dataclass(frozen=True)
class ShownForm:
    title: str
    intro: str
    button: str
    thanks: str
    consent: str
    fields: list[ShownField]


def shown_form(design: FormDesign, language: str, company: str, lengths: FormLengths | None = None) -> ShownForm:
    say = translate(language).gettext
    return ShownForm(
        title=design.title.said(language) or say(N_("Write to us")),
        intro=design.intro.said(language),
        button=design.button.said(language) or say(N_("Send")),
        thanks=design.thanks.said(language) or say(N_("Your enquiry has arrived. Somebody will be in touch soon.")),
        consent=design.agreed(language, company),
        fields=[_field(field, language, getattr(lengths, field.key, ANSWER_MOST)) for field in design.fields],
    )


def field_name(field: FormField, language: str) -> str:
    return field.label.said(language) or translate(language).gettext(LABELLED.get(field.key, field.key))


def _field(field: FormField, language: str, most: int) -> ShownField:
    listed = [(choice.value, choice.label.said(language) or choice.value) for choice in field.choices]
    known = [(value, label(field.key, value, language)) for value in field.values] if field.key in LABELS else []
    kind: FieldKind = "text" if field.kind == "choice" and not field.values else field.kind
    attrs: dict[str, str | int] = {"maxlength": most, "autocomplete": COMPLETED.get(field.key, "off")}
    attrs |= {"number": {"step": "any"}, "money": {"inputmode": "decimal"}}.get(kind, {})
    required = field.required or field.key in ALWAYS
    return ShownField(field.key, kind, field_name(field, language), required, listed or known, attrs)
