"""How often tickets were given to the right queue at first: rules beside text model, by week and by queue; and the
models that were trained. Measured by what became of each ticket, never by what a model learned from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.report import Asked
from api.services import Provided
from db.ticket_routing import Tally, TicketModelVersion, models, tallies
from domain.access import Action, Actor
from domain.ticket_model import Measure
from locales import N_
from ui.acting import say
from ui.address import Addressed
from ui.csv_file import Value, csv_file
from ui.environment import pages_of
from ui.names import Names, names
from ui.render import redirect, respond
from ui.routing_words import RoutingWords, routing_words

ADDRESS = "/reports/routing"
router = APIRouter(prefix=ADDRESS, include_in_schema=False, dependencies=[Depends(require(Action.TICKET_MANAGE))])
SPANS = (30, 90, 365)
Part = Literal["weeks", "queues"]
HEAD = (
    N_("Routed"), N_("First right"), N_("By rules"), N_("Rules right"), N_("By the model"), N_("Model right"),
    N_("To triage"),
)  # fmt: skip


class Wanted(Addressed, Asked):
    at = ADDRESS


@dataclass(frozen=True)
class Report:
    wanted: Wanted
    first: date
    last: date
    today: date
    weeks: Sequence[Tally]
    queues: Sequence[Tally]
    models: Sequence[TicketModelVersion]
    words: RoutingWords
    names: Names

    @property
    def spans(self) -> list[tuple[int, str, bool]]:
        """Days, the address that shows so many until today, and whether that is shown."""
        starts = [(days, self.today - timedelta(days=days)) for days in SPANS]
        return [
            (days, self.wanted.address(since=since.isoformat(), until=self.today.isoformat()),
             (self.first, self.last) == (since, self.today))
            for days, since in starts
        ]  # fmt: skip

    @property
    def total(self) -> Tally:
        """Of all weeks, where there is any."""
        return Tally("", *(sum(part) for part in zip(*(tally[1:] for tally in self.weeks), strict=True)))

    @property
    def measures(self) -> list[tuple[str, Measure]]:
        """Of the model in use, by language."""
        return (
            [(key, Measure.model_validate(one)) for key, one in self.models[0].measure.items()] if self.models else []
        )


@router.get("")
async def show(
    request: Request, wanted: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        report = await _read(session, request, actor, wanted, services.settings.zone)
    trains = actor.scope(Action.POLICY_MANAGE) is not None
    return await respond(request, "routing/report.html", "parts", report=report, trains=trains)


@router.get("/{part}.csv")
async def save(
    part: Part, request: Request, wanted: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided
) -> Response:
    async with services.db.session(actor.id) as session:
        report = await _read(session, request, actor, wanted, services.settings.zone)
    said = {"weeks": N_("Week"), "queues": N_("Queue")}[part]
    head = [say(request, title) for title in (said, *HEAD)]
    name = f"{say(request, said)} {report.first} {report.last}"
    return csv_file(name, head, _rows(report, part))


@router.post("/train")
async def train(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    await services.ticket_training.start(actor, key)
    return redirect(request, ADDRESS, say(request, N_("Training has begun. The model shows here when it is ready.")))


def _rows(report: Report, part: Part) -> Iterator[list[Value]]:
    for tally in report.weeks if part == "weeks" else report.queues:
        yield [tally.key if part == "weeks" else report.words.queue(tally.key), *tally[1:]]


async def _read(session: AsyncSession, request: Request, actor: Actor, wanted: Wanted, zone: str) -> Report:
    formats = pages_of(request).formats(request)
    span: Any = wanted.span(request)
    first, last = wanted.days(request)
    known = await models(session)
    found = {by: await tallies(session, actor, span.since, span.until, formats.zone, by) for by in ("week", "queue")}
    return Report(
        wanted=wanted, first=first, last=last, today=formats.local(datetime.now(UTC)).date(), weeks=found["week"],
        queues=found["queue"], models=known, words=await routing_words(session, language_of(request)),
        names=await names(session, language_of(request), {one.trained_by for one in known}),
    )  # fmt: skip
