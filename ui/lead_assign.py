"""Several leads, picked in the list, given to somebody by a manager."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.lead import AssignManyBody
from api.problem import named, worded
from api.services import Provided, Services
from commands.task import BULK
from db.lead_list import find_leads
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.refusal import Refused
from locales import translate
from ui.acting import typed
from ui.form import mistakes
from ui.lead_list import sellers_within
from ui.render import page, redirect

router = APIRouter(
    prefix="/leads/assign", include_in_schema=False, dependencies=[Depends(require(Action.TASK_HAND_ON))]
)


class Picked(BaseModel):
    picked: Annotated[list[RecordId], Field(max_length=BULK)] = []


@router.get("")
async def ask(
    request: Request, asked: Annotated[Picked, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    return await _form(request, actor, services, asked.picked, {}, {})


@router.post("")
async def assign(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    """What is refused for one lead holds up no other: it stays in the form, with the reason."""
    form = await typed(request)
    picked = [str(value) for value in (await request.form()).getlist("picked")]
    try:
        body = AssignManyBody.model_validate({"leads": picked, "to": form.get("to"), "why": form.get("why") or None})
        ends = await services.leads.assign_many(actor, key, body.leads, to=body.to, why=body.why)
    except (Refused, ValidationError) as error:
        return await _form(request, actor, services, picked, form, mistakes(request, error), status=422)
    refused = {lead_id: end for lead_id, end in ends.items() if isinstance(end, Refused)}
    done = len(ends) - len(refused)
    if refused:
        why = {lead_id: worded(request, await named(request, end)) for lead_id, end in refused.items()}
        return await _form(request, actor, services, list(refused), form, {}, refused=why, done=done, status=409)
    words = translate(language_of(request))
    said = words.ngettext("%(num)d lead is given to them", "%(num)d leads are given to them", done) % {"num": done}
    return redirect(request, "/leads", said)


async def _form(
    request: Request,
    actor: Actor,
    services: Services,
    picked: list[str],
    form: dict[str, str],
    errors: dict[str, str],
    *,
    status: int = 200,
    refused: dict[str, str] | None = None,
    done: int = 0,
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        rows = await find_leads(session, actor, picked)
        offered = await sellers_within(session, actor, language_of(request))
    context: dict[str, Any] = {"rows": rows, "sellers": offered, "typed": form, "errors": errors}
    return await page(request, "lead/assign.html", status=status, refused=refused or {}, done=done, **context)
