"""Won and lost: how many deals ended which way, why, against whom and whose, with the deals behind the figures."""

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
from db.deal import Deal
from db.person import OrgUnit
from db.report import check_region, regions_within
from db.win_loss import Sum, by_competitor, by_owner, by_reason, ended, totals
from domain.access import Action, Actor
from domain.money import plain_amount
from locales import N_, translate
from locales.formats import Formats
from locales.labels import label
from ui.address import Addressed
from ui.csv_file import Value, csv_file
from ui.environment import pages_of
from ui.names import Names, names
from ui.reason_words import reason_words
from ui.render import respond

router = APIRouter(
    prefix="/reports/deals", include_in_schema=False, dependencies=[Depends(require(Action.REPORT_READ))]
)

Part = Literal["reasons", "competitors", "owners", "deals"]
ADDRESS = "/reports/deals"
SPANS = (30, 90, 365)
SHOWN, FILE = 50, 10_000

FILES: dict[Part, str] = {
    "reasons": N_("Reasons"),
    "competitors": N_("Competitors"),
    "owners": N_("Owners"),
    "deals": N_("Deals"),
}


class Wanted(Addressed, Asked):
    at = ADDRESS


@dataclass(frozen=True)
class WinLoss:
    wanted: Wanted
    first: date
    last: date
    today: date
    total: Sum
    won: Sequence[Sum]
    lost: Sequence[Sum]
    competitors: Sequence[Sum]
    owners: Sequence[Sum]
    deals: Sequence[tuple[Deal, str]]
    regions: Sequence[OrgUnit]
    names: Names
    formats: Formats
    reasons: dict[tuple[str, str], str]

    @property
    def region(self) -> OrgUnit | None:
        """The one the filter names."""
        return next((unit for unit in self.regions if unit.id == self.wanted.region), None)

    @property
    def spans(self) -> list[tuple[int, str, bool]]:
        """Days, the address that shows so many until today, and whether that is shown."""
        found = []
        for days in SPANS:
            since = self.today - timedelta(days=days)
            found.append((
                days, self.wanted.address(since=since.isoformat(), until=self.today.isoformat()),
                (self.first, self.last) == (since, self.today),
            ))  # fmt: skip
        return found

    @property
    def files(self) -> dict[Part, str]:
        return {part: self.wanted.address(f"{ADDRESS}/{part}.csv") for part in FILES}

    def reason(self, outcome: str, key: str | None) -> str:
        return self.reasons.get((outcome, key or ""), key or "–")

    def why(self, deal: Deal) -> str:
        return self.reason("lost" if deal.lost_in else "won", deal.end_reason)

    def outcome(self, deal: Deal) -> str:
        return label("outcome", "lost" if deal.lost_in else "won", self.formats.language)


@router.get("")
async def show(
    request: Request, wanted: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        report = await _read(session, request, actor, wanted, SHOWN)
    return await respond(request, "report/win_loss.html", "parts", report=report)


@router.get("/{part}.csv")
async def save(
    part: Part, request: Request, wanted: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided
) -> Response:
    async with services.db.session(actor.id) as session:
        report = await _read(session, request, actor, wanted, FILE)
    _ = translate(report.formats.language).gettext
    head, rows = {"reasons": _reasons, "competitors": _competitors, "owners": _owners, "deals": _deals}[part](report)
    return csv_file(f"{_(FILES[part])} {report.first} {report.last}", [_(title) for title in head], rows)


async def _read(session: AsyncSession, request: Request, actor: Actor, wanted: Wanted, deals: int) -> WinLoss:
    check_region(actor, wanted.region)
    formats = pages_of(request).formats(request)
    span = wanted.span(request)
    first, last = wanted.days(request)
    won, lost = await by_reason(session, actor, span)
    owners, behind = await by_owner(session, actor, span), await ended(session, actor, span, deals)
    named = {one.key for one in owners} | {deal.owner_id for deal, _ in behind}
    return WinLoss(
        wanted=wanted, first=first, last=last, today=formats.local(datetime.now(UTC)).date(),
        total=await totals(session, actor, span), won=won, lost=lost,
        competitors=await by_competitor(session, actor, span), owners=owners, deals=behind,
        regions=await regions_within(session, actor), names=await names(session, formats.language, named),
        formats=formats, reasons=await reason_words(session, formats.language),
    )  # fmt: skip


# --- files ------------------------------------------------------------------------------------------------------------

Table = tuple[Sequence[str], Iterator[Sequence[Value]]]


def _money(report: WinLoss, minor: int) -> float:
    return float(plain_amount(minor, report.formats.currency))


def _reasons(report: WinLoss) -> Table:
    head = (N_("Outcome"), N_("Reason"), N_("Deals"), N_("Amount"))
    won, lost = (label("outcome", which, report.formats.language) for which in ("won", "lost"))
    return head, (
        row
        for row in [
            *((won, report.reason("won", one.key), one.won, _money(report, one.won_amount)) for one in report.won),
            *((lost, report.reason("lost", one.key), one.lost, _money(report, one.lost_amount)) for one in report.lost),
        ]
    )


def _competitors(report: WinLoss) -> Table:
    head = (N_("Competitor"), N_("Lost to them"), N_("Amount"))
    return head, ((one.key or "", one.lost, _money(report, one.lost_amount)) for one in report.competitors)


def _owners(report: WinLoss) -> Table:
    head = (N_("Owner"), N_("Won"), N_("Amount won"), N_("Lost"), N_("Amount lost"), N_("Share won"))
    return head, (
        (
            report.names.person(one.key), one.won, _money(report, one.won_amount), one.lost,
            _money(report, one.lost_amount), round(one.rate, 4),
        )
        for one in report.owners
    )  # fmt: skip


def _deals(report: WinLoss) -> Table:
    head = (
        N_("Number"), N_("Deal"), N_("Customer"), N_("Owner"), N_("Outcome"), N_("Reason"), N_("Competitor"),
        N_("In own words"), N_("Amount"), N_("Ended on"),
    )  # fmt: skip
    return head, (
        (
            deal.number, deal.title, customer, report.names.person(deal.owner_id), report.outcome(deal),
            report.why(deal),
            deal.lost_to or "", deal.end_note or "", _money(report, deal.amount),
            report.formats.local(deal.stage_since).date().isoformat(),
        )
        for deal, customer in report.deals
    )  # fmt: skip
