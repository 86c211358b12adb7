"""Opening a deal by hand: a dialog over the board or a page of its own, with a customer to pick."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.deal import DealBody
from api.language import language_of
from api.services import Provided, Services
from commands.deal import NewDeal
from db.customer_case import find_customer
from db.customer_list import list_customers
from db.customer_pick import Pick, picks
from domain.access import Action, Actor
from domain.ids import RecordId, is_id
from domain.money import parse_amount
from domain.refusal import Refused, invalid
from locales import N_
from ui.acting import body, say, typed
from ui.form import mistakes
from ui.render import fragment, page, redirect, wants_fragment
from ui.stage import pipelines

router = APIRouter(prefix="/deals", include_in_schema=False, dependencies=[Depends(require(Action.DEAL_CREATE))])

OFFERED = 6
"""Customers shown to pick from; typing finds the others."""

Sought = Annotated[str, Query(max_length=100)]


@router.get("/new")
async def ask(
    request: Request,
    actor: CurrentActor,
    services: Provided,
    q: Sought = "",
    customer: RecordId | None = None,
    pipeline: Annotated[str, Query(max_length=60)] = "",
) -> HTMLResponse:
    """`customer`: the one it is for, already chosen. `q` finds others, for somebody without scripts."""
    return await _form(request, actor, services, {"q": q, "customer_id": customer or "", "pipeline": pipeline})


@router.get("/new/customers")
async def offer(request: Request, actor: CurrentActor, services: Provided, q: Sought = "") -> HTMLResponse:
    """The customers that fit what is being typed."""
    customers = await _customers(actor, services, q, "")
    return await fragment(request, "deal/customers.html", "customers", customers=customers, chosen="", sought=q)


@router.post("")
async def open_deal(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    form = await typed(request)
    try:
        if not form.get("customer_id"):
            raise invalid("field_needed", "customer_id")
        if not form.get("amount"):
            raise invalid("field_needed", "amount")
        amount = parse_amount(form["amount"], services.settings.currency)
        deal = body(
            DealBody, form, "pipeline", "customer_id", "title", "close_on", "next_step", "next_step_on", amount=amount
        )
        deal_id, _ = await services.deals.open(actor, key, NewDeal(**deal.model_dump()))
    except (Refused, ValidationError) as error:
        if isinstance(error, Refused) and error.status not in (403, 422):
            raise
        return await _form(request, actor, services, form, mistakes(request, error), status=422)
    return redirect(request, f"/deals/{deal_id}", say(request, N_("The deal is open.")))


async def _form(
    request: Request,
    actor: Actor,
    services: Services,
    form: dict[str, str],
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    chosen = form.get("customer_id", "")
    shown: dict[str, Any] = {
        "customers": await _customers(actor, services, form.get("q", ""), chosen),
        "pipelines": await _pipelines(request, actor, services),
        "chosen": chosen,
        "sought": form.get("q", ""),
        "typed": form,
        "errors": errors or {},
        "aside": wants_fragment(request),
    }
    if shown["aside"]:
        return await fragment(request, "deal/new_dialog.html", "dialog", status=status, **shown)
    return await page(request, "deal/new.html", status=status, **shown)


async def _pipelines(request: Request, actor: Actor, services: Services) -> list[tuple[str, str]]:
    """Those that take new deals, by key with their names."""
    async with services.db.session(actor.id) as session:
        known = await pipelines(session, language_of(request))
    return [(key, name) for key, name in known.choices() if not known.in_force[key].retired]


async def _customers(actor: Actor, services: Services, text: str, chosen: str) -> Sequence[Pick]:
    """Those that fit, and before them the chosen one."""
    async with services.db.session(actor.id) as session:
        found = (
            list(await picks(session, actor, text, limit=OFFERED)) if text.strip() else await _newest(session, actor)
        )
        if is_id(chosen) and chosen not in {one.customer.id for one in found}:
            with suppress(Refused):
                found.insert(0, Pick(await find_customer(session, actor, chosen), pooled=False))
    return found


async def _newest(session: AsyncSession, actor: Actor) -> list[Pick]:
    """Of theirs alone: whoever has not typed yet looks for nothing in the pools."""
    return [Pick(one, pooled=False) for one in await list_customers(session, actor, limit=OFFERED)]
