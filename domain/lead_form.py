"""A public form as it was built: its texts in both languages, its fields, and what a visitor's answers come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.lead import FormLengths
from domain.lead_interest import INDUSTRIES, INTENTS, SIZES
from domain.refusal import invalid
from domain.text import one_line
from locales import N_, translate

FieldKind = Literal["text", "long", "phone", "email", "money", "number", "date", "choice", "choices", "check"]
STANDARD: dict[str, FieldKind] = {
    "company": "text", "name": "text", "phone": "phone", "email": "email", "message": "long", "product": "choice",
    "industry": "choice", "size": "choice", "budget": "money", "intent": "choice",
}  # fmt: skip
"""The fields that a lead has itself; any other is a custom one, its key begins with `x_`."""
OWN = "x_"
"""How the keys of custom fields begin, here and in policies; the lead keeps them without it."""
ALWAYS = ("company", "name")
CONSENT = N_("%(company)s may contact me about this enquiry and keep these details for it.")
CUSTOM_KINDS: tuple[FieldKind, ...] = ("text", "long", "number", "date", "choice", "choices", "check")
CHOICES = {"industry": tuple(INDUSTRIES), "size": tuple(SIZES), "intent": tuple(INTENTS)}
"""What there is to choose where a form lists nothing of its own."""
FIELDS_MOST, CHOICES_MOST, ANSWER_MOST = 25, 40, 2_000


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Part):
    """A text in both languages; an empty one is said in the product's own words."""

    zh: Annotated[str, StringConstraints(max_length=2_000, strip_whitespace=True)] = ""
    en: Annotated[str, StringConstraints(max_length=2_000, strip_whitespace=True)] = ""

    def said(self, language: str) -> str:
        """The reader's language, else the other one: a form in one language is better than half a form."""
        return (self.en or self.zh) if language == "en" else (self.zh or self.en)


class Choice(Part):
    """What is kept is its `value`."""

    value: Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
    label: Words = Words()


class FormField(Part):
    key: Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{0,40}$")]
    kind: FieldKind
    label: Words = Words()
    required: bool = False
    choices: Annotated[tuple[Choice, ...], Field(max_length=CHOICES_MOST)] = ()

    @property
    def custom(self) -> bool:
        return self.key not in STANDARD

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(choice.value for choice in self.choices) or CHOICES.get(self.key, ())


class FormDesign(Part):
    """`consent_version` grows with each change of its words; `source` and `campaign` go with every lead. `files`: a
    ticket's form takes some; a lead's never does."""

    title: Words = Words()
    intro: Words = Words()
    button: Words = Words()
    thanks: Words = Words()
    consent: Words = Words()
    consent_version: Annotated[int, Field(ge=1)] = 1
    fields: Annotated[tuple[FormField, ...], Field(max_length=FIELDS_MOST)] = ()
    files: bool = True
    source: Annotated[str, StringConstraints(max_length=100, strip_whitespace=True)] = ""
    campaign: Annotated[str, StringConstraints(max_length=100, strip_whitespace=True)] = ""

    def field(self, key: str) -> FormField | None:
        return next((field for field in self.fields if field.key == key), None)

    def agreed(self, language: str, company: str) -> str:
        """The words a visitor agrees to."""
        return self.consent.said(language) or translate(language).gettext(CONSENT) % {"company": company}

    def check(self) -> None:
        """Raises Refused (422) naming the field `fields.<no>` that cannot be published."""
        keys = [field.key for field in self.fields]
        for no, field in enumerate(self.fields):
            where = f"fields.{no}"
            if keys.index(field.key) != no:
                raise invalid("form_field_doubled", where)
            if field.custom and not field.key.startswith(OWN):
                raise invalid("form_key_unusable", where)
            if field.custom and not (field.label.zh or field.label.en):
                raise invalid("field_needed", where)
            if field.kind in ("choice", "choices") and not field.values and field.key != "product":
                raise invalid("form_choices_needed", where)
            if len(set(field.values)) != len(field.values):
                raise invalid("form_choice_doubled", where)
        if missing := [key for key in ALWAYS if key not in keys]:
            raise invalid("form_field_missing", "fields", name=missing[0])
        if "phone" not in keys and "email" not in keys:
            raise invalid("form_contact_missing", "fields")


DEFAULT = FormDesign(
    fields=(
        FormField(key="company", kind="text", required=True),
        FormField(key="name", kind="text", required=True),
        FormField(key="phone", kind="phone"),
        FormField(key="email", kind="email"),
        FormField(key="message", kind="long"),
    )
)
"""What a form is before anybody has changed it."""

SUPPORT = FormDesign(
    title=Words(zh="联系服务", en="Contact support"),
    thanks=Words(
        zh="已收到，会尽快答复。您会收到一封带链接的邮件。",
        en="We have it and will answer soon. A mail with a link is on its way.",
    ),
    fields=(
        FormField(key="company", kind="text", required=True),
        FormField(key="name", kind="text", required=True),
        FormField(key="email", kind="email"),
        FormField(key="phone", kind="phone"),
        FormField(key="x_subject", kind="text", label=Words(zh="主题", en="Subject")),
        FormField(key="message", kind="long", required=True),
        FormField(key="x_serial_number", kind="text", label=Words(zh="设备序列号", en="Serial number of the machine")),
    ),
)
"""The form of the service desk before anybody has changed it."""


class Readers(Part):
    """How number, address and amount are read; each raises Refused naming the field."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    phone: Callable[[str], str]
    email: Callable[[str], str]
    money: Callable[[str, str], int]


def answers(
    design: FormDesign, sent: Mapping[str, str | list[str]], lengths: FormLengths, read: Readers
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the lead's own fields and the custom ones are to hold. Raises Refused (422) naming the field at fault."""
    own: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    for field in design.fields:
        value = _answer(field, sent.get(field.key, ""), getattr(lengths, field.key, ANSWER_MOST), read)
        if value in (None, "", []):
            if field.required or field.key in ALWAYS:
                raise invalid("field_needed", field.key)
            continue
        (custom if field.custom else own)[field.key.removeprefix(OWN)] = value
    if not own.get("phone") and not own.get("email"):
        raise invalid("contact_needed", "phone" if design.field("phone") else "email")
    return own, custom


def _answer(field: FormField, sent: str | list[str], most: int, read: Readers) -> Any:
    if field.kind == "choices":
        chosen = [value for value in ([sent] if isinstance(sent, str) else sent) if value]
        if any(value not in field.values for value in chosen):
            raise invalid("choice_unknown", field.key)
        return chosen
    text = sent if isinstance(sent, str) else next(iter(sent), "")
    text = text.strip() if field.kind == "long" else one_line(text)
    if len(text) > most:
        raise invalid("field_too_long", field.key, most=most)
    return _READ[field.kind](field, text, read) if text else None


def _number(field: FormField, text: str, read: Readers) -> int | float:
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        raise invalid("number_format", field.key) from None
    if not abs(number) < 1e15:
        raise invalid("number_format", field.key)
    return int(number) if number.is_integer() else number


def _date(field: FormField, text: str, read: Readers) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise invalid("date_unreadable", field.key) from None


def _choice(field: FormField, text: str, read: Readers) -> str:
    if field.values and text not in field.values:
        raise invalid("choice_unknown", field.key)
    return text


_READ: dict[FieldKind, Callable[[FormField, str, Readers], Any]] = {
    "text": lambda field, text, read: text,
    "long": lambda field, text, read: text,
    "phone": lambda field, text, read: read.phone(text),
    "email": lambda field, text, read: read.email(text),
    "money": lambda field, text, read: read.money(text, field.key),
    "number": _number,
    "date": _date,
    "choice": _choice,
    "check": lambda field, text, read: True,
}


def reworded(was: FormDesign, now: FormDesign) -> FormDesign:
    """The new design, its consent under a new version where its words are others."""
    version = was.consent_version + (was.consent != now.consent)
    return now.model_copy(update={"consent_version": version})
