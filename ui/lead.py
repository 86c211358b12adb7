"""One lead: its page and side panel, and all that is done with it there."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.lead import AssignBody, ContactBody, DismissBody, QualifyBody, SleepBody
from api.services import Provided, Services
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.money import parse_amount
from domain.process import Answer
from domain.refusal import Refused, invalid
from locales import N_
from ui.acting import SOON, appears, body, say, typed
from ui.environment import here
from ui.form import mistakes
from ui.lead_record import record
from ui.render import fragment, page, redirect, respond, wants_fragment
from ui.shell import own_path

router = APIRouter(prefix="/leads", include_in_schema=False, dependencies=[Depends(require(Action.LEAD_READ))])


@router.get("/{lead_id}")
async def show(request: Request, lead_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    beside = wants_fragment(request) and urlsplit(here(request)).path == "/leads"
    context = await record(request, actor, services, lead_id, beside=beside)
    return await respond(request, "lead/page.html", "record", **context)


@router.get("/{lead_id}/contact")
async def ask_contact(request: Request, lead_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    """The form alone, for a row of the list."""
    context = await record(request, actor, services, lead_id, beside=False)
    aside = wants_fragment(request)
    context["next"] = here(request) if aside else "/leads"
    if aside:
        return await fragment(request, "lead/contact.html", "dialog", **context)
    return await page(request, "lead/contact.html", **context)


@router.post("/{lead_id}/contact")
async def contact(
    request: Request, lead_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    try:
        asked = body(ContactBody, form, "how", "note", "outcome", "next_on")
        answer = await services.leads.contact(actor, key, lead_id, **asked.model_dump())
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, lead_id, "contact", form, error)
    return _done(request, lead_id, form, answer, N_("The contact is logged."))


@router.post("/{lead_id}/qualify")
async def qualify(
    request: Request, lead_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    """On success the new deal's page, as soon as it is there."""
    form = await typed(request)
    try:
        if not form.get("amount"):
            raise invalid("field_needed", "amount")
        amount = parse_amount(form["amount"], services.settings.currency)
        names = ("title", "close_on", "next_step", "customer_id", "contact_id", "pipeline")
        asked = body(QualifyBody, form, *names, amount=amount)
        answer = await services.leads.qualify(actor, key, lead_id, **asked.model_dump())
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, lead_id, "qualify", form, error)
    deal_id = answer.result.get("deal_id", "")
    if deal_id and await appears(services, actor, "deal", deal_id):
        return redirect(request, f"/deals/{deal_id}", say(request, N_("The lead is a customer now, with this deal.")))
    return redirect(request, f"/leads/{lead_id}", say(request, SOON), "info")


@router.post("/{lead_id}/dismiss")
async def dismiss(
    request: Request, lead_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    try:
        asked = body(DismissBody, form, "reason", "note")
        answer = await services.leads.dismiss(actor, key, lead_id, **asked.model_dump())
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, lead_id, "dismiss", form, error)
    return _done(request, lead_id, form, answer, N_("The lead is closed."))


@router.post("/{lead_id}/sleep")
async def sleep(
    request: Request, lead_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    try:
        asked = body(SleepBody, form, "until", "why")
        answer = await services.leads.sleep(actor, key, lead_id, **asked.model_dump())
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, lead_id, "sleep", form, error)
    return _done(request, lead_id, form, answer, N_("The lead sleeps until its day."))


@router.post("/{lead_id}/assign")
async def assign(
    request: Request, lead_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    try:
        asked = body(AssignBody, form, "to", "why")
        answer = await services.leads.assign(actor, key, lead_id, **asked.model_dump())
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, lead_id, "assign", form, error)
    return _done(request, lead_id, form, answer, N_("The lead is given to them."))


@router.post("/{lead_id}/claim")
async def claim(
    request: Request, lead_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    answer = await services.leads.take(actor, key, lead_id)
    return _done(request, lead_id, await typed(request), answer, N_("The lead is yours: make first contact."))


@router.post("/{lead_id}/wake")
async def wake(
    request: Request, lead_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    answer = await services.leads.wake(actor, key, lead_id)
    return _done(request, lead_id, await typed(request), answer, N_("The lead is awake."))


@router.post("/{lead_id}/reopen")
async def reopen(
    request: Request, lead_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    answer = await services.leads.reopen(actor, key, lead_id)
    return _done(request, lead_id, await typed(request), answer, N_("The lead is open again."))


async def _again(
    request: Request,
    actor: Actor,
    services: Services,
    lead_id: str,
    dialog: str,
    form: dict[str, str],
    error: Refused | ValidationError,
) -> Response:
    """The lead's page with the dialog open: what was typed, and what is wrong with it."""
    if isinstance(error, Refused) and error.status != 422:
        raise error
    context = await record(request, actor, services, lead_id, beside=False)
    again = {"open_dialog": dialog, "typed": form, "errors": mistakes(request, error), "next": _next(lead_id, form)}
    return await page(request, "lead/page.html", status=422, **{**context, **again})


def _done(request: Request, lead_id: str, form: dict[str, str], answer: Answer, text: str) -> Response:
    url, said = _next(lead_id, form), say(request, text if answer.seen else SOON)
    return redirect(request, url, said, "done" if answer.seen else "info")


def _next(lead_id: str, form: dict[str, str]) -> str:
    """Back to where it was done: the list with the lead open beside it, or the lead's page."""
    url = own_path(form.get("next", ""))
    return url if url.startswith("/leads") else f"/leads/{lead_id}"
