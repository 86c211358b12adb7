"""Asks for the limits of the pool, and says before they are published how many customers would go back, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.language import language_of
from api.services import Provided
from db.calendar import calendars
from db.customer_field import field_policy
from db.policy import current_policy
from db.pool_effect import effect
from domain.access import Action
from domain.calendar import CalendarPolicy
from domain.customer_pool import TIERS, PoolPolicy
from domain.policy import load
from domain.refusal import Refused, invalid
from locales.labels import label
from ui.form import mistakes
from ui.length import length_json, length_text
from ui.policy_editor import editing, kept, refusal_shown
from ui.render import page

KIND = PoolPolicy.kind
router = APIRouter(
    prefix=f"/policies/{KIND}/edit", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)
ROLES = ("sales", "senior_sales", "regional_manager", "sales_director")
TIMES = ("no_follow_up", "no_deal", "warn")


@router.get("/limits")
async def ask(request: Request, actor: CurrentActor, services: Provided) -> Response:
    now = await editing(request, services, actor, KIND)
    return await _form(request, services, _shown(load(PoolPolicy, now.document)), now.revision)


@router.post("/limits")
async def keep(
    request: Request, actor: CurrentActor, services: Provided, revision: Annotated[int, Form(ge=0)]
) -> Response:
    now = await editing(request, services, actor, KIND)
    sent = await request.form()
    form: dict[str, Any] = {name: str(sent[name]).strip() for name in sent}
    try:
        document = {**now.document, **_read(form, now.document)}
        load(PoolPolicy, document)
        await services.policy_drafts.save(actor, KIND, document, revision=revision)
    except Refused as refused:
        if refused.status != 422 or refused.field == "document":
            return await refusal_shown(request, services, actor, KIND, refused)
        return await _form(request, services, form, revision, mistakes(request, refused))
    return kept(request, KIND)


@router.get("/effect")
async def show_effect(request: Request, actor: CurrentActor, services: Provided) -> Response:
    """How many would go back when, by the rules in force and by the draft."""
    now = await editing(request, services, actor, KIND)
    draft = load(PoolPolicy, now.document)
    async with services.db.session(actor.id) as session:
        current = load(PoolPolicy, (await current_policy(session, KIND))[1])
        known = await calendars(session)
        clocks = [known.working_time(one.calendar) if one.calendar else None for one in (current, draft)]
        before, after = await effect(session, datetime.now(UTC), (current, clocks[0]), (draft, clocks[1]))
    return await page(request, "policy/pool_effect.html", before=before, after=after)


def _shown(policy: PoolPolicy) -> dict[str, Any]:
    found: dict[str, Any] = {"calendar": policy.calendar or "", "product_field": policy.product_field or ""}
    lengths: dict[str, timedelta | None] = {
        f"{tier}.{name}": getattr(policy.tiers[tier], name) for tier in TIERS for name in TIMES
    }
    lengths |= {"cooling_off": policy.cooling_off, "rest": policy.rest, "together": policy.together}
    for name, length in lengths.items():
        found[name], found[f"{name}_unit"] = length_text(length) if length else ("", "d")
    for role in ROLES:
        quota = next((quota for held, quota in policy.capacity.items() if held == role), None)
        for name in ("daily", "total"):
            most = getattr(quota, name) if quota else None
            found[f"{role}.{name}"] = "" if most is None else str(most)
    return found


def _read(form: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """The parts of the document that the form has. Raises Refused (422)."""
    tiers: dict[str, Any] = {}
    for tier in TIERS:
        given = {name: length for name in TIMES if (length := _length(form, f"{tier}.{name}"))}
        tiers[tier] = {"no_follow_up": None, "no_deal": None} | given
    capacity = dict(before.get("capacity", {}))
    for role in ROLES:
        capacity[role] = {name: _number(form, f"{role}.{name}") for name in ("daily", "total")}
    return {
        "tiers": tiers, "capacity": capacity, "product_field": form.get("product_field") or None,
        "calendar": form.get("calendar") or None,
        "cooling_off": _length(form, "cooling_off"), "rest": _length(form, "rest"),
        "together": _length(form, "together") or "P1D",
    }  # fmt: skip


def _length(form: dict[str, Any], name: str) -> str | None:
    text = form.get(name, "")
    return length_json(text, form.get(f"{name}_unit", "d"), name) if text else None


def _number(form: dict[str, Any], name: str) -> int | None:
    text = form.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 8 or int(text) > 10_000_000:
        raise invalid("number_unreadable", name)
    return int(text)


async def _form(
    request: Request, services: Any, typed: dict[str, Any], revision: int, errors: dict[str, str] | None = None
) -> Response:
    async with services.db.session() as session:
        _, document = await current_policy(session, CalendarPolicy.kind)
        own = (await field_policy(session)).fields
    language = language_of(request)
    known = [(key, label("calendar", key, language)) for key in document["calendars"]]
    return await page(
        request, "policy/pool_form.html", status=422 if errors else 200, typed=typed, revision=revision,
        errors=errors or {}, roles=ROLES, calendars=known,
        own_fields=[(field.key, field.label.called(language)) for field in own if field.type in ("text", "choice")],
    )  # fmt: skip
