"""The web forms as managers see them: where they are, how to put them on a site, which sites may."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Request
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor
from api.language import language_of
from api.services import Provided, Services
from commands.lead_form import MANAGED, may_manage
from db.lead_form import list_forms, regions
from domain.access import Action, Actor, Scope
from domain.refusal import Refused, forbidden
from locales import N_, translate
from ui.acting import typed
from ui.form import mistakes
from ui.names import names
from ui.render import page, redirect

router = APIRouter(prefix="/leads/forms", include_in_schema=False)

FormKey = Annotated[str, Path(pattern="^[a-z0-9-]{1,64}$")]


def manager(actor: CurrentActor) -> Actor:
    """Raises Refused (403) for those who work only leads of their own, and manage no tickets."""
    if not makeable(actor):
        raise forbidden(Action.LEAD_WORK)
    return actor


def makeable(actor: Actor) -> list[str]:
    """What the forms and webhooks that this person manages make: lead, ticket."""
    return [makes for makes, action in MANAGED.items() if actor.scope(action) not in (None, Scope.OWN)]


Manager = Annotated[Actor, Depends(manager)]


@router.get("")
async def show_list(request: Request, actor: Manager, services: Provided, change: str = "") -> HTMLResponse:
    """`change` is the key of the form whose dialog is open."""
    return await _list(request, actor, services, open_form=change)


@router.post("")
async def add(request: Request, actor: Manager, services: Provided) -> Response:
    """A new form, closed at first, and on to building it."""
    form = await typed(request)
    try:
        makes = form.get("makes") or makeable(actor)[0]
        key = await services.lead_forms.add(
            actor, name=form.get("name", ""), region_id=form.get("region_id") or None, makes=makes
        )
    except Refused as error:
        if error.status != 422:
            raise
        return await _list(request, actor, services, status=422, new=form, errors=mistakes(request, error))
    return redirect(request, f"/leads/forms/{key}/build")


@router.post("/{form_key}")
async def change(
    request: Request,
    form_key: FormKey,
    actor: Manager,
    services: Provided,
    origins: Annotated[str, Form(max_length=10_000)] = "",
    active: Annotated[bool, Form()] = False,
) -> Response:
    try:
        await services.lead_forms.change(actor, form_key, origins=origins.split(), active=active)
    except Refused as error:
        if error.status != 422:
            raise
        again = {"open_form": form_key, "typed": origins, "errors": mistakes(request, error)}
        return await _list(request, actor, services, status=422, **again)
    return redirect(request, "/leads/forms", translate(language_of(request)).gettext(N_("Saved.")))


async def _list(request: Request, actor: Actor, services: Services, *, status: int = 200, **again: Any) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        forms = [form for form in await list_forms(session) if may_manage(actor, form)]
        actions = [MANAGED[makes] for makes in makeable(actor)]
        mine = [
            unit for unit in await regions(session)
            if any(actor.reaches(action, owner=None, region=unit.id) for action in actions)
        ]  # fmt: skip
        called = await names(session, language_of(request), [])
    everywhere = any(actor.scope(action) is Scope.ALL for action in actions)
    places = (
        [("", translate(language_of(request)).gettext(N_("Every region: visitors choose")))] if everywhere else []
    ) + [(unit.id, unit.called(language_of(request))) for unit in mine]
    shown = {"typed": None, "errors": {}, "new": None, "open_form": ""} | again
    base_url = services.settings.base_url
    return await page(
        request, "lead_form/list.html", status=status, forms=forms, names=called, base_url=base_url, places=places,
        makes=makeable(actor), **shown,
    )  # fmt: skip
