"""A lead entered by hand: what it collides with is said before it is saved (撞单)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.lead_intake import LeadIn
from api.services import Provided, Services
from commands.lead_check import Checked
from commands.lead_intake import NewLead
from db.lead import sellers
from db.lead_form import regions
from db.person import people_by_id
from domain.access import Action, Actor, Scope
from domain.lead_interest import INDUSTRIES, INTENTS, SIZES
from domain.money import parse_amount
from domain.refusal import Refused, invalid
from locales import N_
from ui.acting import appears, say, typed
from ui.form import mistakes
from ui.lead_match import collided
from ui.names import names
from ui.render import fragment, page, redirect

router = APIRouter(prefix="/leads/new", include_in_schema=False, dependencies=[Depends(require(Action.LEAD_CREATE))])
FIELDS = (
    "company", "name", "phone", "email", "message", "region", "owner_id", "campaign", "product", "language", "industry",
    "size", "intent",
)  # fmt: skip


@router.get("")
async def ask(request: Request, actor: CurrentActor, services: Provided) -> HTMLResponse:
    return await _page(request, actor, services, {})


@router.post("/alike")
async def alike(request: Request, actor: CurrentActor, services: Provided) -> HTMLResponse:
    """What it collides with, while somebody types; what cannot be read yet is left out."""
    checked = await _check(actor, services, await typed(request))
    context = await _collisions(request, actor, services, checked)
    return await fragment(request, "lead/new_page.html", "collisions", **context, typed={}, errors={})


@router.post("")
async def take_in(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    """`collision`: same (one more touch of what exists) or apart, with a reason; without it a collision is shown."""
    form = await typed(request)
    try:
        lead = services.leads.reachable(_lead(form, services))
        chosen = form.get("collision", "")
        checked = await services.lead_check.check(actor, lead)
        if checked.collisions and not chosen:
            return await _page(request, actor, services, form, checked=checked, status=409)
        if chosen == "apart":
            if not form.get("reason"):
                raise invalid("collision_reason", "reason")
            lead = lead.model_copy(update={"apart": True, "note": form["reason"][:500]})
        taken = await services.leads.bring(actor, key, lead)
    except (Refused, ValidationError) as error:
        if isinstance(error, Refused) and error.status not in (403, 422):
            raise
        return await _page(request, actor, services, form, error=error, status=422)
    # It is nobody's until its process has given it to somebody; and what it was attached to may be somebody else's.
    if not await appears(services, actor, "lead", taken.lead_id):
        return redirect(request, "/leads", say(request, N_("The lead is taken in.")))
    said = N_("The lead is taken in.") if taken.fresh else N_("It was added to this lead.")
    return redirect(request, f"/leads?open={taken.lead_id}", say(request, said))


def _lead(form: dict[str, str], services: Services) -> NewLead:
    amount = parse_amount(form["budget"], services.settings.currency, "budget") if form.get("budget") else None
    body = LeadIn(amount=amount, **{name: form[name] for name in FIELDS if form.get(name)})
    return body.lead().model_copy(update={"source": "hand"})


async def _check(actor: Actor, services: Services, form: dict[str, str]) -> Checked:
    asked = NewLead(source="hand", region="", company=form.get("company", "")[:200], name=form.get("name", "")[:200])
    for part in ("phone", "email"):
        try:
            asked = services.leads.reachable(asked.model_copy(update={part: form.get(part) or None}))
        except Refused:
            asked = asked.model_copy(update={part: None})
    return await services.lead_check.check(actor, asked)


async def _collisions(request: Request, actor: Actor, services: Services, checked: Checked | None) -> dict[str, Any]:
    if checked is None or not checked.collisions:
        return {"collisions": [], "same": False}
    async with services.db.session(actor.id) as session:
        owners = [one.owner_id for one in checked.collisions]
        called = await names(session, language_of(request), owners)
    return {"collisions": collided(checked, called), "same": checked.same}


async def _page(
    request: Request, actor: Actor, services: Services, form: dict[str, str], *, checked: Checked | None = None,
    error: Refused | ValidationError | None = None, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    if error is not None:
        checked = await _check(actor, services, form)
    async with services.db.session(actor.id) as session:
        choices = await choices_for(session, actor, language_of(request))
    return await page(
        request, "lead/new_page.html", status=status, dialog=choices, typed=form,
        errors=mistakes(request, error) if error else {}, industries=list(INDUSTRIES), sizes=list(SIZES),
        intents=list(INTENTS), languages_spoken=[("zh_CN", "中文"), ("en", "English")],
        **await _collisions(request, actor, services, checked),
    )  # fmt: skip


@dataclass(frozen=True)
class Choices:
    """What the form offers: regions by code, and who may own the lead; nobody means the next in turn."""

    regions: list[tuple[str, str]]
    owners: list[tuple[str, str]]
    owner: str


async def choices_for(session: AsyncSession, actor: Actor, language: str) -> Choices:
    everywhere = actor.scope(Action.LEAD_CREATE) is Scope.ALL
    mine = [unit for unit in await regions(session) if everywhere or unit.id in actor.regions]
    able: list[str] = []
    for unit in mine:
        able += [
            person
            for person in await sellers(session, unit.id)
            if actor.reaches(Action.LEAD_CREATE, owner=person, region=unit.id) and person not in able
        ]
    known = await people_by_id(session, able)
    return Choices(
        regions=[(unit.code, unit.called(language)) for unit in mine],
        owners=[(person, known[person].called(language)) for person in able],
        owner=actor.id if actor.id in able else "",
    )
