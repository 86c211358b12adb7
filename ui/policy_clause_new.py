"""A standard for another kind of contract, begun as a copy of one there is."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.services import Provided
from db.policy import current_policies
from domain.access import Action
from domain.clause.standard import is_standard
from domain.refusal import Refused
from locales import N_
from ui.acting import say, typed
from ui.form import mistakes
from ui.pipeline_words import policy_name
from ui.render import page, redirect

router = APIRouter(
    prefix="/policies/standards", include_in_schema=False, dependencies=[Depends(require(Action.POLICY_MANAGE))]
)


@router.get("/new")
async def ask(request: Request, actor: CurrentActor, services: Provided) -> Response:
    return await _form(request, actor, services, {})


@router.post("/new")
async def create(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    form = await typed(request)
    try:
        kind = await services.clause_standards.create(
            actor, key, standard=form.get("standard", ""), zh=form.get("zh", ""), en=form.get("en", ""),
            like=form.get("like", ""),
        )  # fmt: skip
    except Refused as refused:
        if refused.status != 422:
            raise
        return await _form(request, actor, services, form, mistakes(request, refused))
    return redirect(request, f"/policies/{kind}/edit", say(request, N_("The standard is there. Now make it your own.")))


async def _form(
    request: Request,
    actor: CurrentActor,
    services: Provided,
    form: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
) -> Response:
    async with services.db.session(actor.id) as session:
        known = [one for one in await current_policies(session) if is_standard(one.kind)]
    language = language_of(request)
    return await page(
        request, "policy/standard_new.html", status=422 if errors else 200, typed=form, errors=errors or {},
        choices=[(one.kind.partition(".")[2], policy_name(one.kind, one.document, language)) for one in known],
    )  # fmt: skip
