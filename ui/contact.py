"""The form for somebody at a customer: who is added, or what is corrected."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided, Services
from api.signpost import follow_signpost
from commands.contact import WAYS, ContactBody
from db.customer import contacts_of
from db.customer_case import customer_case
from db.customer_field import readable_by
from domain.access import Action, Actor
from domain.customer_field import Readable, Way
from domain.follow_up import CONTACT_ROLES
from domain.ids import RecordId
from domain.refusal import Refused, not_found
from locales import N_
from ui.acting import body, say, typed
from ui.form import mistakes
from ui.render import page, redirect

router = APIRouter(
    prefix="/customers",
    include_in_schema=False,
    dependencies=[Depends(follow_signpost), Depends(require(Action.CUSTOMER_WORK))],
)
FIELDS = tuple(ContactBody.model_fields)


async def addressees(session: AsyncSession, actor: Actor, customer_id: str) -> list[tuple[str, str]]:
    """Those who can be written to, for a form to choose from, with as much of each address as the reader may see. The
    form sends the contact alone: whoever may not read an address may well write to it."""
    readable = await readable_by(session, actor)
    return [
        (one.id, " · ".join(filter(None, (readable.called(one.name), readable.reached("email", one.email)))))
        for one in await contacts_of(session, customer_id)
        if one.email
    ]


@router.get("/{customer_id}/contacts/new")
async def ask_new(request: Request, customer_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    return await _form(request, actor, services, customer_id)


@router.get("/{customer_id}/contacts/{contact_id}")
async def ask(
    request: Request, customer_id: RecordId, contact_id: RecordId, actor: CurrentActor, services: Provided
) -> HTMLResponse:
    return await _form(request, actor, services, customer_id, contact_id)


@router.post("/{customer_id}/contacts")
async def add(
    request: Request, customer_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    return await _keep(request, actor, services, key, customer_id)


@router.post("/{customer_id}/contacts/{contact_id}")
async def change(
    request: Request, customer_id: RecordId, contact_id: RecordId, key: IdempotencyKey, actor: CurrentActor,
    services: Provided,
) -> Response:  # fmt: skip
    return await _keep(request, actor, services, key, customer_id, contact_id)


async def _keep(
    request: Request, actor: Actor, services: Services, key: str, customer_id: str, contact_id: str | None = None
) -> Response:
    form = await typed(request)
    try:
        asked = body(ContactBody, form, *FIELDS)
        if contact_id is None:
            await services.contacts.add(actor, key, customer_id, asked)
        else:
            await services.contacts.change(actor, key, customer_id, contact_id, asked)
    except (Refused, ValidationError) as error:
        if isinstance(error, Refused) and error.status != 422:
            raise
        return await _form(request, actor, services, customer_id, contact_id, form, mistakes(request, error))
    return redirect(request, f"/customers/{customer_id}", say(request, N_("Saved.")))


async def _form(
    request: Request, actor: Actor, services: Services, customer_id: str, contact_id: str | None = None,
    form: dict[str, str] | None = None, errors: dict[str, str] | None = None,
) -> HTMLResponse:  # fmt: skip
    async with services.db.session(actor.id) as session:
        case = await customer_case(session, actor, customer_id)
        readable = await readable_by(session, actor)
    contact = case.contact(contact_id)
    if contact_id is not None and contact is None:
        raise not_found("contact")
    seen = {field.key for field in readable.open}
    unseen = {way: _part(readable, way, getattr(contact, way, None)) for way in WAYS if way not in seen}
    given = {name: getattr(contact, name, None) or "" for name in FIELDS} | dict.fromkeys(unseen, "") | (form or {})
    address = f"/customers/{customer_id}/contacts"
    return await page(
        request, "customer/contact.html", status=422 if errors else 200, customer=case.customer, contact=contact,
        given=given, unseen=unseen, errors=errors or {}, roles=CONTACT_ROLES,
        address=f"{address}/{contact.id}" if contact else address,
    )  # fmt: skip


def _part(readable: Readable, way: Way, value: str | None) -> str:
    """What is told of a value that is not seen: of a hidden one, not even whether there is any."""
    return (readable.reached(way, value) or "–") if way in readable.masked else "****"
