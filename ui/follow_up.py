"""Follow-ups: the form that opens over any list with F and is sent with Enter, and what one planned next."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.document import chunks_of
from api.services import Provided, Services
from api.signpost import follow_signpost
from commands.follow_up import FollowUpBody
from db.customer import contacts_of
from db.customer_case import find_customer
from db.follow_up import next_steps
from domain.access import Action, Actor
from domain.follow_up import HOWS, OUTCOMES
from domain.ids import RecordId
from domain.refusal import Refused, invalid
from locales import N_
from ui.acting import say, typed
from ui.environment import pages_of
from ui.form import mistakes
from ui.render import fragment, page, redirect, respond, toasted, wants_fragment

router = APIRouter(
    include_in_schema=False, dependencies=[Depends(follow_signpost), Depends(require(Action.CUSTOMER_WORK))]
)
SHOWN, FILES = 100, 10
PLAIN = ("how", "outcome", "note", "contact_id", "next_on")


@router.get("/follow-ups")
async def list_page(request: Request, actor: CurrentActor, services: Provided) -> HTMLResponse:
    """What one planned next with customers, what is late first."""
    formats = pages_of(request).formats(request)
    async with services.db.session(actor.id) as session:
        found = await next_steps(session, actor, limit=SHOWN)
    today = formats.local(datetime.now(UTC)).date()
    groups: dict[str, list[Any]] = {"late": [], "today": [], "later": []}
    for step in found:
        planned = step.follow_up.next_at
        on = formats.local(planned).date() if planned else today
        groups["late" if on < today else "today" if on == today else "later"].append(step)
    return await respond(request, "follow_up/list.html", "rows", groups=groups, found=len(found))


@router.post("/follow-ups/{follow_up_id}/done")
async def finish(request: Request, follow_up_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    await services.follow_ups.finish(actor, follow_up_id)
    return _done(request, "/follow-ups", say(request, N_("It is off your list.")))


@router.get("/customers/{customer_id}/follow-ups/new")
async def ask(request: Request, customer_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    return await _form(request, actor, services, customer_id)


@router.post("/customers/{customer_id}/follow-ups")
async def add(
    request: Request, customer_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    try:
        more: dict[str, Any] = {"documents": await _files(request, actor, services), **_place(form)}
        body = FollowUpBody.model_validate({name: form[name] for name in PLAIN if form.get(name)} | more)
        await services.follow_ups.add(actor, key, customer_id, body)
    except (Refused, ValidationError) as error:
        if isinstance(error, Refused) and error.status not in (413, 422):
            raise
        return await _form(request, actor, services, customer_id, form, mistakes(request, error))
    return _done(request, f"/customers/{customer_id}", say(request, N_("The follow-up is logged.")))


def _done(request: Request, url: str, said: str) -> Response:
    if wants_fragment(request):
        return toasted(Response(status_code=200), said, acted=True)
    return redirect(request, url, said)


async def _files(request: Request, actor: Actor, services: Services) -> list[str]:
    """The hashes of the files sent along. Raises Refused for one that cannot be taken."""
    sent = (await request.form()).getlist("file")
    files = [file for file in sent if isinstance(file, UploadFile) and file.filename]
    if len(files) > FILES:
        raise invalid("field_too_many", "file", most=FILES)
    kept = [
        await services.documents.add_file(actor, file.filename or "", chunks_of(file), needs=Action.CUSTOMER_WORK)
        for file in files
    ]
    return [file.hash for file in kept]


def _place(form: dict[str, str]) -> dict[str, float]:
    """Latitude and longitude, as the phone or its owner wrote them into one field."""
    if not form.get("place"):
        return {}
    try:
        latitude, longitude = (float(part) for part in form["place"].replace("，", ",").split(","))
    except ValueError:
        raise invalid("location_unreadable", "place") from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise invalid("location_unreadable", "place")
    return {"latitude": latitude, "longitude": longitude}


async def _form(
    request: Request, actor: Actor, services: Services, customer_id: str,
    form: dict[str, str] | None = None, errors: dict[str, str] | None = None,
) -> HTMLResponse:  # fmt: skip
    async with services.db.session(actor.id) as session:
        customer = await find_customer(session, actor, customer_id)
        contacts = await contacts_of(session, customer_id)
    formats = pages_of(request).formats(request)
    shown: dict[str, Any] = {
        "customer": customer, "contacts": contacts, "hows": HOWS, "outcomes": OUTCOMES, "typed": form or {},
        "errors": errors or {}, "aside": wants_fragment(request),
        "today": formats.local(datetime.now(UTC)).date().isoformat(),
    }  # fmt: skip
    status = 422 if errors else 200
    if shown["aside"]:
        return await fragment(request, "follow_up/dialog.html", "dialog", status=status, **shown)
    return await page(request, "follow_up/page.html", status=status, **shown)
