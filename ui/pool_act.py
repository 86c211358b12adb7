"""What is done with customers of the pool and of one's own: claimed, given, given back, kept, ranked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field, StringConstraints
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.problem import named, worded
from api.services import Provided, Services
from commands.pool import BULK, Outcome
from db.pool import Entry, Place, PoolReader
from db.pool_history import last_changes, last_follow_ups
from domain.access import Action, Actor
from domain.customer_pool import TIERS
from domain.ids import RecordId, is_id
from domain.pool_claim import may_claim
from domain.refusal import Refused, invalid, not_found
from locales import translate
from ui.acting import typed
from ui.environment import pages_of
from ui.form import mistakes
from ui.lead_list import sellers_within
from ui.names import names
from ui.pool import PLACE, list_at, place_of, text_of
from ui.render import page, redirect

router = APIRouter(prefix="/pool", include_in_schema=False)
Act = Literal["assign", "give-back", "tier", "protect"]
NEEDS: dict[Act, Action] = {
    "assign": Action.CUSTOMER_ASSIGN,
    "give-back": Action.CUSTOMER_WORK,
    "tier": Action.CUSTOMER_WORK,
    "protect": Action.CUSTOMER_ASSIGN,
}
Picked = Annotated[list[Annotated[str, StringConstraints(pattern=PLACE)]], Field(max_length=BULK)]


class Asked(BaseModel):
    act: Act = "assign"
    picked: Picked = []
    back: str = Field("", max_length=500)


async def picked_places(request: Request) -> list[Place]:
    """The places a form names; a single one goes before all that are ticked."""
    form = await request.form()
    texts = [form["only"]] if "only" in form else form.getlist("picked")
    places = [place_of(str(text)) for text in texts if text]
    if len(places) > BULK:
        raise invalid("too_many", "customers", most=BULK)
    if not all(is_id(part) for place in places for part in place):
        raise not_found("customer")
    return places


@router.post("/claim", dependencies=[Depends(require(Action.CUSTOMER_CLAIM))])
async def claim(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    """What is refused for one holds up no other: it is shown with the reason."""
    places = await picked_places(request)
    back = list_at((await typed(request)).get("back", ""))
    if not places:
        return redirect(request, back)
    outcome = await services.pool.claim(actor, key, places)
    if outcome.refused:
        return await _ended(request, actor, services, outcome, back)
    words = translate(language_of(request))
    said = words.ngettext("%(num)d customer is yours now", "%(num)d customers are yours now", len(outcome.done))
    return redirect(request, back, said % {"num": len(outcome.done)})


async def _ended(request: Request, actor: Actor, services: Services, outcome: Outcome, back: str) -> HTMLResponse:
    """What was claimed and what was not, and why."""
    why = {place: worded(request, await named(request, refused)) for place, refused in outcome.refused.items()}
    async with services.db.session(actor.id) as session:
        reader = await PoolReader.of(session, actor)
        known = {(e.place.customer_id, e.place.region_id): e for e in await reader.find(session, outcome.refused)}
    rows = [(known[place].customer.name if place in known else "", said) for place, said in why.items()]
    return await page(request, "pool/refused.html", status=409, rows=rows, done=len(outcome.done), back=back)


@router.get("/act", dependencies=[Depends(require(Action.CUSTOMER_WORK))])
async def ask(
    request: Request, asked: Annotated[Asked, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    actor.require(NEEDS[asked.act])
    return await _ask(request, asked, asked.act, actor, services)


@router.get("/assign", dependencies=[Depends(require(Action.CUSTOMER_ASSIGN))])
async def ask_whom(
    request: Request, asked: Annotated[Asked, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    return await _ask(request, asked, "assign", actor, services)


async def _ask(request: Request, asked: Asked, act: Act, actor: Actor, services: Services) -> HTMLResponse:
    places = [place_of(text) for text in asked.picked]
    return await _form(request, actor, services, act, places, {"back": asked.back}, {})


@router.post("/act/{act}", dependencies=[Depends(require(Action.CUSTOMER_WORK))])
async def do(request: Request, act: Act, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    form = await typed(request)
    places = await picked_places(request)
    try:
        outcome = await _done(actor, key, services, act, places, form)
    except Refused as error:
        if error.status not in (409, 422):
            raise
        return await _form(request, actor, services, act, places, form, mistakes(request, error), status=422)
    if outcome.refused:
        why = {text_of(place): worded(request, await named(request, end)) for place, end in outcome.refused.items()}
        left = list(outcome.refused)
        return await _form(
            request, actor, services, act, left, form, {}, refused=why, done=len(outcome.done), status=409
        )  # fmt: skip
    words = translate(language_of(request))
    said = words.ngettext("Done for %(num)d customer", "Done for %(num)d customers", len(outcome.done))
    return redirect(request, _back(act, form), said % {"num": len(outcome.done)})


def _back(act: Act, form: dict[str, str]) -> str:
    """The list from which one came."""
    return list_at(form.get("back", "")) if act == "assign" else "/pool/mine"


async def _done(
    actor: Actor, key: str, services: Services, act: Act, places: Sequence[Place], form: dict[str, str]
) -> Outcome:  # fmt: skip
    pool = services.pool
    match act:
        case "assign":
            to = form.get("to", "")
            if not is_id(to):
                raise invalid("owner_not_selling", "to")
            return await pool.assign(actor, key, places, to, reason=form.get("reason", "")[:500])
        case "give-back":
            return await pool.give_back(actor, key, places, note=form.get("note", "")[:500])
        case "tier":
            return await pool.set_tier(actor, key, places, form.get("tier", ""))
        case "protect":
            return await pool.protect(actor, key, places, _end_of(form.get("until", ""), services))


def _end_of(day: str, services: Services) -> datetime | None:
    """The beginning of the day in the company's zone; none: no longer."""
    if not day:
        return None
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise invalid("date_format", "until") from None
    return datetime.combine(on, time(), ZoneInfo(services.settings.zone)).astimezone(UTC)


async def _form(
    request: Request, actor: Actor, services: Services, act: Act, places: Sequence[Place], form: dict[str, str],
    errors: dict[str, str], *, status: int = 200, refused: dict[str, str] | None = None, done: int = 0,
) -> HTMLResponse:  # fmt: skip
    async with services.db.session(actor.id) as session:
        reader = await PoolReader.of(session, actor)
        rows: list[Entry] = await reader.find(session, places) if places else []
        offered = await sellers_within(session, actor, language_of(request)) if act == "assign" else []
    context: dict[str, Any] = {"rows": rows, "sellers": offered, "typed": form, "errors": errors, "act": act}
    context["back"] = _back(act, form)
    return await page(
        request, "pool/act.html", status=status, refused=refused or {}, done=done, tiers=TIERS, text_of=text_of,
        **context,
    )  # fmt: skip


@router.get("/{customer_id}/{region_id}", dependencies=[Depends(require(Action.CUSTOMER_CLAIM))])
async def one(
    request: Request, customer_id: RecordId, region_id: RecordId, actor: CurrentActor, services: Provided
) -> Response:  # fmt: skip
    """One of the pool, as far as the pool shows it; whose it is by now leads to the customer's page."""
    now = services.pool.now()
    async with services.db.session(actor.id) as session:
        reader = await PoolReader.of(session, actor)
        found = await reader.find(session, [(customer_id, region_id)])
        if not found:
            raise not_found("customer")
        [entry] = found
        if entry.place.owner_id is not None:
            return redirect(request, f"/customers/{customer_id}")
        changes = await last_changes(session, customer_id, region_id)
        follow_ups = await last_follow_ups(session, customer_id, region_id)
        people = {one.from_id for one in changes} | {one.to_id for one in changes} | {one.by for one in follow_ups}
        called = await names(session, pages_of(request).language(request), people | {entry.place.last_owner_id})
    return await page(
        request, "pool/one.html", shown=reader.shown(entry, now), place=text_of((customer_id, region_id)),
        rules=reader.rules(entry.place), changes=changes, follow_ups=follow_ups, names=called,
        claims=may_claim(reader.rules(entry.place), actor.roles), customer=entry.customer,
        assigns=actor.reaches(Action.CUSTOMER_ASSIGN, owner=None, region=region_id),
    )  # fmt: skip
