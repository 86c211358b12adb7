"""What is known of a customer, for one reader: fields by their layout, with the links that their values are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Customer
from db.customer_field import field_policy, values_of
from db.customer_sight import CustomerSight
from db.person import OrgUnit, Person
from db.record import Document
from domain.access import Actor
from domain.customer_field import (
    CustomerFieldPolicy,
    Field,
    Readable,
    fields,
    for_reader,
    layout,
    masked,
    reckoned,
    shown,
)
from domain.document import Label
from locales.formats import Formats

LINKS = {"phone": "tel:", "email": "mailto:", "url": "", "location": "geo:"}
PAGES = {"customer": "/customers/", "files": "/documents/", "person": "/people/"}


class Part(NamedTuple):
    text: str
    href: str = ""


class Fact(NamedTuple):
    """`parts`: what the value is written as, each perhaps with where it leads."""

    key: str
    label: Label
    parts: list[Part]
    masked: bool
    long: bool


@dataclass(frozen=True)
class Facts:
    policy: CustomerFieldPolicy
    readable: Readable
    sections: list[tuple[Label | None, list[Fact]]]
    tags: list[str]

    def text(self, key: str) -> str:
        """Of one field; empty where there is no value, or none for this reader."""
        known = (fact for _, facts in self.sections for fact in facts if fact.key == key)
        return next((", ".join(part.text for part in fact.parts) for fact in known), "")


async def facts_of(session: AsyncSession, actor: Actor, customer: Customer, formats: Formats, today: date) -> Facts:
    """For somebody who sees the customer. Fields without a value are left out."""
    policy = await field_policy(session)
    known = fields(policy)
    readable = for_reader(actor, known)
    values = values_of(customer)
    values |= reckoned(known, values, today)
    names = await names_for(session, actor, readable.open, values, formats.language)
    sections = [
        (section.title, facts)
        for section in layout(policy, customer.kind, readable.fields)
        if (facts := list(_facts(section.fields, readable, values, formats, names)))
    ]
    tags = values.get("tags", []) if any(field.key == "tags" for field in readable.open) else []
    return Facts(policy, readable, sections, tags)


def _facts(
    here: Iterable[Field], readable: Readable, values: Mapping[str, Any], formats: Formats, names: Mapping[str, str]
) -> Iterable[Fact]:
    for field in here:
        value = values.get(field.key)
        if value is None or field.key in ("name", "tags"):
            continue
        hidden = field.key in readable.masked
        parts = [Part(masked(field, value))] if hidden else _parts(field, value, formats, names)
        yield Fact(field.key, field.label, parts, hidden, field.type == "long_text")


def _parts(field: Field, value: Any, formats: Formats, names: Mapping[str, str]) -> list[Part]:
    said = shown(field, value, formats, names)
    if field.type in PAGES:
        ids = [value] if isinstance(value, str) else value
        return [Part(names.get(one, "–"), PAGES[field.type] + one if one in names else "") for one in ids]
    if field.type not in LINKS:
        return [Part(said)]
    place = ",".join(map(str, value)) if field.type == "location" else value
    return [Part(said, LINKS[field.type] + place)]


async def names_for(
    session: AsyncSession, actor: Actor, asked: Sequence[Field], values: Mapping[str, Any], language: str
) -> dict[str, str]:
    """What people, departments, files and customers (those in the reader's sight) are called that these values name."""
    people, units = _named(asked, values, "person", "people"), _named(asked, values, "department")
    files, customers = _named(asked, values, "files"), _named(asked, values, "customer")
    names: dict[str, str] = {}
    if people:
        found = await session.scalars(select(Person).where(Person.id.in_(people)))
        names |= {one.id: one.called(language) for one in found}
    if units:
        names |= {
            one.id: one.called(language) for one in await session.scalars(select(OrgUnit).where(OrgUnit.id.in_(units)))
        }
    if files:
        rows = await session.execute(select(Document.hash, Document.name).where(Document.hash.in_(files)))
        names |= {row.hash: row.name for row in rows}
    if customers:
        sight = await CustomerSight.of(session, actor)
        seen = select(Customer.id, Customer.name).where(Customer.id.in_(customers), sight.within())
        names |= {row.id: row.name for row in await session.execute(seen)}
    return names


def _named(asked: Sequence[Field], values: Mapping[str, Any], *types: str) -> set[str]:
    held = [values[field.key] for field in asked if field.type in types and values.get(field.key)]
    return {one for value in held for one in ([value] if isinstance(value, str) else value)}
