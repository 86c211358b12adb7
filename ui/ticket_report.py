"""The service report: what was promised and kept, by queue, agent, tier or week; how old open tickets are."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api.auth import CurrentActor, require
from api.language import language_of
from api.services import Provided, Services
from db.lead_form import regions
from db.ticket_report import BYS, By, Kept, Period, ageing, kept
from domain.access import Action, Actor
from domain.ids import RecordId, is_id
from domain.sla import CLOCKS
from locales import N_
from locales.labels import label
from ui.acting import say
from ui.address import Addressed
from ui.csv_file import csv_file
from ui.environment import pages_of
from ui.names import names
from ui.render import respond

PATH = "/reports/service"
router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[Depends(require(Action.TICKET_READ))])
DAYS = timedelta(days=89)
HEADINGS = {"queue": N_("Queue"), "agent": N_("Agent"), "tier": N_("Customer tier"), "week": N_("Week of")}


class Wanted(Addressed):
    """The address of the report; days of the company's zone, both included."""

    at = PATH
    by: By = "queue"
    first: date | None = None
    last: date | None = None
    region: RecordId | None = None


@router.get("")
async def show_report(
    request: Request, asked: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided
) -> Response:
    first, last, rows, called = await _read(request, actor, services, asked)
    async with services.db.session(actor.id) as session:
        old = await ageing(session, actor, datetime.now(UTC), asked.region)
        everywhere = await regions(session)
    context: dict[str, Any] = {
        "asked": asked, "first": first, "last": last, "bys": [(by, say(request, HEADINGS[by])) for by in BYS],
        "clocks": [(clock, [row for row in rows if row.kind == clock]) for clock in CLOCKS], "called": called,
        "heading": say(request, HEADINGS[asked.by]), "ageing": old, "regions": everywhere,
        "region": next((unit for unit in everywhere if unit.id == asked.region), None),
    }  # fmt: skip
    return await respond(request, "report/service.html", "parts", **context)


@router.get("/{part}.csv")
async def as_file(
    request: Request, part: Literal["kept"], asked: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided
) -> Response:
    first, last, rows, called = await _read(request, actor, services, asked)
    head = [
        say(request, text)
        for text in (N_("Clock"), HEADINGS[asked.by], N_("Ended"), N_("In time"), N_("Late"), N_("Median in hours"),
                     N_("90th percentile in hours"))
    ]  # fmt: skip
    language = language_of(request)
    lines = (
        (
            label("clock", row.kind, language), called[row.key], row.ended, row.in_time, row.late,
            round(row.median / 3600, 2), round(row.ninth / 3600, 2),
        )
        for row in rows
    )  # fmt: skip
    return csv_file(f"{say(request, N_('Service report'))} {first} {last}", head, lines)


async def _read(
    request: Request, actor: Actor, services: Services, asked: Wanted
) -> tuple[date, date, list[Kept], dict[str, str]]:
    """The days, the rows, and what each key is called."""
    zone = ZoneInfo(services.settings.zone)
    last = asked.last or datetime.now(zone).date()
    first = min(asked.first or last - DAYS, last)
    starts, ends = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    period = Period(starts, ends, services.settings.zone, asked.region)
    language, formats = language_of(request), pages_of(request).formats(request)
    async with services.db.session(actor.id) as session:
        rows = await kept(session, actor, period, asked.by)
        people = await names(session, language, {row.key for row in rows if is_id(row.key)})
    none = say(request, N_("none"))
    called = {
        row.key: none
        if not row.key
        else people.person(row.key)
        if asked.by == "agent"
        else label("tier", row.key, language)
        if asked.by == "tier"
        else formats.day(date.fromisoformat(row.key))
        if asked.by == "week"
        else row.key
        for row in rows
    }
    return first, last, rows, called
