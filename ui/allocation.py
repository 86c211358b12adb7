"""Allocation: the form and its preview, how far one is, and what each person got."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from api.allocation import End, TermsBody
from api.auth import CurrentActor
from api.body import IdempotencyKey
from api.problem import named, worded
from api.services import Provided, Services
from commands.allocation import AllocationCommands
from db.allocation import Allocation, ends_of, find_allocation, laid_of, list_allocations, rows_of, shares_of, weekly_of
from db.allocation_plan import COUNTED, Ground, count_pooled, ground_of, seats_in
from db.allocation_result import got_in
from db.person import OrgUnit
from db.pool_policy import rules_in_force
from domain.access import Action, Actor, Scope
from domain.allocation import MOST, Terms
from domain.ids import RecordId
from domain.refusal import Refused, not_found
from locales import N_
from ui.acting import say
from ui.environment import pages_of
from ui.form import mistakes
from ui.names import names
from ui.render import page, redirect, respond

router = APIRouter(prefix="/allocations", include_in_schema=False)
PAGE = 50
SAMPLE = 20
BUSY = ("planning", "running", "undoing")
EMPTY: dict[str, Any] = dict.fromkeys(("each", "most", "pool", "industries", "provinces", "sources"), "") | {
    "people": [], "tiers": [], "quotas": {},
}  # fmt: skip
LISTED = re.compile(r"[,，、;；\n]")
RegionCode = Annotated[str, Query(max_length=60)]


@router.get("")
async def show_allocations(
    request: Request, actor: CurrentActor, services: Provided, after: RecordId | None = None
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        found = await list_allocations(session, actor, after=after, limit=PAGE + 1)
        called = await names(session, pages_of(request).language(request), {one.asked_by for one in found})
        weekly = await weekly_of(session, actor)
    return await page(
        request, "allocation/list.html", allocations=found[:PAGE], called=called, weekly=weekly, after=after or "",
        more=found[PAGE - 1].id if len(found) > PAGE else "",
    )  # fmt: skip


@router.get("/new")
async def ask(
    request: Request, actor: CurrentActor, services: Provided, region: RegionCode = "", like: RecordId | None = None
) -> HTMLResponse:
    """`like`: filled in as that one was."""
    typed: dict[str, Any] = {"region": region, "mode": "even"}
    if like:
        async with services.db.session(actor.id) as session:
            typed = _typed_of(await find_allocation(session, actor, like))
    return await _form(request, actor, services, typed, {})


@router.post("/new")
async def preview(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    form = await request.form()
    typed = _typed(form)
    try:
        body = _body(typed)
        made = await services.allocations.preview(actor, key, body.region, body.terms, seed=body.seed)
    except (Refused, ValidationError) as error:
        if isinstance(error, Refused) and error.status != 422:
            raise
        if isinstance(error, Refused):
            error = await _called(request, actor, services, error)
        return await _form(request, actor, services, typed, mistakes(request, error), status=422)
    return redirect(
        request, f"/allocations/{made}", say(request, N_("It is being planned. Nothing changes hands yet."))
    )


@router.get("/{allocation_id}")
async def show(
    request: Request,
    allocation_id: RecordId,
    actor: CurrentActor,
    services: Provided,
    end: End | None = None,
    after: Annotated[int, Query(ge=0, le=MOST)] = 0,
) -> Response:
    """Who only got customers by it sees which."""
    if actor.scope(Action.CUSTOMER_ASSIGN) is None:
        return redirect(request, f"/allocations/{allocation_id}/mine")
    return await _page(request, actor, services, allocation_id, end=end, after=after)


@router.get("/{allocation_id}/mine")
async def show_mine(
    request: Request,
    allocation_id: RecordId,
    actor: CurrentActor,
    services: Provided,
    after: RecordId | None = None,
) -> HTMLResponse:
    """The customers that one got by an allocation and still has, with what is known of each."""
    async with services.db.session(actor.id) as session:
        found = await got_in(session, allocation_id, actor.id, after=after, limit=PAGE + 1)
        shares = [] if found else await shares_of(session, allocation_id)
    if not found and not any(share.person_id == actor.id and share.given for share in shares):
        raise not_found("allocation")
    return await page(
        request, "allocation/mine.html", run_id=allocation_id, customers=found[:PAGE], after=after or "",
        more=found[PAGE - 1].id if len(found) > PAGE else "",
    )  # fmt: skip


@router.post("/{allocation_id}/{act}")
async def act(
    request: Request, allocation_id: RecordId, act: str, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    known = {"run": AllocationCommands.run, "stop": AllocationCommands.stop, "undo": AllocationCommands.undo}
    if act not in known:
        raise not_found("allocation")
    try:
        await known[act](services.allocations, actor, key, allocation_id)
    except Refused as refused:
        if refused.status != 409:
            raise
        said = worded(request, await named(request, refused))
        changed = [str(one) for one in refused.params.get("people", [])]
        return await _page(request, actor, services, allocation_id, problem=said, changed=changed, status=409)
    done = {"run": N_("It is under way."), "stop": N_("It is stopped."), "undo": N_("It is being undone.")}
    return redirect(request, f"/allocations/{allocation_id}", say(request, done[act]))


async def _page(
    request: Request, actor: Actor, services: Services, allocation_id: str, *, end: End | None = None, after: int = 0,
    problem: str = "", changed: list[str] | None = None, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    async with services.db.session(actor.id) as session:
        run = await find_allocation(session, actor, allocation_id)
        planning = run.status == "planning"
        laid = await laid_of(session, allocation_id) if planning else run.planned
        shares = [] if planning else await shares_of(session, allocation_id)
        ends = await ends_of(session, allocation_id)
        wanted = [end] if end else ()
        rows = [] if planning else await rows_of(session, allocation_id, ends=wanted, after=after, limit=SAMPLE + 1)
        people = {one.person_id for one in shares} | {run.asked_by, run.started_by, run.ended_by, run.undone_by}
        called = await names(session, pages_of(request).language(request), people)
        terms = Terms.model_validate(run.terms)
        pools = await _pools(session, request, run.region_id)
    at, of = {"planning": (laid, run.planned), "undoing": (run.looked_back, run.done)}.get(
        run.status, (run.done, run.planned)
    )
    context: dict[str, Any] = {
        "run": run,
        "terms": terms,
        "pool": dict(pools).get(terms.pool or "", terms.pool or ""),
        "shares": shares,
        "ends": ends,
        "rows": rows[:SAMPLE],
        "more": rows[SAMPLE - 1].no if len(rows) > SAMPLE else 0,
        "after": after,
        "end": end or "",
        "called": called,
        "busy": run.status in BUSY,
        "at": at,
        "of": of,
        "rate": _rate(run),
        "problem": problem,
        "changed": changed or [],
    }
    return await respond(request, "allocation/page.html", "allocation", status=status, **context)


async def _pools(session: AsyncSession, request: Request, region_id: str) -> list[tuple[str, str]]:
    """The pools of a region: their keys and what they are called."""
    policy = (await rules_in_force(session)).policy
    region = await session.get(OrgUnit, region_id)
    language = pages_of(request).language(request)
    found = policy.pools_of(region.code) if region else []
    return [(pool.key, pool.name.called(language)) for pool in found]


def _rate(run: Allocation) -> int | None:
    """Customers a second since it began; None before it has moved any."""
    if run.started_at is None or not run.given:
        return None
    seconds = ((run.ended_at or datetime.now(UTC)) - run.started_at).total_seconds()
    return round(run.given / seconds) if seconds > 0 else None


async def _form(
    request: Request, actor: Actor, services: Services, typed: Mapping[str, Any], errors: Mapping[str, str],
    *, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    actor.require(Action.CUSTOMER_ASSIGN)
    typed = EMPTY | dict(typed)
    pages = pages_of(request)
    async with services.db.session(actor.id) as session:
        query = select(OrgUnit).where(OrgUnit.kind == "region").order_by(OrgUnit.code)
        if actor.scope(Action.CUSTOMER_ASSIGN) != Scope.ALL:
            query = query.where(OrgUnit.id.in_(actor.regions))
        regions = list(await session.scalars(query))
        asked = typed.get("region")
        region = next((one for one in regions if asked in (one.id, one.code)), regions[0] if regions else None)
        ground = await ground_of(session, region.id) if region else Ground({})
        seats = await seats_in(session, region.id, Terms(), datetime.now(UTC), ground.most) if region else []
        pooled = await count_pooled(session, region.id, Terms(), ground) if region else 0
        pools = await _pools(session, request, region.id) if region else []
        called = await names(session, pages.language(request), {seat.person for seat in seats})
    return await page(
        request, "allocation/new.html", status=status, regions=regions, region=region, seats=seats, pooled=pooled,
        called=called, typed=typed, errors=errors, language=pages.language(request), pools=pools, counted=COUNTED,
    )  # fmt: skip


def _typed(form: FormData) -> dict[str, Any]:
    text = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
    several = {name: [str(one) for one in form.getlist(name)] for name in ("people", "tiers")}
    quotas = {name.removeprefix("quota-"): value for name, value in text.items() if name.startswith("quota-")}
    return {**text, **several, "quotas": quotas}


def _typed_of(run: Allocation) -> dict[str, Any]:
    terms = Terms.model_validate(run.terms)
    wanted = {name: ", ".join(getattr(terms.wanted, name)) for name in ("industries", "provinces", "sources")}
    return {
        "region": run.region_id, "mode": terms.mode, "each": terms.each, "most": terms.most, "pool": terms.pool,
        "people": list(terms.people), "tiers": list(terms.wanted.tiers), "quotas": terms.quotas, **wanted,
    }  # fmt: skip


def _body(typed: Mapping[str, Any]) -> TermsBody:
    """Raises ValidationError."""
    wanted = {
        name: [word.strip() for word in LISTED.split(typed.get(name, "")) if word.strip()]
        for name in ("industries", "provinces", "sources")
    }
    mode = typed.get("mode") or "even"
    asked: dict[str, Any] = {
        "region": typed.get("region"),
        "mode": mode,
        "people": [] if mode == "quota" else typed["people"],
        "quotas": {one: count for one, count in typed["quotas"].items() if count} if mode == "quota" else {},
        "wanted": {**wanted, "tiers": typed["tiers"]},
    }
    asked |= {name: typed[name] for name in ("most", "seed", "pool") if typed.get(name)}
    if mode == "each" and typed.get("each"):
        asked["each"] = typed["each"]
    return TermsBody.model_validate(asked)


async def _called(request: Request, actor: Actor, services: Services, refused: Refused) -> Refused:
    """With the name of the person it is about."""
    person = refused.params.get("person")
    if not person:
        return refused
    async with services.db.session(actor.id) as session:
        called = await names(session, pages_of(request).language(request), {person})
    return Refused(refused.code, refused.status, field=refused.field, person=called.person(person))
