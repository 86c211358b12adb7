"""What somebody can do, and which languages they speak: kept by their lead."""

from __future__ import annotations

import re

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.language import language_of
from api.services import Provided, Services
from db import person as people
from db.shift import skills_of
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.refusal import Refused, invalid
from locales import LANGUAGES, N_
from ui.acting import say
from ui.form import mistakes
from ui.render import page, redirect
from ui.routing_words import routing_words

router = APIRouter(prefix="/people", include_in_schema=False, dependencies=[Depends(require(Action.PEOPLE_READ))])
KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
MOST = 60


@router.get("/{person_id}/skills")
async def ask(request: Request, person_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    actor.require(Action.TICKET_MANAGE)
    return await _form(request, actor, services, person_id)


@router.post("/{person_id}/skills")
async def keep(request: Request, person_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    form = await request.form()
    try:
        await services.shifts.set_skills(actor, person_id, _levels(form, "skill."), _levels(form, "language."))
    except Refused as refused:
        if refused.status != 422:
            raise
        return await _form(request, actor, services, person_id, refused)
    return redirect(request, f"/people/{person_id}", say(request, N_("Saved.")))


def _levels(form: FormData, prefix: str) -> dict[str, int]:
    """By key; what has no level is not among them. Raises Refused (422)."""
    named = {name.removeprefix(prefix): str(value) for name, value in form.items() if name.startswith(prefix)}
    new = str(form.get(f"new_{prefix}key", "")).strip().lower().replace(" ", "_")
    if new:
        named[new] = str(form.get(f"new_{prefix}level", ""))
    if len(named) > MOST or not all(KEY.fullmatch(key) or key in LANGUAGES for key in named):
        raise invalid("skill_unreadable", "skills")
    if any(level not in ("", "1", "2", "3") for level in named.values()):
        raise invalid("level_unknown", "skills")
    return {key: int(level) for key, level in named.items() if level}


async def _form(
    request: Request, actor: Actor, services: Services, person_id: str, refused: Refused | None = None
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        shown = await people.member(session, person_id)
        skills, languages = (await skills_of(session, [person_id])).get(person_id, ({}, {}))
        words = await routing_words(session, language_of(request))
    return await page(
        request, "person/skills.html", status=422 if refused else 200, shown=shown,
        skills={key: skills.get(key, 0) for key in sorted({*skills, *words.skills})},
        languages={key: languages.get(key, 0) for key in sorted({*languages, *LANGUAGES})},
        errors=mistakes(request, refused) if refused else {},
    )  # fmt: skip
