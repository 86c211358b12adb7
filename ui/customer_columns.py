"""The columns of the list of customers: what may be shown, what somebody chose, and what each holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from db.customer import Assignment, Customer
from domain.customer_field import Readable, shown
from domain.field import Field
from locales import N_, translate
from locales.formats import Formats

OURS: dict[str, str] = {
    "followers": N_("Followed by"), "tier": N_("Tier"), "due": N_("Goes back on"), "followed": N_("Last follow-up"),
    "open": N_("Open deals"), "owed": N_("To be paid"), "created": N_("Customer since"),
}  # fmt: skip
FIRST = ("followers", "tier", "due", "open", "owed", "created")
MOST = 12


class Column(NamedTuple):
    key: str
    label: str
    field: Field | None = None


def offered(readable: Readable, formats: Formats, *, money: bool) -> dict[str, Column]:
    """By key, what somebody may see."""
    gettext = translate(formats.language).gettext
    ours = {key: Column(key, gettext(label)) for key, label in OURS.items()}
    if not money:
        del ours["owed"]
    english = formats.language == "en"
    fields = (field for field in readable.fields if field.key != "name" and field.type != "formula")
    return ours | {
        field.key: Column(field.key, field.label.en if english else field.label.zh, field) for field in fields
    }


def chosen(said: str, known: Mapping[str, Column]) -> list[Column]:
    """In the order they were chosen; what is not known, or may not be seen, is left out."""
    keys = [key for key in said.split(",") if key in known] or [key for key in FIRST if key in known]
    return [known[key] for key in dict.fromkeys(keys)][:MOST]


def cell(
    field: Field, values: Mapping[str, Any], readable: Readable, formats: Formats, called: Mapping[str, str]
) -> str:
    value = values.get(field.key)
    if value is None or field.key in readable.masked:
        return str(value or "")
    try:
        return shown(field, value, formats, called)
    except (ValueError, TypeError, AttributeError):  # kept while its field was of another kind
        return str(value)


def people_in(customers: Iterable[Customer], columns: Sequence[Column]) -> set[str]:
    """Ids of people that the chosen columns speak of."""
    found: set[str] = set()
    for column in columns:
        if column.field is not None and column.field.type in ("person", "people"):
            for customer in customers:
                value = customer.custom.get(column.key)
                found.update([value] if isinstance(value, str) else value if isinstance(value, list) else ())
    return found


def nearest(assignments: Sequence[Assignment], key: str) -> Any:
    """Of several regions that follow a customer: the earliest due, the latest follow-up."""
    values = [value for one in assignments if (value := getattr(one, key)) is not None]
    return (min if key == "due_at" else max)(values, default=None)
