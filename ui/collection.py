"""One collection: its payment plan, what came in, and the form that records a payment."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.collection import PaymentBody
from api.language import language_of
from api.services import Provided
from db.collection import Collection
from db.collection_list import collection_of_order
from domain.access import Action
from domain.ids import RecordId
from domain.money import parse_amount
from domain.refusal import Refused, invalid
from locales import N_, translate
from ui.collection_record import record
from ui.environment import here, pages_of
from ui.form import mistakes
from ui.render import page, redirect, respond, wants_fragment
from ui.shell import own_path

router = APIRouter(include_in_schema=False, dependencies=[Depends(require(Action.COLLECTION_READ))])


@router.get("/collections/{collection_id}")
async def show(request: Request, collection_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    beside = wants_fragment(request) and urlsplit(here(request)).path == "/collections"
    context = await record(request, actor, services, collection_id, beside=beside)
    return await respond(request, "collection/page.html", "record", **context)


@router.get("/orders/{order_id}")
async def show_order(order_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    """An order's page is that of the money it brings in."""
    async with services.db.session(actor.id) as session:
        collection_id = await collection_of_order(session, order_id)
    return RedirectResponse(f"/collections/{collection_id}", 303)


@router.post("/collections/{collection_id}/payments")
async def record_payment(
    request: Request, collection_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = {name: str(value).strip() for name, value in (await request.form()).items()}
    context = await record(request, actor, services, collection_id, beside=False)
    collection: Collection = context["plan"].collection
    url = own_path(form.get("next", ""))
    url = url if url.startswith("/collections") else f"/collections/{collection_id}"
    try:
        if not form.get("amount"):
            raise invalid("field_needed", "amount")
        amount = parse_amount(form["amount"], collection.currency)
        if amount <= 0:
            raise invalid("amount_positive", "amount")
        fields: dict[str, Any] = {name: form[name] for name in ("received_on", "reference") if form.get(name)}
        if (seen := form.get("paid_before", "")[:20]).isdecimal():
            fields["paid_before"] = int(seen)
        body = PaymentBody.model_validate({"amount": amount, **fields})
        answer = await services.collections.record_payment(actor, key, collection_id, **body.model_dump())
    except (Refused, ValidationError) as error:
        if isinstance(error, Refused) and error.status != 422 and error.code != "paid_meanwhile":
            raise
        status = error.status if isinstance(error, Refused) else 422
        again = {"typed": form, "errors": mistakes(request, error), "open_dialog": True, "next": url}
        return await page(request, "collection/page.html", status=status, **{**context, **again})
    say = translate(language_of(request)).gettext
    money = pages_of(request).formats(request).money(amount, collection.currency)
    if not answer.seen:
        return redirect(request, url, say(N_("It is accepted and shows here in a moment.")), "info")
    return redirect(request, url, say(N_("%(amount)s recorded.")) % {"amount": money})
