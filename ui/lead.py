"""One lead: its page and side panel, and what is done with it: contacted, qualified into a deal, dismissed."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.lead import ContactBody, DismissBody, QualifyBody
from api.services import Provided, Services
from db.deal import Deal
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.money import parse_amount
from domain.process import Answer
from domain.refusal import Refused, invalid
from locales import N_, translate
from ui.environment import here
from ui.form import mistakes
from ui.lead_record import record
from ui.render import page, redirect, respond, wants_fragment
from ui.shell import own_path

router = APIRouter(prefix="/leads", include_in_schema=False, dependencies=[Depends(require(Action.LEAD_READ))])

B = TypeVar("B", bound=BaseModel)

PATIENCE = 3.0
"""Seconds a qualified lead's deal may take to be there before the lead's own page is shown instead."""
SOON = N_("It is accepted and shows here in a moment.")


@router.get("/{lead_id}")
async def show(request: Request, lead_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    beside = wants_fragment(request) and urlsplit(here(request)).path == "/leads"
    context = await record(request, actor, services, lead_id, beside=beside)
    return await respond(request, "lead/page.html", "record", **context)


@router.post("/{lead_id}/contact")
async def contact(
    request: Request, lead_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await _typed(request)
    try:
        body = _body(ContactBody, form, "how", "note")
        answer = await services.leads.contact(actor, key, lead_id, how=body.how, note=body.note)
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, lead_id, "contact", form, error)
    return _done(request, lead_id, form, answer, N_("The contact is logged."))


@router.post("/{lead_id}/qualify")
async def qualify(
    request: Request, lead_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    """On success the new deal's page, as soon as it is there."""
    form = await _typed(request)
    try:
        if not form.get("amount"):
            raise invalid("field_needed", "amount")
        amount = parse_amount(form["amount"], services.settings.currency)
        body = _body(QualifyBody, form, "title", "close_on", "next_step", amount=amount)
        answer = await services.leads.qualify(actor, key, lead_id, **body.model_dump())
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, lead_id, "qualify", form, error)
    deal_id = answer.result.get("deal_id", "")
    if deal_id and await _appears(services, deal_id):
        return redirect(request, f"/deals/{deal_id}", _say(request, N_("The lead is a customer now, with this deal.")))
    return redirect(request, f"/leads/{lead_id}", _say(request, SOON), "info")


@router.post("/{lead_id}/dismiss")
async def dismiss(
    request: Request, lead_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await _typed(request)
    try:
        body = _body(DismissBody, form, "reason")
        answer = await services.leads.dismiss(actor, key, lead_id, reason=body.reason)
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, lead_id, "dismiss", form, error)
    return _done(request, lead_id, form, answer, N_("The lead is closed."))


async def _typed(request: Request) -> dict[str, str]:
    return {name: str(value).strip() for name, value in (await request.form()).items()}


def _body(model: type[B], form: dict[str, str], *names: str, **more: Any) -> B:
    """An empty field is one that was left out."""
    return model.model_validate({name: form[name] for name in names if form.get(name)} | more)


async def _again(
    request: Request,
    actor: Actor,
    services: Services,
    lead_id: str,
    dialog: str,
    typed: dict[str, str],
    error: Refused | ValidationError,
) -> Response:
    """The lead's page with the dialog open: what was typed, and what is wrong with it."""
    if isinstance(error, Refused) and error.status != 422:
        raise error
    context = await record(request, actor, services, lead_id, beside=False)
    again = {"open_dialog": dialog, "typed": typed, "errors": mistakes(request, error)}
    return await page(request, "lead/page.html", status=422, **{**context, **again})


def _done(request: Request, lead_id: str, form: dict[str, str], answer: Answer, text: str) -> Response:
    """Back to where it was done: the list with the lead open beside it, or the lead's page."""
    url = own_path(form.get("next", ""))
    url = url if url.startswith("/leads") else f"/leads/{lead_id}"
    return redirect(request, url, _say(request, text if answer.seen else SOON), "done" if answer.seen else "info")


async def _appears(services: Services, deal_id: str) -> bool:
    """Whether the deal's first row is there in time: the lead's process makes the customer first."""
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                async with services.db.session() as session:
                    if await session.get(Deal, deal_id) is not None:
                        return True
                await asyncio.sleep(0.1)
    except TimeoutError:
        return False


def _say(request: Request, text: str) -> str:
    return translate(language_of(request)).gettext(text)
