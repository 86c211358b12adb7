"""Absences: one's own, those of the people below, and those one stands in for; ended early or called off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.auth import CurrentActor
from api.body import IdempotencyKey
from api.services import Provided
from commands.absence import arranged_by
from db.absence import Absence, find_absence, list_absences
from db.person import member
from domain.access import Actor, person_in
from domain.ids import RecordId
from locales import N_
from ui.absence_form import AbsenceForm, read_form
from ui.acting import done, say
from ui.environment import pages_of
from ui.names import Names, names
from ui.render import respond

router = APIRouter(prefix="/absences", include_in_schema=False)

PAST = 20


@dataclass(frozen=True)
class AbsenceList:
    """`whose` is the one person it is about; empty: everybody whom the reader may see."""

    whose: str
    open: Sequence[Absence]
    past: Sequence[Absence]
    arranged: frozenset[str]
    names: Names

    @property
    def groups(self) -> list[tuple[str, list[Absence]]]:
        stages = ("away", "coming")
        shown = [(stage, [one for one in self.open if one.stage == stage]) for stage in stages]
        return [group for group in (*shown, ("over", list(self.past))) if group[1]]


@router.get("")
async def show(
    request: Request, actor: CurrentActor, services: Provided, person: RecordId | None = None
) -> HTMLResponse:
    """`person`: only theirs, and the form is for them."""
    async with services.db.session(actor.id) as session:
        shown = await read_absences(session, request, actor, person)
        form = await read_form(session, request, actor, person)
    return await show_absences(request, shown, form)


async def show_absences(
    request: Request, shown: AbsenceList, form: AbsenceForm | None, *, status: int = 200
) -> HTMLResponse:
    return await respond(request, "absence/page.html", "rows", status=status, shown=shown, form=form)


async def read_absences(session: AsyncSession, request: Request, actor: Actor, person_id: str | None) -> AbsenceList:
    """Raises Refused (404) where there is no such person."""
    if person_id:
        await member(session, person_id)
    current = await list_absences(session, actor, person_id=person_id)
    past = await list_absences(session, actor, person_id=person_id, past=True, limit=PAST)
    people = {one.person_id for one in current}
    known = {actor.id, person_id, *people, *(one.person_id for one in past)}
    substitutes = {person_in(one.substitute) for one in (*current, *past)}
    return AbsenceList(
        whose=person_id or "",
        open=current,
        past=past,
        arranged=await arranged_by(session, actor, people),
        names=await names(session, pages_of(request).language(request), known | substitutes),
    )


@router.get("/{absence_id}")
async def find(absence_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    """To where a notice's link leads. Raises Refused (404)."""
    async with services.db.session(actor.id) as session:
        await find_absence(session, actor, absence_id)
    return RedirectResponse(f"/absences#absence-{absence_id}", 303)


@router.post("/{absence_id}/end")
async def end(
    request: Request, absence_id: RecordId, key: IdempotencyKey, actor: CurrentActor, services: Provided
) -> Response:
    async with services.db.session(actor.id) as session:
        begun = (await find_absence(session, actor, absence_id)).stage == "away"
    answer = await services.absences.end(actor, key, absence_id)
    said = N_("The absence is over.") if begun else N_("The absence is called off.")
    return done(request, "/absences", answer, say(request, said))
