"""One deal: its page, and what is done on it: edited, followed up."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.deal import EditBody, NoteBody
from api.problem import named
from api.services import Provided, Services
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.money import parse_amount
from domain.refusal import Refused
from locales import N_
from ui.acting import body, done, say, typed
from ui.deal_record import record
from ui.form import mistakes
from ui.render import fragment, page, respond, wants_fragment
from ui.story import Filter

router = APIRouter(prefix="/deals", include_in_schema=False, dependencies=[Depends(require(Action.DEAL_READ))])


@router.get("/{deal_id}")
async def show(
    request: Request,
    deal_id: RecordId,
    actor: CurrentActor,
    services: Provided,
    told: Filter = "",
    after: RecordId | None = None,
) -> HTMLResponse:
    """`told` narrows the timeline, `after` goes on with it."""
    context = await record(request, actor, services, deal_id, told=told, after=after)
    if context["deal"] is None:
        return await page(request, "deal/prepared.html", status=202)
    if after and wants_fragment(request):
        return await fragment(request, "story/events.html", "events", address=f"/deals/{deal_id}", **context)
    return await respond(request, "deal/page.html", "record", **context)


@router.post("/{deal_id}/edit")
async def edit(
    request: Request, deal_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    try:
        amount = parse_amount(form["amount"], services.settings.currency) if form.get("amount") else None
        cleared = {
            "no_close_on": form.get("close_on") == "", "next_step": form.get("next_step", ""),
            "no_next_step_on": form.get("next_step_on") == "",
        }  # fmt: skip
        changed = body(EditBody, form, "version", "title", "close_on", "next_step_on", amount=amount, **cleared)
        answer = await services.deals.edit(actor, key, deal_id, **changed.model_dump())
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, deal_id, "edit", form, error)
    return done(request, f"/deals/{deal_id}", answer, say(request, N_("The deal is changed.")))


@router.post("/{deal_id}/notes")
async def follow_up(
    request: Request, deal_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await typed(request)
    try:
        note = body(NoteBody, form, "how", "note", "result", "next_step", "next_step_on")
        answer = await services.deals.note(actor, key, deal_id, **note.model_dump())
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, deal_id, "note", form, error)
    return done(request, f"/deals/{deal_id}", answer, say(request, N_("The follow-up is logged.")))


async def _again(
    request: Request,
    actor: Actor,
    services: Services,
    deal_id: str,
    dialog: str,
    form: dict[str, str],
    error: Refused | ValidationError,
) -> Response:
    """The deal's page with the dialog open: what was typed, and what is wrong with it."""
    if isinstance(error, Refused):
        if error.status not in (409, 422):
            raise error
        error = await named(request, error)
    context = await record(request, actor, services, deal_id)
    if context["deal"] is None:
        return await page(request, "deal/prepared.html", status=202)
    status = error.status if isinstance(error, Refused) else 422
    again = {"open_dialog": dialog, "typed": form, "errors": mistakes(request, error)}
    return await page(request, "deal/page.html", status=status, **{**context, **again})
