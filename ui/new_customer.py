"""A customer entered by hand: what it collides with is said before it is saved (撞单)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.services import Provided, Services
from commands.contact import ContactBody
from commands.customer import NewCustomer, open_fields
from db.lead import sellers
from db.lead_form import regions
from db.person import people_by_id
from db.policy import current_policy
from domain.access import Action, Actor, Scope
from domain.customer_field import CustomerFieldPolicy
from domain.policy import load
from domain.refusal import Refused
from locales import N_
from ui.acting import say, typed
from ui.customer_collision import collisions
from ui.form import mistakes
from ui.render import fragment, page, redirect

router = APIRouter(
    prefix="/customers/new", include_in_schema=False, dependencies=[Depends(require(Action.CUSTOMER_CREATE))]
)
MATCHED = ("name", "tax_number", "phone", "email", "domain", "address", "city", "contact_phone", "contact_email")
WIDE = frozenset({"name", "address"})


@router.get("")
async def ask(request: Request, actor: CurrentActor, services: Provided) -> HTMLResponse:
    return await _page(request, actor, services, {})


@router.post("/alike")
async def alike(request: Request, actor: CurrentActor, services: Provided) -> HTMLResponse:
    """What it collides with, while somebody types; what cannot be read yet is left out."""
    form = await typed(request)
    context = await _collisions(request, actor, services, form)
    return await fragment(request, "customer/new.html", "collisions", **context, typed=form, errors={})


@router.post("")
async def create(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    """What it looks like is shown, unless a reason says why it is another."""
    form = await typed(request)
    try:
        customer_id = await services.customers.create(actor, key, _body(form))
    except (Refused, ValidationError) as error:
        if isinstance(error, Refused) and error.status not in (409, 422):
            raise
        status = error.status if isinstance(error, Refused) else 422
        return await _page(request, actor, services, form, error, status)
    return redirect(request, f"/customers/{customer_id}", say(request, N_("The customer is kept.")))


def _body(form: dict[str, str]) -> NewCustomer:
    values = {name.removeprefix("v_"): value for name, value in form.items() if name.startswith("v_") and value}
    contact = None
    if any(form.get(f"contact_{part}") for part in ("name", "phone", "email", "title")):
        parts = {part: form.get(f"contact_{part}") or None for part in ("phone", "email", "title")}
        contact = ContactBody(name=form.get("contact_name", ""), **parts)
    return NewCustomer.model_validate({
        "values": values, "region": form.get("region", ""), "owner_id": form.get("owner_id") or None,
        "contact": contact, "reason": form.get("reason") or None,
    })  # fmt: skip


async def _collisions(request: Request, actor: Actor, services: Services, form: dict[str, str]) -> dict[str, Any]:
    asked: dict[str, str] = {}
    for part in MATCHED:
        value = form.get(part if part.startswith("contact_") else f"v_{part}", "")
        try:
            services.customer_matches.party({part: value})
        except Refused:
            continue
        asked[part] = value[:300]
    found = await services.customer_matches.match(actor, asked)
    shown = await collisions(request, actor, services, found)
    return {"collisions": shown, "reason": form.get("reason", "")}


async def _page(
    request: Request, actor: Actor, services: Services, form: dict[str, str],
    error: Refused | ValidationError | None = None, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    language = language_of(request)
    async with services.db.session(actor.id) as session:
        policy = load(CustomerFieldPolicy, (await current_policy(session, CustomerFieldPolicy.kind))[1])
        everywhere = actor.scope(Action.CUSTOMER_CREATE) is Scope.ALL
        places = [unit for unit in await regions(session) if everywhere or unit.id in actor.regions]
        able = [actor.id]
        for unit in places:
            if actor.reaches(Action.CUSTOMER_ASSIGN, owner=None, region=unit.id):
                able += [one for one in await sellers(session, unit.id) if one not in able]
        people = await people_by_id(session, able)
    shown = [
        field
        for field in open_fields(actor, policy, policy.kinds[0].key)
        if field.key != "tags" and (field.builtin or field.required)
    ]
    shown.sort(key=lambda field: (field.key != "name", field.key in WIDE))
    wrong = mistakes(request, error) if error else {}
    alike = await _collisions(request, actor, services, form) if error else {"collisions": []}
    return await page(
        request, "customer/new.html", status=status, typed=form, errors=wrong, fields=shown, wide=WIDE,
        regions=[(unit.code, unit.called(language)) for unit in places],
        owners=[(one, people[one].called(language)) for one in able if one in people],
        owner=form.get("owner_id", actor.id), **alike,
    )  # fmt: skip
