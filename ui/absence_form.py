"""The form that plans or changes an absence: whose, when in the reader's time, who stands in, for which tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor
from api.body import IdempotencyKey
from api.services import Provided, Services
from commands.absence import NOBODY_FROM, may_arrange
from db.absence import Absence, find_absence
from db.colleague import find_colleagues
from db.person import Member, list_people, member, people_below
from domain.absence import AbsenceChange, AbsencePlan
from domain.access import Actor, person_in, person_key
from domain.ids import RecordId
from domain.process import Answer
from domain.refusal import Refused, invalid
from domain.task import KINDS
from locales import N_
from ui.acting import done, local_instant, say
from ui.environment import pages_of
from ui.form import mistakes
from ui.names import Names, names
from ui.render import fragment, page, redirect

router = APIRouter(prefix="/absences", include_in_schema=False)

OFFERED = 5
"""Colleagues shown to pick from; typing finds the others."""

Sought = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True)
class AbsenceForm:
    """`picks` are the substitutes offered: (holder key, what it is called). `id`: the absence that is changed."""

    person_id: str
    who: Sequence[tuple[str, str]]
    picks: Sequence[tuple[str, str]]
    typed: dict[str, Any]
    zone: str
    id: str = ""
    begun: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    kinds: Sequence[str] = KINDS


async def read_form(
    session: AsyncSession, request: Request, actor: Actor, person_id: str | None = None, absence: Absence | None = None,
    typed: dict[str, Any] | None = None, errors: dict[str, str] | None = None,
) -> AbsenceForm | None:  # fmt: skip
    """None for somebody whose absences are not the reader's to arrange."""
    away = await member(session, absence.person_id if absence else person_id or actor.id)
    if not await may_arrange(session, actor, away.person.id) or not away.person.active:
        return None
    formats = pages_of(request).formats(request)
    shown = typed or (_of(absence, request) if absence else _tomorrow(formats.local(datetime.now(UTC))))
    called = await names(session, formats.language, [person_in(shown["substitute"])])
    below = [] if absence else await people_below(session, actor.id)
    people = {one.id: one.called(formats.language) for one in (away.person, *below)}
    return AbsenceForm(
        person_id=away.person.id,
        who=list(people.items()),
        picks=await offers(session, away, called, shown["q"], shown["substitute"]),
        typed=shown,
        zone=formats.zone,
        id=absence.id if absence else "",
        begun=absence is not None and absence.stage == "away",
        errors=errors or {},
    )


async def offers(session: AsyncSession, away: Member, called: Names, text: str, chosen: str) -> list[tuple[str, str]]:
    """Who may stand in: the one chosen, the colleagues of one's own roles, and people by name or of the own unit."""
    own = person_key(away.person.id)
    keys = [chosen] if chosen else []
    if not text:
        keys += sorted(away.authority.holder_keys - {own})
        near = await list_people(session, unit_id=away.unit.parent_id or away.unit.id, limit=OFFERED + 1)
        found = [known.person for known in near]
    else:
        found = [person for person, _ in await find_colleagues(session, text, limit=OFFERED + 1)]
    labels = {key: called.holder(key) for key in keys}
    labels |= {person_key(one.id): one.called(called.language) for one in found}
    return [(key, label) for key, label in labels.items() if key != own]


@router.get("/substitutes")
async def offer(
    request: Request, actor: CurrentActor, services: Provided, q: Sought = "", person_id: RecordId | None = None
) -> HTMLResponse:
    """Those that fit what is being typed."""
    async with services.db.session(actor.id) as session:
        away = await member(session, person_id or actor.id)
        called = await names(session, pages_of(request).language(request), [])
        picks = await offers(session, away, called, q.strip(), "")
    return await fragment(request, "absence/substitutes.html", "substitutes", picks=picks, chosen="")


@router.post("")
async def plan(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    form = await request.form()
    person_id = str(form.get("person_id") or actor.id)
    try:
        wish = AbsencePlan.model_validate(_wish(request, form))
        answer = await services.absences.plan(actor, key, person_id, wish)
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, form, error, person_id=person_id)
    return _planned(request, answer, say(request, N_("The absence is planned.")))


@router.get("/{absence_id}/edit")
async def ask_change(request: Request, absence_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    async with services.db.session(actor.id) as session:
        absence = await find_absence(session, actor, absence_id)
        form = await read_form(session, request, actor, absence=absence)
    if form is None:
        raise Refused("not_superior", 403)
    return await page(request, "absence/edit.html", form=form)


@router.post("/{absence_id}/edit")
async def change(
    request: Request, absence_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    form = await request.form()
    try:
        wish = AbsenceChange.model_validate(_wish(request, form))
        answer = await services.absences.change(actor, key, absence_id, wish)
    except (Refused, ValidationError) as error:
        return await _again(request, actor, services, form, error, absence_id=absence_id)
    return _planned(request, answer, say(request, N_("The absence is changed.")))


def _planned(request: Request, answer: Answer, text: str) -> Response:
    if NOBODY_FROM not in answer.result:
        return done(request, "/absences", answer, text)
    warning = N_("Part of the time nobody stands in: the substitutes are away too. Tasks then stay where they are.")
    return redirect(request, "/absences", f"{text} {say(request, warning)}", "info")


async def _again(
    request: Request, actor: Actor, services: Services, form: FormData, error: Refused | ValidationError, *,
    person_id: str = "", absence_id: str = "",
) -> HTMLResponse:  # fmt: skip
    """The form with what was typed, and what is wrong beside its field. What no form can mend is raised."""
    if isinstance(error, Refused) and error.field is None:
        raise error
    fields = ("starts_at", "ends_at", "substitute", "reason", "q")
    typed: dict[str, Any] = {name: str(form.get(name) or "") for name in fields}
    typed["kinds"] = form.getlist("kinds")
    async with services.db.session(actor.id) as session:
        absence = await find_absence(session, actor, absence_id) if absence_id else None
        errors = mistakes(request, error)
        shown = await read_form(session, request, actor, person_id, absence, typed, errors)
    return await page(request, "absence/edit.html", status=422, form=shown)


def _wish(request: Request, form: FormData) -> dict[str, Any]:
    """The form as `AbsencePlan` takes it. A beginning that can no longer be changed is not sent."""
    instants = {
        name: local_instant(request, name, str(form[name])) for name in ("starts_at", "ends_at") if form.get(name)
    }
    if not form.get("substitute"):
        raise invalid("field_needed", "substitute")
    chosen = {"substitute": form["substitute"], "kinds": form.getlist("kinds"), "reason": form.get("reason", "")}
    return instants | chosen


def _of(absence: Absence, request: Request) -> dict[str, Any]:
    local = pages_of(request).formats(request).local
    times = {name: local(getattr(absence, name)).strftime("%Y-%m-%dT%H:%M") for name in ("starts_at", "ends_at")}
    return {**times, "substitute": absence.substitute, "kinds": absence.kinds, "reason": absence.reason or "", "q": ""}


def _tomorrow(now: datetime) -> dict[str, Any]:
    day = now.date() + timedelta(days=1)
    times = {
        name: datetime.combine(day, time(hour)).strftime("%Y-%m-%dT%H:%M")
        for name, hour in (("starts_at", 9), ("ends_at", 18))
    }
    return {**times, "substitute": "", "kinds": [], "reason": "", "q": ""}
