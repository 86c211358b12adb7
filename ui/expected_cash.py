"""Expected cash by week: from due dates and promises; what nobody can date stands beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import HTMLResponse

from api.auth import CurrentActor, require
from api.services import Provided
from db.lead_form import regions
from db.receivable import Expected, Within, sum_expected
from domain.access import Action
from domain.money import plain_amount
from ui.collection_area import areas
from ui.collection_board import Wanted
from ui.environment import pages_of
from ui.render import respond
from ui.whose import views, widest

router = APIRouter(
    prefix="/collections/expected", include_in_schema=False, dependencies=[Depends(require(Action.COLLECTION_READ))]
)
WEEKS = 13
"""A quarter ahead; what comes later is one sum."""
UNDATED = ("overdue", "disputed", "waiting")


class ExpectedWanted(Wanted):
    """`currency`: one at a time is shown, the company's where none is asked for."""

    currency: str = Field("", max_length=3)


@dataclass(frozen=True)
class Week:
    """`due` and `promised` in minor units; `monday` None: all that comes after the last week."""

    monday: date | None
    due: int
    promised: int

    @property
    def total(self) -> int:
        return self.due + self.promised


@router.get("")
async def show_expected(
    request: Request, asked: Annotated[ExpectedWanted, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    today = datetime.now(ZoneInfo(services.settings.zone)).date()
    whose = widest(actor, Action.COLLECTION_READ, asked.whose)
    async with services.db.session(actor.id) as session:
        found = await sum_expected(session, actor, Within(whose=whose, region=asked.region), today)
        tabs = await areas(request, session, actor, "expected")
        everywhere = await regions(session)
    currencies = sorted({each.currency for each in found})
    currency = asked.currency if asked.currency in currencies else services.settings.currency
    currency = currency if currency in currencies or not currencies else currencies[0]
    own = [each for each in found if each.currency == currency]
    weeks = expected_weeks(own, today)
    context: dict[str, Any] = {
        "weeks": weeks,
        "chart": _chart(request, weeks, currency),
        "undated": {kind: sum(each.amount for each in own if each.kind == kind) for kind in UNDATED},
        "currency": currency,
        "currencies": currencies,
        "tabs": tabs,
        "asked": asked,
        "whose": whose,
        "views": views(actor, Action.COLLECTION_READ),
        "regions": everywhere,
        "region": next((unit for unit in everywhere if unit.id == asked.region), None),
    }
    return await respond(request, "collection/expected.html", "expected", **context)


def expected_weeks(found: Sequence[Expected], today: date) -> list[Week]:
    """This week and the next ones in order, those without anything too; then all the rest as one."""
    first = today - timedelta(days=today.weekday())
    mondays = [first + timedelta(weeks=no) for no in range(WEEKS)]

    def amount(kind: str, monday: date | None) -> int:
        if monday is None:
            later = [each for each in found if each.week and each.week > mondays[-1]]
        else:
            later = [each for each in found if each.week == monday]
        return sum(each.amount for each in later if each.kind == kind)

    weeks = [Week(monday, amount("due", monday), amount("promised", monday)) for monday in [*mondays, None]]
    return weeks if weeks[-1].total else weeks[:-1]


def _chart(request: Request, weeks: Sequence[Week], currency: str) -> dict[str, Any]:
    """What the script draws: labels and figures in major units."""
    formats = pages_of(request).formats(request)
    return {
        "labels": [formats.day(week.monday) if week.monday else "…" for week in weeks],
        "due": [float(plain_amount(week.due, currency)) for week in weeks],
        "promised": [float(plain_amount(week.promised, currency)) for week in weeks],
        "texts": [formats.sum(week.total, currency) for week in weeks],
    }
