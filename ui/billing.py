"""The form for how a customer is invoiced."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided, Services
from api.signpost import follow_signpost
from commands.billing import BillingBody
from db.customer_case import customer_case
from db.customer_field import field_policy
from domain.access import Action, Actor
from domain.customer_field import fields, for_reader
from domain.ids import RecordId
from domain.refusal import Refused
from locales import N_
from ui.acting import body, say, typed
from ui.form import mistakes
from ui.render import page, redirect

router = APIRouter(
    prefix="/customers",
    include_in_schema=False,
    dependencies=[Depends(follow_signpost), Depends(require(Action.CUSTOMER_WORK))],
)


@router.get("/{customer_id}/billing")
async def ask(request: Request, customer_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    return await _form(request, actor, services, customer_id, None, {})


@router.post("/{customer_id}/billing")
async def keep(
    request: Request, customer_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    try:
        asked = body(BillingBody, form, *BillingBody.model_fields)
        await services.billing.edit(actor, key, customer_id, asked)
    except (Refused, ValidationError) as error:
        if isinstance(error, Refused) and error.status != 422:
            raise
        return await _form(request, actor, services, customer_id, form, mistakes(request, error))
    return redirect(request, f"/customers/{customer_id}", say(request, N_("Saved.")))


async def _form(
    request: Request, actor: Actor, services: Services, customer_id: str, form: dict[str, str] | None,
    errors: dict[str, str],
) -> HTMLResponse:  # fmt: skip
    async with services.db.session(actor.id) as session:
        customer = (await customer_case(session, actor, customer_id)).customer
        seen = {field.key for field in for_reader(actor, fields(await field_policy(session))).open}
    given: dict[str, Any] = {name: getattr(customer, name) or "" for name in BillingBody.model_fields}
    sees_tax_number = "tax_number" in seen
    if not sees_tax_number:
        given["tax_number"] = ""
    return await page(
        request, "customer/billing.html", status=422 if errors else 200, customer=customer,
        sees_tax_number=sees_tax_number, given=given if form is None else {**given, **form}, errors=errors,
    )  # fmt: skip
