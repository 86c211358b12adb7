"""A customer's statement of account: on the page, as CSV and PDF, and sent as a letter; the letters they got."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, field_validator
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from api.signpost import follow_signpost
from commands.statement import CustomerAccount
from db.customer_field import readable_by
from db.letter import Letter, letters_to
from domain.access import Action
from domain.ids import RecordId
from domain.refusal import Refused
from locales import N_
from locales.statement import heading_text, kind_text
from ui.acting import say, typed
from ui.contact import addressees
from ui.csv_file import csv_file, figure
from ui.environment import pages_of
from ui.form import mistakes
from ui.render import page, redirect

router = APIRouter(
    prefix="/customers/{customer_id}/statement", include_in_schema=False,
    dependencies=[Depends(follow_signpost), Depends(require(Action.COLLECTION_READ))],
)  # fmt: skip


class Period(BaseModel):
    """`first` None: from the beginning; `last` None: until today."""

    first: date | None = None
    last: date | None = None

    @field_validator("first", "last", mode="before")
    @classmethod
    def empty_is_open(cls, value: str | None) -> str | None:
        return value or None

    @property
    def query(self) -> str:
        asked = {name: value.isoformat() for name, value in self if value}
        return f"?{urlencode(asked)}" if asked else ""


@router.get("")
async def show_statement(
    request: Request, customer_id: RecordId, asked: Annotated[Period, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    return await _page(request, customer_id, asked, actor, services)


async def _page(
    request: Request, customer_id: str, asked: Period, actor: CurrentActor, services: Provided, **more: Any
) -> HTMLResponse:
    errors: dict[str, str] = more.pop("errors", {})
    try:
        statement = await services.customer_statements.read(actor, customer_id, asked.first, asked.last)
    except Refused as refused:
        if refused.status != 422:
            raise
        errors = mistakes(request, refused)
        statement = await services.customer_statements.read(actor, customer_id, None, asked.last)
    language = pages_of(request).language(request)
    async with services.db.session(actor.id) as session:
        readable = await readable_by(session, actor)
        contacts = await addressees(session, actor, customer_id)
        letters: list[Letter] = list(await letters_to(session, customer_id, limit=20))
    context: dict[str, Any] = {
        "statement": statement,
        "asked": asked,
        "contacts": contacts,
        "letters": letters,
        "readable": readable,
        "kind_text": lambda kind: kind_text(kind, language),
        "heading_text": lambda key: heading_text(key, language),
        "may_send": actor.scope(Action.COLLECTION_WORK) is not None and bool(statement.accounts),
        "errors": errors,
        "open_dialog": False,
    }
    return await page(request, "customer/statement.html", status=422 if errors else 200, **context | more)


@router.get(".csv")
async def download_csv(
    request: Request, customer_id: RecordId, asked: Annotated[Period, Query()], actor: CurrentActor, services: Provided
) -> Response:
    statement = await services.customer_statements.read(actor, customer_id, asked.first, asked.last)
    language = pages_of(request).language(request)
    head = [heading_text(key, language) for key in ("day", "what", "number")] + [say(request, N_("Order"))]
    head += [say(request, N_("Currency")), heading_text("charged", language), heading_text("settled", language)]
    head += [heading_text("balance", language)]
    rows = [
        [
            posting.on.isoformat(), kind_text(posting.kind, language), posting.number, posting.title, posting.currency,
            figure(posting.amount, posting.currency) if posting.amount > 0 else "",
            figure(-posting.amount, posting.currency) if posting.amount < 0 else "",
            figure(posting.balance, posting.currency),
        ]
        for account in statement.accounts
        for posting in account.postings
    ]  # fmt: skip
    return csv_file(_name(statement, language), head, rows)


@router.get(".pdf")
async def download_pdf(
    request: Request, customer_id: RecordId, asked: Annotated[Period, Query()], actor: CurrentActor, services: Provided
) -> Response:
    statement = await services.customer_statements.read(actor, customer_id, asked.first, asked.last)
    language = pages_of(request).language(request)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(_name(statement, language))}.pdf",
        "Cache-Control": "no-store",
    }
    return Response(await services.customer_statements.pdf(statement, language), 200, headers, "application/pdf")


@router.post("")
async def send(
    request: Request,
    customer_id: RecordId,
    asked: Annotated[Period, Query()],
    key: IdempotencyKey,
    actor: CurrentActor,
    services: Provided,
) -> Response:
    form = await typed(request)
    language = "en" if form.get("language") == "en" else "zh_CN"
    contact = form.get("contact_id") or None
    try:
        await services.customer_statements.send(
            actor, key, customer_id, first=asked.first, last=asked.last, contact_id=contact, language=language
        )
    except Refused as refused:
        if refused.status != 422:
            raise
        wrong = mistakes(request, refused)
        return await _page(request, customer_id, asked, actor, services, errors=wrong, open_dialog=True)
    url = f"/customers/{customer_id}/statement{asked.query}"
    return redirect(request, url, say(request, N_("The statement is on its way.")))


def _name(statement: CustomerAccount, language: str) -> str:
    return f"{heading_text('title', language)} {statement.customer.name} {statement.last.isoformat()}"
