"""People: who works here, in which team and role. Administrators take them on, change them and see them off."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import BaseModel, Field, ValidationError, field_validator
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.services import Provided, Services
from commands.absence import may_arrange
from commands.shift import ANSWERING
from db import person as people
from db.person import Member
from db.shift import skills_of
from domain.access import Action, Actor, Role, Scope
from domain.ids import RecordId
from domain.person import PersonDetails
from domain.refusal import Refused
from locales import N_, translate
from ui.form import mistakes
from ui.names import names
from ui.render import page, respond, wants_fragment
from ui.toast import redirect

router = APIRouter(prefix="/people", include_in_schema=False, dependencies=[Depends(require(Action.PEOPLE_READ))])

PAGE = 50
CHOICES = 1000
"""As many people as the list to choose a manager from offers."""


class Filter(BaseModel):
    """The address of the list: what it is narrowed to, where the page begins, who is open beside it."""

    text: str = Field("", max_length=100)
    role: Role | None = None
    unit: RecordId | None = None
    left: bool = False
    after: str = Field("", max_length=254)
    open: RecordId | None = None

    @field_validator("role", "unit", "open", mode="before")
    @classmethod
    def empty_is_all(cls, value: str | None) -> str | None:
        return value or None

    @property
    def kept(self) -> dict[str, Any]:
        """What a new search of names leaves as it is."""
        return {name: value for name, value in self.model_dump(include={"role", "unit", "left"}).items() if value}

    def address(self, **other: str) -> str:
        asked = {name: value for name, value in (self.model_dump() | other).items() if value}
        return f"/people?{urlencode(asked)}"


@router.get("")
async def show_list(
    request: Request, asked: Annotated[Filter, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        found = await people.list_people(
            session,
            text=asked.text.strip(),
            role=asked.role,
            unit_id=asked.unit,
            active=not asked.left,
            after=asked.after or None,
            limit=PAGE + 1,
        )
        units = await people.units(session)
    context = await _panel(request, actor, services, asked.open) if asked.open else {"shown": None}
    return await page(
        request,
        "person/list.html",
        found=found[:PAGE],
        more=found[PAGE - 1].person.email if len(found) > PAGE else "",
        units=units,
        unit=next((unit for unit in units if unit.id == asked.unit), None),
        roles=list(Role),
        asked=asked,
        **{"may_manage": _may_manage(actor), **context, "beside": True},
    )


@router.get("/new")
async def ask_new(request: Request, actor: CurrentActor, services: Provided) -> HTMLResponse:
    actor.require(Action.PEOPLE_MANAGE)
    return await _form(request, actor, services, {"roles": []})


@router.post("/new")
async def create(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    typed = await _typed(request)
    try:
        person_id, password = await services.people.create(actor, key, PersonDetails.model_validate(typed))
    except (Refused, ValidationError) as error:
        return await _form(request, actor, services, typed, error=error)
    return await _person(request, actor, services, person_id, password=password or "")


@router.get("/{person_id}")
async def show(request: Request, person_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    context = await _panel(request, actor, services, person_id)
    return await respond(request, "person/page.html", "record", **context)


@router.get("/{person_id}/edit")
async def ask_change(request: Request, person_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    actor.require(Action.PEOPLE_MANAGE)
    async with services.db.session(actor.id) as session:
        known = await people.member(session, person_id)
    person = known.person
    typed = {name: getattr(person, name) for name in ("email", "name", "name_en", "unit_id", "manager_id")}
    return await _form(request, actor, services, typed | {"roles": list(known.roles)}, person_id=person_id)


@router.post("/{person_id}/edit")
async def change(request: Request, person_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    typed = await _typed(request)
    try:
        await services.people.change(actor, person_id, PersonDetails.model_validate(typed))
    except (Refused, ValidationError) as error:
        return await _form(request, actor, services, typed, person_id=person_id, error=error)
    return _done(request, person_id, N_("Saved."))


@router.post("/{person_id}/active")
async def set_active(
    request: Request, person_id: RecordId, actor: CurrentActor, services: Provided, active: Annotated[bool, Form()]
) -> Response:
    await services.people.set_active(actor, person_id, active)
    return _done(request, person_id, N_("May sign in again.") if active else N_("Signed out everywhere."))


@router.post("/{person_id}/start-password")
async def reset_sign_in(request: Request, person_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    """Answers with the page itself, since the password is shown this once."""
    password = await services.people.reset_sign_in(actor, person_id)
    return await _person(request, actor, services, person_id, password=password)


async def _person(request: Request, actor: Actor, services: Services, person_id: str, *, password: str) -> HTMLResponse:
    context = await _panel(request, actor, services, person_id)
    return await page(request, "person/page.html", **context | {"password": password})


async def _panel(request: Request, actor: Actor, services: Services, person_id: str) -> dict[str, Any]:
    async with services.db.session(actor.id) as session:
        shown: Member = await people.member(session, person_id)
        called = await names(session, language_of(request), [shown.person.manager_id])
        skills, languages = (await skills_of(session, [person_id])).get(person_id, ({}, {}))
        arranged = await may_arrange(session, actor, person_id)
    return {
        "shown": shown,
        "manager": called.person(shown.person.manager_id),
        "regions": sorted(called.unit(region) for region in shown.regions),
        "skills": skills,
        "languages": languages,
        "may_skill": bool(shown.roles & ANSWERING) and _may_skill(actor, shown),
        "may_manage": _may_manage(actor),
        "may_arrange": shown.person.active and arranged,
        "may_audit": actor.scope(Action.AUDIT_READ) is not None,
        "password": "",
        "beside": wants_fragment(request),
    }


async def _form(
    request: Request,
    actor: Actor,
    services: Services,
    typed: dict[str, Any],
    *,
    person_id: str = "",
    error: Refused | ValidationError | None = None,
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        units = await people.units(session)
        colleagues = [known.person for known in await people.list_people(session, limit=CHOICES)]
    language = language_of(request)
    status = error.status if isinstance(error, Refused) else 422
    return await page(
        request,
        "person/form.html",
        status=status if error else 200,
        typed=typed,
        person_id=person_id,
        errors=mistakes(request, error) if error else {},
        unit_choices=[(unit.id, unit.called(language)) for unit in units],
        manager_choices=[(one.id, one.called(language)) for one in colleagues if one.id != person_id],
        roles=list(Role),
    )


async def _typed(request: Request) -> dict[str, Any]:
    """The form as `PersonDetails` takes it; an empty field is one that was left out."""
    form = await request.form()
    fields = ("email", "name", "name_en", "unit_id", "manager_id")
    return {name: form[name] for name in fields if form.get(name)} | {"roles": form.getlist("roles")}


def _may_skill(actor: Actor, shown: Member) -> bool:
    scope = actor.scope(Action.TICKET_MANAGE)
    return scope is not None and (scope == Scope.ALL or bool(shown.regions & actor.regions))


def _may_manage(actor: Actor) -> bool:
    return actor.scope(Action.PEOPLE_MANAGE) is not None


def _done(request: Request, person_id: str, text: str) -> Response:
    return redirect(request, f"/people/{person_id}", translate(language_of(request)).gettext(text))
