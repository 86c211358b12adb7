"""A call entered by hand: the number finds who calls, and Ctrl and Enter make the ticket, with words or without."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.services import Provided, Services
from api.ticket import TicketBody
from commands.ticket_intake import Inbound
from db.customer import Contact
from db.customer_field import readable_by
from db.lead_form import regions
from db.ticket_caller import callers, open_with
from domain.access import Action, Actor
from domain.contact import phone_number, readable_phone
from domain.customer_field import Readable
from domain.person import email_address
from domain.refusal import Refused
from domain.ticket import PRIORITIES, TICKET_KINDS
from locales import N_
from locales.labels import label
from ui.acting import appears, say, typed
from ui.form import mistakes
from ui.render import fragment, page, redirect

router = APIRouter(
    prefix="/tickets/new", include_in_schema=False, dependencies=[Depends(require(Action.TICKET_CREATE))]
)
FIELDS = (
    "subject", "text", "kind", "priority", "name", "email", "phone", "customer_id", "contact_id", "region", "product",
)  # fmt: skip


@router.get("")
async def ask(request: Request, actor: CurrentActor, services: Provided) -> HTMLResponse:
    """`phone` may come with the address: a telephone system opens it so."""
    asked = {name: request.query_params[name] for name in ("phone", "customer_id") if request.query_params.get(name)}
    return await _page(request, actor, services, asked)


@router.post("/caller")
async def caller(request: Request, actor: CurrentActor, services: Provided) -> HTMLResponse:
    """Who it is, while the number is typed."""
    found = await _found(actor, services, await typed(request))
    return await fragment(request, "ticket/call.html", "caller", **found)


@router.post("")
async def take_in(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    form = await typed(request)
    who, _, contact = form.get("who", "").partition("/")
    given = {name: form[name] for name in FIELDS if form.get(name)}
    given |= {"customer_id": who, "contact_id": contact} if who and contact else {"customer_id": who} if who else {}
    given.setdefault("text", _first_words(request, form.get("name")))
    try:
        asked = TicketBody.model_validate(given | {"channel": "phone"})
        inbound = services.tickets.reachable(Inbound(**asked.model_dump()))
        taken = await services.tickets.receive(inbound, key, actor)
    except (Refused, ValidationError) as error:
        if isinstance(error, Refused) and error.status != 422:
            raise
        return await _page(request, actor, services, form, error)
    if not await appears(services, actor, "ticket", taken.ticket_id):
        return redirect(request, "/tickets", say(request, N_("The call is taken in.")))
    return redirect(request, f"/tickets/{taken.ticket_id}", say(request, N_("The call is taken in.")))


async def _found(actor: Actor, services: Services, form: dict[str, str]) -> dict[str, Any]:
    """The callers that number, address or name lead to, and what they have open."""
    country = services.settings.country
    phone = email = None
    try:
        phone = phone_number(form["phone"], country) if form.get("phone") else None
    except Refused:
        phone = None
    try:
        email = email_address(form["email"]) if form.get("email") else None
    except Refused:
        email = None
    async with services.db.session(actor.id) as session:
        found = await callers(session, actor, phone=phone, email=email, text=form.get("name", ""))
        readable = await readable_by(session, actor)
        already = await open_with(session, actor, [one.customer.id for one in found]) if found else []
    reached = {one.contact.id: _reached(one.contact, readable, country) for one in found if one.contact}
    searched = bool(form.get("phone") or form.get("email") or form.get("name"))
    return {"found": found, "already": already, "reached": reached, "searched": searched, "chosen": form.get("who", "")}


def _first_words(request: Request, name: str | None) -> str:
    """Without the number, which stands beside it for who may see it."""
    return say(request, N_("Call from %(name)s"), name=name) if name else say(request, N_("Call"))


def _reached(contact: Contact, readable: Readable, country: str) -> str:
    number = readable.reached("phone", contact.phone)
    if number and readable.numbers:
        return readable_phone(number, country)
    return number or readable.reached("email", contact.email) or ""


async def _page(
    request: Request, actor: Actor, services: Services, form: dict[str, str],
    error: Refused | ValidationError | None = None,
) -> HTMLResponse:  # fmt: skip
    language = language_of(request)
    found = await _found(actor, services, form)
    async with services.db.session(actor.id) as session:
        able = [
            (unit.code, unit.called(language))
            for unit in await regions(session)
            if actor.reaches(Action.TICKET_CREATE, owner=None, region=unit.id)
        ]
    context = {
        "typed": form,
        "errors": mistakes(request, error) if error else {},
        "regions": able,
        "kinds": [(one, label("ticket_kind", one, language)) for one in TICKET_KINDS],
        "priorities": [(one, label("ticket_priority", one, language)) for one in PRIORITIES],
    }
    return await page(request, "ticket/call.html", status=422 if error else 200, **context, **found)
