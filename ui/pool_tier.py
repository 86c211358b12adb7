"""Customers whose tier is not the one that is suggested: a person sets it, for one or for many at once."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field, field_validator
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.problem import named, worded
from api.services import Provided, Services
from db.customer_portrait import weigh
from db.customer_tier import Differing, differing, suggested_for
from db.lead_form import regions
from db.pool import Place, PoolReader, count_due
from domain.access import Action, Actor, Scope
from domain.customer_pool import TIERS, Tier
from domain.ids import RecordId, is_id
from domain.refusal import Refused
from locales import translate
from ui.environment import pages_of
from ui.names import names
from ui.pool import PLACE, place_of, text_of
from ui.pool_act import picked_places
from ui.render import page, redirect, respond

router = APIRouter(prefix="/pool", include_in_schema=False, dependencies=[Depends(require(Action.CUSTOMER_WORK))])
PAGE = 50


class TierFilter(BaseModel):
    """The address of the list: what is suggested, and where."""

    tier: Tier | None = None
    region: RecordId | None = None
    after: str = Field("", pattern=PLACE)

    @field_validator("region", "tier", mode="before")
    @classmethod
    def empty_is_all(cls, value: str | None) -> str | None:
        return value or None

    def address(self, **other: str) -> str:
        asked = {"tier": self.tier, "region": self.region, **other}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"/pool/tiers?{query}" if query else "/pool/tiers"


@router.get("/tiers")
async def tiers_page(
    request: Request, asked: Annotated[TierFilter, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        found = await _weighed(session, actor, asked)
        rows = found[:PAGE]
        called = await names(session, pages_of(request).language(request), {one.place.owner_id for one in rows})
        every = actor.scope(Action.CUSTOMER_WORK) == Scope.ALL
        seen = [unit for unit in await regions(session) if every or unit.id in actor.regions]
        due = await count_due(session, actor.id, services.pool.now())
    last = (rows[-1].place.customer_id, rows[-1].place.region_id) if len(found) > PAGE else None
    return await respond(
        request, "pool/tiers.html", "rows", asked=asked, rows=rows, names=called, tiers=TIERS, text_of=text_of, due=due,
        regions=seen, more=text_of(last) if last else "", claims=actor.scope(Action.CUSTOMER_CLAIM) is not None,
    )  # fmt: skip


async def _weighed(session: AsyncSession, actor: Actor, asked: TierFilter) -> list[Differing]:
    """Weighed anew, so that what was learned since last night counts, and without those whose tier is the right one by
    now."""
    after = place_of(asked.after) if asked.after else None
    wanted: dict[str, Any] = {"suggested": asked.tier, "region": asked.region, "after": after, "limit": PAGE + 1}
    customers = sorted({one.place.customer_id for one in await differing(session, actor, **wanted)})
    await weigh(session, customers, datetime.now(UTC))
    session.expire_all()
    return await differing(session, actor, **wanted)


@router.post("/tiers")
async def set_suggested(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    """Each of the picked gets the tier that is suggested for it."""
    form = await request.form()
    places = await picked_places(request)
    customer = str(form.get("customer", ""))
    if is_id(customer):  # as its page has just weighed it; the list keeps what it weighed
        async with services.db.session(actor.id) as session:
            await weigh(session, [customer for customer, _ in places][:1], datetime.now(UTC))
    refused = await _set(actor, key, services, places)
    back = f"/customers/{customer}" if is_id(customer) else "/pool/tiers"
    if refused:
        return await _refused(request, actor, services, refused, len(places) - len(refused))
    words = translate(language_of(request))
    said = words.ngettext("Done for %(num)d customer", "Done for %(num)d customers", len(places))
    return redirect(request, back, said % {"num": len(places)})


async def _set(actor: Actor, key: str, services: Services, places: list[Place]) -> dict[Place, Refused]:
    async with services.db.session(actor.id) as session:
        suggested = await suggested_for(session, sorted({customer for customer, _ in places}))
    by_tier: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        if tier := suggested.get(place[0]):
            by_tier[tier].append(place)
    refused: dict[Place, Refused] = {}
    for tier, some in sorted(by_tier.items()):
        refused |= (await services.pool.set_tier(actor, f"{key}/{tier}", some, tier)).refused
    return refused


async def _refused(
    request: Request, actor: Actor, services: Services, refused: dict[Place, Refused], done: int
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        reader = await PoolReader.of(session, actor)
        known = {(one.place.customer_id, one.place.region_id): one for one in await reader.find(session, refused)}
    rows = [
        (known[place].customer.name if place in known else "", worded(request, await named(request, why)))
        for place, why in refused.items()
    ]
    return await page(request, "pool/refused.html", status=409, rows=rows, done=done, tiers=True, back="/pool")
