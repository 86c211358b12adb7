"""Building a public form: its texts, its fields and what goes with its leads, with a preview beside it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.language import language_of
from api.services import Provided, Services
from commands.lead_form import design_of, may_manage
from db.engine import Database
from db.lead_form import LeadForm
from domain.access import Action, Actor
from domain.lead_form import CUSTOM_KINDS, FormDesign
from domain.lead_form_words import LABELLED, shown_form
from domain.refusal import Refused, forbidden, not_found
from locales import N_, translate
from ui.acting import say, typed
from ui.form import FILE_KINDS, mistakes
from ui.lead_form_draft import LANGUAGES, TEXTS, Draft
from ui.lead_form_list import FormKey, Manager
from ui.render import fragment, page, redirect

router = APIRouter(prefix="/leads/forms", include_in_schema=False)


@router.get("/{form_key}/build")
async def show(request: Request, form_key: FormKey, actor: Manager, services: Provided) -> HTMLResponse:
    form = await _form(services.db, actor, form_key)
    return await _page(request, services, form, Draft.of(form.name or form.key, form.version, design_of(form)))


@router.post("/{form_key}/build")
async def build(request: Request, form_key: FormKey, actor: Manager, services: Provided) -> Response:
    """`act`: save, or something that only changes what is on the page."""
    form = await _form(services.db, actor, form_key)
    sent = await typed(request)
    draft = Draft.typed(sent)
    if (act := sent.get("act", "save")) != "save":
        draft.act(act, sent.get("add", ""))
        return await _page(request, services, form, draft, language=sent.get("shown", ""))
    try:
        await services.lead_forms.build(actor, form_key, name=draft.name, design=draft.built(), version=draft.version)
    except Refused as error:
        if error.status not in (409, 422):
            raise
        return await _page(request, services, form, draft, error=error)
    return redirect(request, f"/leads/forms/{form_key}/build", say(request, N_("Saved.")))


@router.post("/{form_key}/preview")
async def preview(request: Request, form_key: FormKey, actor: Manager, services: Provided) -> HTMLResponse:
    """The form as it would be, while somebody types."""
    form = await _form(services.db, actor, form_key)
    sent = await typed(request)
    context = _preview(request, services, form, Draft.typed(sent), sent.get("shown", ""))
    return await fragment(request, "lead_form/build.html", "preview", **context)


async def _form(db: Database, actor: Actor, form_key: str) -> LeadForm:
    async with db.session(actor.id) as session:
        form = await session.get(LeadForm, form_key)
    if form is None:
        raise not_found("lead_form")
    if not may_manage(actor, form):
        raise forbidden(Action.LEAD_WORK)
    return form


async def _page(
    request: Request, services: Services, form: LeadForm, draft: Draft, *, error: Refused | None = None,
    language: str = "",
) -> HTMLResponse:  # fmt: skip
    say_it = translate(language_of(request)).gettext
    context: dict[str, Any] = {
        "form_row": form,
        "draft": draft,
        "texts": TEXTS,
        "languages_built": LANGUAGES,
        "names": {key: say_it(label) for key, label in LABELLED.items()},
        "kinds": CUSTOM_KINDS,
        "problems": mistakes_of(request, error),
        "address": f"{services.settings.base_url}/f/{form.key}",
        **_preview(request, services, form, draft, language),
    }
    return await page(request, "lead_form/build.html", status=error.status if error else 200, **context)


def mistakes_of(request: Request, error: Refused | None) -> dict[str, str]:
    """By the full place, since each field of the form has its own."""
    if error is None:
        return {}
    return {error.field or "": next(iter(mistakes(request, error).values()))}


def _preview(
    request: Request, services: Services, form_row: LeadForm, draft: Draft, language: str
) -> dict[str, Any]:  # fmt: skip
    """In the language asked for; the last design that could be built where the draft cannot."""
    shown_in = language if language in ("zh_CN", "en") else language_of(request)
    try:
        design = draft.built()
    except Refused:
        design = FormDesign()
    return {
        "form": shown_form(design, shown_in, services.settings.company),
        "shown_in": shown_in,
        "takes_files": form_row.makes == "ticket" and design.files,
        "had_files": False,
        "file_kinds": FILE_KINDS,
        "typed": {},
        "chosen": {},
        "errors": {},
    }
