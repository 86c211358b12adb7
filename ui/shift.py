"""Shifts: who is on duty in a week, what waits in the queues, and the shifts themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.services import Provided, Services
from commands.shift import ANSWERING
from db.absence import Absence
from db.person import OrgUnit, Person, PersonRole
from db.shift import Shift, find_shift, list_shifts, people_of, units_reached
from db.ticket_routing import queues_waiting
from domain.access import Action, Actor
from domain.calendar import WEEKDAYS
from domain.ids import RecordId
from domain.policy import canonical
from domain.refusal import Refused, invalid
from domain.shift import ShiftDetails, next_start
from locales import N_
from locales.formats import Formats
from ui.acting import say
from ui.calendar_words import weekday_name
from ui.environment import pages_of
from ui.form import mistakes
from ui.render import page, redirect, respond
from ui.routing_words import RoutingWords, routing_words
from ui.shift_form import hours_text, week_json

router = APIRouter(prefix="/shifts", include_in_schema=False, dependencies=[Depends(require(Action.TICKET_READ))])
EMPTY: dict[str, Any] = dict.fromkeys(("name", "unit_id", "zone", "starts_on", "ends_on"), "") | {"people": []}
OPEN_ABSENCES = ("coming", "away")


@dataclass(frozen=True)
class OnDay:
    """One person's day: the hours of their shifts in the shift's own zone, and whether they are away on it."""

    hours: list[str]
    away: bool


@dataclass(frozen=True)
class PersonWeek:
    person: Person
    now: bool
    days: list[OnDay]


@dataclass(frozen=True)
class Week:
    """`groups` are the units with their people; `waiting` the queues in which tickets wait, how many, since when."""

    first: date
    today: date
    groups: list[tuple[OrgUnit, list[PersonWeek]]]
    shifts: Sequence[tuple[Shift, OrgUnit, list[Person]]]
    waiting: Mapping[str, tuple[int, datetime]]
    next_at: datetime | None
    words: RoutingWords

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=no) for no in range(7)]

    @property
    def on_duty(self) -> int:
        return len({row.person.id for _, rows in self.groups for row in rows if row.now})

    def address(self, weeks: int) -> str:
        return f"/shifts?week={self.first + timedelta(weeks=weeks)}"


@router.get("")
async def show(
    request: Request, actor: CurrentActor, services: Provided, week: Annotated[date | None, Query()] = None
) -> HTMLResponse:
    formats = pages_of(request).formats(request)
    async with services.db.session(actor.id) as session:
        words = await routing_words(session, language_of(request))
        shown = await _week(session, actor, week, formats, words)
    manages = actor.scope(Action.TICKET_MANAGE) is not None
    names = [weekday_name(day, language_of(request)) for day in WEEKDAYS]
    return await respond(request, "routing/shifts.html", "week", week=shown, manages=manages, weekdays=names)


async def _week(session: AsyncSession, actor: Actor, asked: date | None, formats: Formats, words: RoutingWords) -> Week:
    now = datetime.now(UTC)
    today = formats.local(now).date()
    asked = asked if asked and date(2000, 1, 1) <= asked <= date(2200, 1, 1) else today
    first = asked - timedelta(days=asked.weekday())
    shifts = await list_shifts(session, actor)
    away = await _absences(session, {person.id for _, _, people in shifts for person in people}, first)
    groups: dict[str, tuple[OrgUnit, dict[str, tuple[Person, list[Shift]]]]] = {}
    for shift, unit, people in shifts:
        held = groups.setdefault(unit.id, (unit, {}))[1]
        for person in people:
            held.setdefault(person.id, (person, []))[1].append(shift)
    return Week(
        first=first, today=today, shifts=shifts, words=words, waiting=await queues_waiting(session, actor),
        next_at=next_start((shift.duty for shift, _, people in shifts if people), now),
        groups=[
            (unit, [_person(person, theirs, first, now, away.get(person.id, ())) for person, theirs in held.values()])
            for unit, held in groups.values()
        ],
    )  # fmt: skip


def _person(person: Person, shifts: list[Shift], first: date, now: datetime, away: Sequence[Absence]) -> PersonWeek:
    days = []
    for day in (first + timedelta(days=no) for no in range(7)):
        hours, gone = [], False
        for shift in shifts:
            zone = ZoneInfo(shift.zone)
            start = datetime.combine(day, time(), zone)
            for span in shift.duty.spans(start, datetime.combine(day + timedelta(days=1), time(), zone)):
                ends = span.end.astimezone(zone)
                last = "24:00" if ends.date() > day else f"{ends:%H:%M}"
                hours.append(f"{span.start.astimezone(zone):%H:%M}–{last}")
                gone = gone or any(one.starts_at < span.end and one.ends_at > span.start for one in away)
        days.append(OnDay(sorted(hours), gone))
    gone_now = any(one.starts_at <= now < one.ends_at for one in away)
    return PersonWeek(person, not gone_now and any(shift.duty.on_duty(now) for shift in shifts), days)


async def _absences(session: AsyncSession, people: set[str], first: date) -> dict[str, list[Absence]]:
    start = datetime.combine(first - timedelta(days=1), time(), UTC)
    theirs = (Absence.person_id.in_(people), Absence.stage.in_(OPEN_ABSENCES), Absence.ends_at > start)
    found: dict[str, list[Absence]] = {}
    for one in await session.scalars(select(Absence).where(*theirs)):
        found.setdefault(one.person_id, []).append(one)
    return found


# --- one shift --------------------------------------------------------------------------------------------------------


@router.get("/new")
async def ask_new(request: Request, actor: CurrentActor, services: Provided) -> HTMLResponse:
    actor.require(Action.TICKET_MANAGE)
    typed: dict[str, Any] = {"zone": services.settings.zone, "people": [], **dict.fromkeys(WEEKDAYS[:5], "09:00-18:00")}
    return await _form(request, actor, services, typed)


@router.post("/new")
async def add(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    form = await request.form()
    try:
        await services.shifts.add(actor, key, _details(form))
    except (Refused, ValidationError) as error:
        return await _form(request, actor, services, _typed(form), error=error)
    return redirect(request, "/shifts", say(request, N_("The shift is kept.")))


@router.get("/{shift_id}")
async def ask_change(request: Request, shift_id: RecordId, actor: CurrentActor, services: Provided) -> HTMLResponse:
    actor.require(Action.TICKET_MANAGE)
    async with services.db.session(actor.id) as session:
        shift = await find_shift(session, actor, shift_id)
        people = (await people_of(session, [shift_id])).get(shift_id, [])
    typed: dict[str, Any] = {
        "name": shift.name, "unit_id": shift.unit_id, "zone": shift.zone, "people": [one.id for one in people],
        "starts_on": shift.starts_on or "", "ends_on": shift.ends_on or "", **hours_text(shift.duty.week),
    }  # fmt: skip
    return await _form(request, actor, services, typed, shift_id=shift_id)


@router.post("/{shift_id}")
async def change(request: Request, shift_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    form = await request.form()
    try:
        await services.shifts.change(actor, shift_id, _details(form))
    except (Refused, ValidationError) as error:
        if isinstance(error, Refused) and error.status == 404:
            raise
        return await _form(request, actor, services, _typed(form), shift_id=shift_id, error=error)
    return redirect(request, "/shifts", say(request, N_("The shift is kept.")))


@router.post("/{shift_id}/remove")
async def remove(request: Request, shift_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    await services.shifts.remove(actor, shift_id)
    return redirect(request, "/shifts", say(request, N_("The shift is gone.")))


def _typed(form: FormData) -> dict[str, Any]:
    said = {name: str(value).strip() for name, value in form.items() if name != "people"}
    return {**said, "people": [str(value) for value in form.getlist("people")]}


def _details(form: FormData) -> ShiftDetails:
    """Raises Refused (422) or ValidationError."""
    typed = _typed(form)
    asked = {name: typed.get(name) for name in ("name", "unit_id", "zone", "starts_on", "ends_on")}
    week = week_json({day: typed.get(day, "") for day in WEEKDAYS})
    said = {name: value for name, value in asked.items() if value} | {"week": week, "people": typed["people"]}
    try:
        return ShiftDetails.model_validate_json(canonical(said))
    except ValidationError as error:
        if any("zone" in str(fault["type"]) for fault in error.errors()):
            raise invalid("zone_unknown", "zone", zone=str(typed.get("zone", ""))) from error
        raise


async def _form(
    request: Request,
    actor: Actor,
    services: Services,
    typed: dict[str, Any],
    *,
    shift_id: str = "",
    error: Refused | ValidationError | None = None,
) -> HTMLResponse:
    language = language_of(request)
    async with services.db.session(actor.id) as session:
        units = await units_reached(session, actor)
        answering = select(PersonRole.person_id).where(PersonRole.role.in_(ANSWERING))
        within = Person.unit_id.in_([unit.id for unit in units])
        people = await session.scalars(
            select(Person).where(Person.active, Person.id.in_(answering), within).order_by(Person.email)
        )
        offered = [(one.id, one.called(language)) for one in people]
    status = (error.status if isinstance(error, Refused) else 422) if error else 200
    return await page(
        request, "routing/shift_form.html", status=status, typed=EMPTY | typed, shift_id=shift_id, people=offered,
        units=[(unit.id, unit.called(language)) for unit in units],
        errors=mistakes(request, error) if error else {},
        weekdays=[(day, weekday_name(day, language)) for day in WEEKDAYS],
    )  # fmt: skip
