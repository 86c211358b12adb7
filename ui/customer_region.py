"""The regions that follow a customer, with the portrait that its new owner reads; a panel of the customer's page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.problem import worded
from api.services import Provided, Services
from api.signpost import follow_signpost
from db.colleague import sellers_by_region
from db.customer_portrait import portrait_of
from db.customer_region import followings_of, seen_customer
from domain.access import Action, Actor
from domain.customer_pool import TIERS
from domain.ids import RecordId
from domain.lead_assignment import SELLING
from domain.refusal import Refused
from locales import N_
from ui.acting import say
from ui.environment import pages_of
from ui.names import names
from ui.render import fragment, page, redirect

router = APIRouter(
    prefix="/customers/{customer_id}",
    include_in_schema=False,
    dependencies=[Depends(follow_signpost), Depends(require(Action.CUSTOMER_READ))],
)
Id = Annotated[str, Form(max_length=36)]


@router.get("/regions")
async def show(
    request: Request,
    customer_id: RecordId,
    actor: CurrentActor,
    services: Provided,
    panel: Annotated[bool, Query(description="Only the part that the customer's page shows.")] = False,
) -> HTMLResponse:
    context = await _context(request, actor, services, customer_id, panel=panel)
    if panel:
        return await fragment(request, "customer/regions.html", "regions", **context)
    return await page(request, "customer/regions.html", **context)


@router.post("/regions")
async def follow(
    request: Request, customer_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided,
    region: Id = "", owner: Id = "", tier: Annotated[str, Form(max_length=1)] = "C",
) -> Response:  # fmt: skip
    try:
        await services.customer_regions.follow(
            actor, key, customer_id, region, owner_id=owner or None, tier=tier
        )  # fmt: skip
    except Refused as refused:
        return await _refused(request, actor, services, customer_id, refused)
    return redirect(
        request, f"/customers/{customer_id}/regions", say(request, N_("The region follows it from now on."))
    )


@router.post("/regions/{region_id}/end")
async def end(
    request: Request,
    customer_id: RecordId,
    region_id: RecordId,
    key: IdempotencyKey,
    actor: CurrentActor,
    services: Provided,
) -> Response:
    try:
        await services.customer_regions.end(actor, key, customer_id, region_id)
    except Refused as refused:
        return await _refused(request, actor, services, customer_id, refused)
    return redirect(request, f"/customers/{customer_id}/regions", say(request, N_("The region no longer follows it.")))


async def _refused(
    request: Request, actor: Actor, services: Services, customer_id: str, refused: Refused
) -> Response:  # fmt: skip
    if refused.status not in (409, 422):
        raise refused
    context = await _context(request, actor, services, customer_id)
    said = worded(request, refused)
    return await page(request, "customer/regions.html", status=refused.status, **context | {"problem": said})


async def _context(
    request: Request, actor: Actor, services: Services, customer_id: str, *, panel: bool = False
) -> dict[str, Any]:
    """Who sells where is only asked for the page: the panel has no form."""
    language = pages_of(request).language(request)
    async with services.db.session(actor.id) as session:
        customer = await seen_customer(session, actor, customer_id)
        found = await followings_of(session, actor, customer_id)
        whole = any(one.whole for one in found)
        portrait = await portrait_of(session, actor, customer_id, datetime.now(UTC)) if whole else None
        called = await names(session, language, {one.owner_id for one in found})
        follow = {one.region_id for one in found}
        others = [unit for unit in called.units.values() if unit.kind == "region" and unit.id not in follow]
        manages = any(one.theirs for one in found)
        able = [one for one in others if manages or _assigns(actor, one.id)]
        asked = [] if panel else [unit.id for unit in able if _assigns(actor, unit.id)]
        selling = await sellers_by_region(session, asked, SELLING)
        sellers = {person: unit for unit in able for person in selling.get(unit.id, ())}
        called = await called.with_people(session, sellers)
    return {
        "customer": customer,
        "followings": found,
        "portrait": portrait,
        "regions": [(unit.id, unit.called(language)) for unit in able],
        "owners": [
            ("", say(request, N_("nobody yet: its pool"))),
            *((person, f"{called.person(person)} · {unit.called(language)}") for person, unit in sellers.items()),
        ],
        "tiers": [(tier, tier) for tier in TIERS],
        "called": called,
        "problem": "",
    }


def _assigns(actor: Actor, region_id: str) -> bool:
    return actor.reaches(Action.CUSTOMER_ASSIGN, owner=None, region=region_id)
