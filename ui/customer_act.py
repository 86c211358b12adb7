"""One act on many customers of the list: asked for, carried out, and what of it was refused and why."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from sqlalchemy import select
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.problem import named, worded
from api.services import Provided, Services
from commands.customer_act import NEEDS, PICKED, Act, CustomerActBody
from commands.follow_up import FollowUpBody
from db.customer import Customer
from db.customer_act import KEPT, act_of, refusals_of
from db.customer_sight import CustomerSight
from domain.access import Action, Actor
from domain.customer_pool import TIERS
from domain.follow_up import HOWS, OUTCOMES
from domain.ids import RecordId, is_id
from domain.refusal import Refused, invalid
from ui.acting import typed
from ui.customer_list import selection_of
from ui.environment import pages_of
from ui.form import mistakes
from ui.lead_list import sellers_within
from ui.render import page, redirect, respond

router = APIRouter(prefix="/customers", include_in_schema=False, dependencies=[Depends(require(Action.CUSTOMER_READ))])
Asked = Act | Literal["merge", "export"]
NAMED = 20
"""Customers named above a form; of more it says how many."""


@router.post("/act")
async def ask(request: Request, actor: CurrentActor, services: Provided) -> Response:
    """What to do with the picked is asked for first; a merge has a page of its own."""
    form = await typed(request)
    act, picked = _asked(form.get("act", "")), await _picked(request)
    if act == "merge":
        actor.require(Action.CUSTOMER_MERGE)
        if not 2 <= len(picked) <= PICKED:
            raise invalid("merge_two", "picked")
        return redirect(request, f"/customers/merge?{urlencode({'ids': picked}, doseq=True)}")
    actor.require(Action.CUSTOMER_EXPORT if act == "export" else NEEDS[act])
    return await _form(request, actor, services, act, picked, form, {})


@router.post("/act/{act}")
async def do(request: Request, act: Act, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    form, picked = await typed(request), await _picked(request)
    asked = selection_of(form.get("address", ""))
    try:
        body = CustomerActBody(
            act=act, picked=picked, every=bool(form.get("every")), text=asked.text, filter=asked.filter, **_terms(form)
        )
        act_id = await services.customer_acts.begin(actor, key, body)
    except (Refused, ValidationError) as error:
        if isinstance(error, Refused) and error.status not in (409, 422):
            raise
        return await _form(request, actor, services, act, picked, form, mistakes(request, error))
    return redirect(request, f"/customers/acts/{act_id}")


@router.get("/acts/{act_id}")
async def show(request: Request, act_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        act = await act_of(session, actor, act_id)
        kept = await refusals_of(session, actor, act_id)
    rows = []
    for refusal, name in kept:
        why = await named(request, Refused(refusal.code, **refusal.params))
        rows.append((refusal.customer_id, name, worded(request, why)))
    problem = worded(request, Refused(act.problem)) if act.problem and not kept else ""
    back = "/customers?" + urlencode({"text": act.text, "filter": act.filter}) if act.text or act.filter else ""
    return await respond(
        request, "customer/acted.html", "rows", act=act, rows=rows, problem=problem, kept=KEPT, back=back
    )  # fmt: skip


def _asked(text: str) -> Asked:
    for known in (*NEEDS, "merge", "export"):
        if text == known:
            return known  # type: ignore[return-value]
    raise invalid("choice_unknown", "act")


async def _picked(request: Request) -> list[str]:
    """Ids of the ticked customers, each once."""
    ids = [str(one).lower() for one in (await request.form()).getlist("picked") if one]
    if not all(map(is_id, ids)):
        raise invalid("nothing_picked", "picked")
    if len(set(ids)) > PICKED:
        raise invalid("too_many", "customers", most=PICKED)
    return list(dict.fromkeys(ids))


def _terms(form: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = {name: form[name] for name in ("to", "reason", "note", "tier") if form.get(name)}
    for name in ("add", "remove"):
        told[name] = [tag.strip() for tag in form.get(name, "").replace("，", ",").split(",") if tag.strip()]
    if form.get("how"):
        fields = {"how": "how", "outcome": "outcome", "next_on": "next_on", "said": "note"}
        told["follow_up"] = FollowUpBody.model_validate(
            {to: form[name] for name, to in fields.items() if form.get(name)}
        )
    return told


async def _form(
    request: Request, actor: Actor, services: Services, act: Asked, picked: list[str], form: dict[str, str],
    errors: dict[str, str],
) -> HTMLResponse:  # fmt: skip
    """Without anything picked there is nothing to ask."""
    async with services.db.session(actor.id) as session:
        sight = await CustomerSight.of(session, actor)
        seen = select(Customer.id, Customer.name).where(Customer.id.in_(picked), sight.within())
        found = [(one, name) for one, name in await session.execute(seen.order_by(Customer.id.desc()))]
        sellers = await sellers_within(session, actor, language_of(request)) if act == "assign" else []
    return await page(
        request, "customer/act.html", status=422 if errors else 200, act=act, found=found, typed=form, errors=errors,
        every=bool(form.get("every")), address=selection_of(form.get("address", "")).but(), shown=NAMED, tiers=TIERS,
        sellers=sellers, hows=HOWS, outcomes=OUTCOMES, format=pages_of(request).formats(request),
    )  # fmt: skip
