"""The report on customers: follow-ups, duplicates, why they come back, how long they stay, what comes of them."""

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
from db.customer_report import (
    Done,
    Doubles,
    Flow,
    Person,
    Sum,
    Week,
    by_person,
    by_week,
    doubles,
    flows,
    follow_ups,
    summed,
)
from db.engine import take_time
from db.person import OrgUnit
from db.report import check_region, regions_within
from domain.access import Action, Actor
from domain.follow_up import OUTCOMES
from domain.ids import RecordId
from locales import N_, translate
from locales.labels import label
from ui.address import Addressed
from ui.csv_file import Value, csv_file
from ui.environment import pages_of
from ui.names import Names, names
from ui.render import respond

router = APIRouter(
    prefix="/reports/customers", include_in_schema=False, dependencies=[Depends(require(Action.REPORT_READ))]
)

Part = Literal["follow_ups", "people", "back", "stay", "conversion", "weeks"]
SPANS = (30, 90, 365)
SHOWN = 50
FILES: dict[Part, str] = {
    "follow_ups": N_("Follow-ups"),
    "people": N_("Came and went, by person"),
    "back": N_("Why customers came back"),
    "stay": N_("How long customers stayed"),
    "conversion": N_("What came of them"),
    "weeks": N_("By week"),
}


class Wanted(Addressed, Asked):
    at = "/reports/customers"
    person: RecordId | None = None


@dataclass(frozen=True)
class CustomerReport:
    wanted: Wanted
    first: date
    last: date
    today: date
    done: Sequence[Done]
    flows: Sequence[Flow]
    people: Sequence[Person]
    weeks: Sequence[Week]
    doubles: Doubles
    regions: Sequence[OrgUnit]
    names: Names
    language: str

    @property
    def region(self) -> OrgUnit | None:
        return next((unit for unit in self.regions if unit.id == self.wanted.region), None)

    @property
    def spans(self) -> list[tuple[int, str, bool]]:
        """Days, the address that shows so many until today, and whether that is shown."""
        since = {days: self.today - timedelta(days=days) for days in SPANS}
        return [
            (days, self.wanted.address(since=day, until=None), (day, self.today) == (self.first, self.last))
            for days, day in since.items()
        ]

    @property
    def files(self) -> dict[Part, str]:
        return {part: self.wanted.address(f"/reports/customers/{part}.csv") for part in FILES}

    @property
    def came(self) -> Sequence[Flow]:
        return [flow for flow in self.flows if flow.came]

    @property
    def back(self) -> list[Sum]:
        """Why customers came back from people."""
        return summed(self.flows, lambda flow: None if flow.came or flow.from_pool else flow.reason or "given_back")

    @property
    def stays(self) -> list[tuple[str, Sum | None, Sum | None]]:
        """By tier: how long customers stayed with an owner, and how long in the pool."""
        owned = {one.key: one for one in summed(self.flows, lambda flow: None if flow.from_pool else flow.tier)}
        pooled = summed(self.flows, lambda flow: flow.tier if flow.came and flow.from_pool else None)
        lay = {one.key: one for one in pooled}
        return [(tier, owned.get(tier), lay.get(tier)) for tier in sorted(owned.keys() | lay.keys())]

    @property
    def by_tier(self) -> list[Sum]:
        return sorted(summed(self.came, lambda flow: flow.tier), key=lambda one: one.key)

    @property
    def by_way(self) -> list[Sum]:
        return summed(self.came, lambda flow: flow.how)

    @property
    def callers(self) -> list[tuple[str, dict[str, int], int, int]]:
        """(person, follow-ups by outcome, all of them, customers); who did most first."""
        rows: dict[str, dict[str, int]] = {}
        customers: dict[str, int] = {}
        for one in self.done:
            rows.setdefault(one.person, {})[one.outcome] = one.follow_ups
            customers[one.person] = customers.get(one.person, 0) + one.customers
        found = [(person, said, sum(said.values()), customers[person]) for person, said in rows.items()]
        return sorted(found, key=lambda row: (-row[2], row[0]))

    def called(self, group: str, key: str) -> str:
        return label(group, key, self.language)


@router.get("")
async def show(
    request: Request, wanted: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        report = await _read(session, request, actor, wanted, services.settings.zone)
    return await respond(request, "report/customers.html", "parts", report=report, outcomes=OUTCOMES, most=SHOWN)


@router.get("/{part}.csv")
async def save(
    part: Part, request: Request, wanted: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided
) -> Response:
    async with services.db.session(actor.id) as session:
        report = await _read(session, request, actor, wanted, services.settings.zone)
    _ = translate(report.language).gettext
    writers = {
        "follow_ups": _follow_ups, "people": _people, "back": _back, "stay": _stay, "conversion": _conversion,
        "weeks": _weeks,
    }  # fmt: skip
    head, rows = writers[part](report)
    return csv_file(f"{_(FILES[part])} {report.first} {report.last}", [_(title) for title in head], rows)


async def _read(
    session: AsyncSession, request: Request, actor: Actor, wanted: Wanted, zone: str
) -> CustomerReport:  # fmt: skip
    check_region(actor, wanted.region)
    formats = pages_of(request).formats(request)
    span = wanted.span(request)
    first, last = wanted.days(request)
    person = wanted.person
    await take_time(session, 20)
    done = await follow_ups(session, actor, span, person)
    people = await by_person(session, actor, span, person)
    met = {one.person for one in done} | {one.person for one in people} | {person}
    return CustomerReport(
        wanted=wanted, first=first, last=last, today=formats.local(datetime.now(UTC)).date(), done=done,
        flows=await flows(session, actor, span, person), people=people,
        weeks=await by_week(session, actor, span, zone, person), doubles=await doubles(session, actor, span),
        regions=await regions_within(session, actor), names=await names(session, formats.language, met),
        language=formats.language,
    )  # fmt: skip


# --- files ------------------------------------------------------------------------------------------------------------

Table = tuple[Sequence[str], Iterator[Sequence[Value]]]


def _follow_ups(report: CustomerReport) -> Table:
    head = (N_("Person"), N_("Outcome"), N_("Follow-ups"), N_("Customers"))
    return head, (
        (
            report.names.person(one.person),
            report.called("follow_up_outcome", one.outcome),
            one.follow_ups,
            one.customers,
        )
        for one in report.done
    )


def _people(report: CustomerReport) -> Table:
    head = (N_("Person"), N_("Came"), N_("Went back"))
    return head, ((report.names.person(one.person), one.came, one.went) for one in report.people)


def _back(report: CustomerReport) -> Table:
    head = (N_("Reason"), N_("Customers"), N_("Days with their owner"))
    return head, ((report.called("pool_back", one.key), one.changes, _days(one)) for one in report.back)


def _stay(report: CustomerReport) -> Table:
    head = (N_("Tier"), N_("Left an owner"), N_("Days with their owner"), N_("Left the pool"), N_("Days in the pool"))
    return head, (
        (
            tier, owned.changes if owned else 0, _days(owned) if owned else "", pooled.changes if pooled else 0,
            _days(pooled) if pooled else "",
        )
        for tier, owned, pooled in report.stays
    )  # fmt: skip


def _conversion(report: CustomerReport) -> Table:
    head = (N_("Tier, or how they came"), N_("Customers that came"), N_("With a deal won since"), N_("Share"))
    tiers = [(one.key, one) for one in report.by_tier]
    ways = [(report.called("customer_how", one.key), one) for one in report.by_way]
    return head, ((name, one.changes, one.won, round(one.rate, 4)) for name, one in [*tiers, *ways])


def _weeks(report: CustomerReport) -> Table:
    head = (N_("Week from"), N_("Came"), N_("Went back"))
    return head, ((one.first.isoformat(), one.came, one.went) for one in report.weeks)


def _days(one: Sum) -> Value:
    return "" if one.days is None else round(one.days, 1)
