"""The audit log: who did what, and what was not let through. For those who look after the installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field, field_validator
from starlette.responses import HTMLResponse

from api.auth import CurrentActor, require
from api.language import language_of
from api.services import Provided
from db.audit import list_audit
from db.record import Audit
from domain.access import Action
from domain.ids import RecordId, is_id
from domain.refusal import Refused
from locales import N_
from locales.deeds import deed
from locales.labels import label
from locales.refusals import refusal_text
from ui.names import Names, names
from ui.render import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(require(Action.AUDIT_READ))])

PAGE = 100
DEEDS = {
    "sign_in.": N_("Signing in and out"),
    "person.": N_("People"),
    "token.": N_("Tokens"),
    "MoveDeal": N_("Moves of deals"),
    "Decide": N_("Decisions"),
    "RecordPayment": N_("Payments"),
}
"""How a name of a deed begins -> what one looks for."""


HREFS = {
    "person": "/people/",
    "lead": "/leads/",
    "deal": "/deals/",
    "contract": "/contracts/",
    "collection": "/collections/",
    "task": "/tasks/",
    "ticket": "/tickets/",
}


@dataclass(frozen=True)
class Entry:
    """One line of the log. `who` is empty for what acts without being a person."""

    at: datetime
    who: str
    who_id: str
    deed: str
    subject: str
    href: str
    details: list[str]


class Filter(BaseModel):
    """`action` is a kind of deed (the beginning of its code), `subject` what it was done to (`person/<id>`)."""

    actor: RecordId | None = None
    subject: str = Field("", max_length=100)
    action: str = Field("", max_length=50)
    before: RecordId | None = None

    @field_validator("actor", "before", mode="before")
    @classmethod
    def empty_is_all(cls, value: str | None) -> str | None:
        return value or None

    def address(self, **other: str) -> str:
        asked = {name: value for name, value in (self.model_dump() | other).items() if value}
        return f"/audit?{urlencode(asked)}"


@router.get("/audit")
async def show(
    request: Request, asked: Annotated[Filter, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        found = await list_audit(
            session,
            actor=asked.actor,
            subject=asked.subject or None,
            action=asked.action or None,
            before=asked.before,
            limit=PAGE + 1,
        )
        rows = found[:PAGE]
        named = [asked.actor or ""] + [name for row in rows for name in _named(row)]
        called = await names(session, language_of(request), [name for name in named if is_id(name)])
    return await page(
        request,
        "audit/page.html",
        entries=[_entry(row, called) for row in rows],
        more=rows[-1].id if len(found) > PAGE else "",
        asked=asked,
        who=called.person(asked.actor),
        deeds=DEEDS,
    )


def _entry(row: Audit, called: Names) -> Entry:
    kind, _, record = row.subject.partition("/")
    subject = called.person(record) if kind == "person" else label("process", kind, called.language)
    return Entry(
        at=row.at,
        who=called.person(row.actor),
        who_id=row.actor if is_id(row.actor) else "",
        deed=deed(row.action, called.language),
        subject=subject,
        href=HREFS[kind] + record if kind in HREFS and is_id(record) else "",
        details=[_detail(name, value, called) for name, value in row.detail.items()],
    )


def _named(row: Audit) -> list[str]:
    """Whatever in a row may be somebody's id."""
    changed = [side for value in row.detail.values() if isinstance(value, list) for side in value]
    return [row.actor, row.subject.partition("/")[2], *(side for side in changed if isinstance(side, str))]


def _detail(name: str, value: Any, called: Names) -> str:
    """The sentence of a refusal; `Roles: Sales → Finance` for what was changed; else name and value."""
    if name == "refused":
        return refusal_text(Refused(str(value)), called.language)
    changed = isinstance(value, list) and len(value) == 2
    text = " → ".join(_value(name, side, called) for side in value) if changed else _value(name, value, called)
    return f"{label('field', name, called.language)}: {text}"


def _value(name: str, value: Any, called: Names) -> str:
    if isinstance(value, list):
        return ", ".join(_value(name, one, called) for one in value) or "–"
    if name == "roles":
        return label("role", value, called.language)
    return called.unit(value) or called.person(value) or str(value or "–")
