"""Asking to keep a customer longer, and the manager's answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, StringConstraints, field_validator
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided, Services
from db.extension import Extension, open_extension
from db.pool import Place, PoolReader
from db.process import Task
from db.scope import visible
from domain.access import Action, Actor
from domain.ids import RecordId, is_id
from domain.process import Answer
from domain.refusal import Refused, invalid, not_found
from locales import N_
from ui.acting import done, say, typed
from ui.form import mistakes
from ui.pool import PLACE, place_of, text_of
from ui.render import page, redirect
from ui.task import Act

router = APIRouter(include_in_schema=False, dependencies=[Depends(require(Action.CUSTOMER_WORK))])


class Decision(BaseModel):
    """What the manager's form sends: an empty day is the one that was asked for."""

    outcome: Literal["grant", "refuse"]
    until: date | None = None
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)] = ""

    @field_validator("until", mode="before")
    @classmethod
    def empty_is_none(cls, value: str | None) -> str | None:
        return value or None


def _end(day: date, services: Services) -> datetime:
    """The first instant after the day, in the company's zone: it is kept for the whole of it."""
    zone = ZoneInfo(services.settings.zone)
    return datetime.combine(date.fromordinal(day.toordinal() + 1), time(), zone).astimezone(UTC)


@router.get("/pool/extend")
async def ask(
    request: Request, place: Annotated[str, Query(pattern=PLACE)], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    return await _form(request, actor, services, place_of(place), {}, {})


@router.post("/pool/extend")
async def send(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    form = await typed(request)
    place = place_of(form.get("place", ""))
    if not all(is_id(part) for part in place):
        raise not_found("customer")
    try:
        try:
            day = date.fromisoformat(form.get("until", ""))
        except ValueError:
            raise invalid("date_format", "until") from None
        answer = await services.extensions.ask(
            actor, key, place, until=_end(day, services), why=form.get("why", "")[:500]
        )  # fmt: skip
    except Refused as refused:
        if refused.status not in (409, 422):
            raise
        return await _form(request, actor, services, place, form, mistakes(request, refused))
    return done(request, "/pool/mine", answer, say(request, N_("Your manager is asked.")))


async def _form(
    request: Request, actor: Actor, services: Services, place: Place, form: dict[str, str], errors: dict[str, str]
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        reader = await PoolReader.of(session, actor)
        found = [one for one in await reader.find(session, [place]) if one.place.owner_id == actor.id]
        waiting = await open_extension(session, *place) if found else None
    if not found:
        raise not_found("customer")
    return await page(
        request, "pool/extend.html", status=422 if errors else 200, entry=found[0], place=text_of(place), typed=form,
        errors=errors, waiting=waiting,
    )  # fmt: skip


@router.get("/extensions/{extension_id}")
async def show(request: Request, extension_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    """Where a notice about it leads: to the customer."""
    async with services.db.session(actor.id) as session:
        found: Extension = await visible(session, actor, "extension", extension_id)
    return redirect(request, f"/customers/{found.customer_id}")


@router.post("/tasks/{task_id}/extend")
async def decide(acting: Act) -> Response:
    async def act(decision: Decision, task: Task) -> Answer:
        until = _end(decision.until, acting.services) if decision.until else None
        return await acting.services.extensions.decide(
            acting.actor, acting.key, task.id, grant=decision.outcome == "grant", until=until, comment=decision.comment
        )

    return await acting.do(Decision, act, N_("Kept: %(title)s"))
