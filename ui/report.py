"""Reports on approvals: time per step, who is waited for, which policy rows fired, what was refused and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.report import Asked
from api.services import Provided
from db.person import OrgUnit
from db.report import (
    Fired,
    Pace,
    Queue,
    RefusedTurn,
    Span,
    StepTime,
    Totals,
    check_region,
    fired_rows,
    paces,
    queues,
    refused_turns,
    regions_within,
    step_times,
    totals,
)
from domain.access import Action, Actor, person_in, person_key
from domain.ids import RecordId
from locales import N_
from ui.address import Addressed
from ui.csv_file import Value, csv_file
from ui.environment import pages_of
from ui.render import respond
from ui.report_words import ReportWords, hours, report_words

router = APIRouter(
    prefix="/reports/approvals", include_in_schema=False, dependencies=[Depends(require(Action.REPORT_READ))]
)

PAGE = 20
"""Refusals on one page."""
PEOPLE = 100
"""People and roles in the table; a file has all of them."""
FILE = 10_000
"""Refusals in a file, the newest."""
LAST = (30, 90, 365)
"""Days that are chosen with one click."""

Part = Literal["steps", "people", "rows", "refused"]
FILES: dict[Part, str] = {
    "steps": N_("Time per step"), "people": N_("Who is waited for"), "rows": N_("Policy rows"),
    "refused": N_("Returned and rejected"),
}  # fmt: skip


class Wanted(Addressed, Asked):
    """What the address says; `after` is the last refusal of the page before."""

    at = "/reports/approvals"
    after: RecordId | None = None

    def address(self, path: str = "", **changes: object) -> str:
        return super().address(path, **{"after": None} | changes)


@dataclass(frozen=True)
class Waited:
    """A person or role: what is open to them now, and what they decided in the time."""

    key: str
    queue: Queue | None
    pace: Pace | None

    @property
    def order(self) -> tuple[int, int, float, str]:
        """Who holds up most comes first."""
        queue, pace = self.queue, self.pace
        return (-queue.overdue if queue else 0, -queue.waiting if queue else 0, -pace.median if pace else 0, self.key)


@dataclass(frozen=True)
class Report:
    wanted: Wanted
    first: date
    last: date
    today: date
    totals: Totals
    steps: Sequence[StepTime]
    people: Sequence[Waited]
    rows: Sequence[Fired]
    refused: Sequence[RefusedTurn]
    regions: Sequence[OrgUnit]
    words: ReportWords

    @property
    def region(self) -> OrgUnit | None:
        """The one the filter names."""
        return next((unit for unit in self.regions if unit.id == self.wanted.region), None)

    @property
    def more(self) -> str:
        return self.refused[PAGE - 1].turn.task_id if len(self.refused) > PAGE else ""

    @property
    def files(self) -> dict[Part, str]:
        return {part: self.wanted.address(f"/reports/approvals/{part}.csv") for part in FILES}

    @property
    def spans(self) -> list[tuple[int, str, bool]]:
        """(days until today, the address, whether these are shown)."""
        since = {days: self.today - timedelta(days=days) for days in LAST}
        return [
            (days, self.wanted.address(since=day, until=None), (day, self.today) == (self.first, self.last))
            for days, day in since.items()
        ]

    @property
    def silent(self) -> list[Fired]:
        """Rows of the policy in force that asked for nothing in this time."""
        fired = {one.row for one in self.rows}
        return [Fired(row, self.words.current, 0) for row in self.words.rows_in_force if row not in fired]


@router.get("")
async def show(
    request: Request, wanted: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        report = await _read(session, request, actor, wanted, PAGE + 1)
    return await respond(request, "report/page.html", "parts", report=report, shown=PAGE, most_people=PEOPLE)


@router.get("/{part}.csv")
async def save(
    part: Part, request: Request, wanted: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided
) -> Response:
    async with services.db.session(actor.id) as session:
        report = await _read(session, request, actor, wanted, FILE)
    words = report.words.words
    head, rows = {"steps": _steps, "people": _people, "rows": _rows, "refused": _refused}[part](report)
    name = f"{words._(FILES[part])} {report.first} {report.last}"
    return csv_file(name, [words._(title) for title in head], rows)


async def _read(session: AsyncSession, request: Request, actor: Actor, wanted: Wanted, refusals: int) -> Report:
    check_region(actor, wanted.region)
    span, now = wanted.span(request), datetime.now(UTC)
    first, last = wanted.days(request)
    steps, fired = await step_times(session, actor, span), await fired_rows(session, actor, span)
    people = await _waited(session, actor, span, now)
    refused = await refused_turns(session, actor, span, after=wanted.after, limit=refusals)
    named = {person_in(one.key) for one in people} | {one.turn.decided_by for one in refused}
    return Report(
        wanted=wanted,
        first=first,
        last=last,
        today=pages_of(request).formats(request).local(now).date(),
        totals=await totals(session, actor, span),
        steps=steps,
        people=people,
        rows=fired,
        refused=refused,
        regions=await regions_within(session, actor),
        words=await report_words(session, request, steps, refused, fired, named),
    )


async def _waited(session: AsyncSession, actor: Actor, span: Span, now: datetime) -> list[Waited]:
    waiting = {queue.key: queue for queue in await queues(session, actor, span, now)}
    decided = {person_key(pace.person): pace for pace in await paces(session, actor, span)}
    everybody = (Waited(key, waiting.get(key), decided.get(key)) for key in waiting.keys() | decided.keys())
    return sorted(everybody, key=lambda one: one.order)


# --- files ------------------------------------------------------------------------------------------------------------

Table = tuple[Sequence[str], Iterator[Sequence[Value]]]
TIMES = (N_("Median (working hours)"), N_("90th percentile (working hours)"))


def _steps(report: Report) -> Table:
    head = (N_("Step"), N_("Decided"), *TIMES, N_("Returned"), N_("Rejected"))
    return head, (
        (report.words.step(s.step, s.version), s.decided, *_hours(s.median, s.ninth), s.returned, s.rejected)
        for s in report.steps
    )


def _people(report: Report) -> Table:
    head = (N_("Waits for"), N_("Waiting now"), N_("Overdue"), N_("Decided"), *TIMES, N_("Returned or rejected"))
    return head, (
        (
            report.words.words.names.holder(one.key),
            one.queue.waiting if one.queue else 0,
            one.queue.overdue if one.queue else 0,
            one.pace.decided if one.pace else 0,
            *(_hours(one.pace.median, one.pace.ninth) if one.pace else ("", "")),
            one.pace.refused if one.pace else 0,
        )
        for one in report.people
    )


def _rows(report: Report) -> Table:
    head = (N_("Row of the policy"), N_("Last in version"), N_("Requests"))
    rows = [*report.rows, *report.silent]
    return head, ((report.words.row(one.row, one.version), one.version, one.requests) for one in rows)


def _refused(report: Report) -> Table:
    head = (N_("Number"), N_("Request"), N_("Step"), N_("Outcome"), N_("By"), N_("At"), N_("Reason"))
    words = report.words
    return head, (
        (
            one.number, one.title, words.step(one.turn.step, one.turn.policy_version), words.outcome(one.turn.status),
            words.words.names.person(one.turn.decided_by), words.at(one.turn.decided_at),
            one.turn.comment or "",
        )
        for one in report.refused
    )  # fmt: skip


def _hours(*seconds: float) -> tuple[float, ...]:
    return tuple(float(hours(one)) for one in seconds)
