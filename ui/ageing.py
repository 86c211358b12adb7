"""How old what is owed is: by customer, owner or region; each figure leads to the instalments behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field, field_validator
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.services import Provided
from db.lead_form import regions
from db.receivable import BUCKETS, Aged, By, Within, list_aged, list_aged_instalments
from domain.access import Action
from domain.ids import RecordId
from locales import N_
from ui.acting import say
from ui.collection_area import areas
from ui.collection_board import Wanted
from ui.csv_file import csv_file, figure
from ui.environment import pages_of
from ui.render import respond
from ui.whose import views, widest

router = APIRouter(
    prefix="/collections/ageing", include_in_schema=False, dependencies=[Depends(require(Action.COLLECTION_READ))]
)
HEADINGS = {
    "not_due": N_("Not due"),
    "d30": N_("1-30 days"),
    "d60": N_("31-60 days"),
    "d90": N_("61-90 days"),
    "older": N_("Over 90 days"),
}
WHO = {"customer": N_("Customer"), "owner": N_("Owner"), "region": N_("Region")}
Bucket = Literal["", "not_due", "d30", "d60", "d90", "older"]


class AgeingWanted(Wanted):
    """`bucket`, `currency` and one of `customer` and `owner`: the figure whose instalments are shown."""

    by: By = "customer"
    bucket: Bucket = ""
    currency: str = Field("", max_length=3)
    customer: RecordId | None = None
    owner: RecordId | None = None
    detail: bool = False

    @field_validator("customer", "owner", mode="before")
    @classmethod
    def none_is_all(cls, value: str | None) -> str | None:
        return value or None

    def behind(self, row: Aged, bucket: str) -> str:
        """The address of the instalments behind a figure."""
        asked = {"by": self.by, "whose": self.whose or "", "region": self.region or "", "bucket": bucket}
        return self.model_copy(update={"detail": True}).address(
            "/collections/ageing", **asked | {"currency": row.currency, self.by: row.id}
        )


@dataclass(frozen=True)
class Ageing:
    asked: AgeingWanted
    rows: Sequence[Aged]
    totals: Sequence[Aged]


@router.get("")
async def show_ageing(
    request: Request, asked: Annotated[AgeingWanted, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    today = _today(services)
    whose = widest(actor, Action.COLLECTION_READ, asked.whose)
    within = Within(whose=whose, region=asked.region, owner=asked.owner, customer=asked.customer)
    language = pages_of(request).language(request)
    async with services.db.session(actor.id) as session:
        rows = await list_aged(session, actor, within, asked.by, language, today)
        behind = (
            await list_aged_instalments(session, actor, within, asked.bucket, asked.currency, today)
            if asked.detail
            else []
        )
        tabs = await areas(request, session, actor, "ageing")
        everywhere = await regions(session)
    context: dict[str, Any] = {
        "ageing": Ageing(asked, rows, _totals(rows)),
        "behind": behind,
        "buckets": [(key, say(request, HEADINGS[key])) for key in BUCKETS],
        "who": [(key, say(request, label)) for key, label in WHO.items()],
        "today": today,
        "tabs": tabs,
        "asked": asked,
        "whose": whose,
        "views": views(actor, Action.COLLECTION_READ),
        "regions": everywhere,
        "region": next((unit for unit in everywhere if unit.id == asked.region), None),
    }
    return await respond(request, "collection/ageing.html", "ageing", **context)


@router.get(".csv")
async def download(
    request: Request, asked: Annotated[AgeingWanted, Query()], actor: CurrentActor, services: Provided
) -> Response:
    today = _today(services)
    within = Within(whose=widest(actor, Action.COLLECTION_READ, asked.whose), region=asked.region)
    language = pages_of(request).language(request)
    async with services.db.session(actor.id) as session:
        rows = await list_aged(session, actor, within, asked.by, language, today)
    head = [say(request, WHO[asked.by]), say(request, N_("Currency"))]
    head += [say(request, HEADINGS[key]) for key in BUCKETS] + [say(request, N_("Total"))]
    return csv_file(
        f"{say(request, N_('Ageing'))} {today.isoformat()}",
        head,
        [
            [row.name, row.currency, *(figure(row.amounts[key], row.currency) for key in BUCKETS),
             figure(row.total, row.currency)]
            for row in rows
        ],
    )  # fmt: skip


def _today(services: Provided) -> date:
    return datetime.now(ZoneInfo(services.settings.zone)).date()


def _totals(rows: Sequence[Aged]) -> list[Aged]:
    currencies = dict.fromkeys(row.currency for row in rows)
    return [
        Aged("", "", currency, {key: sum(r.amounts[key] for r in rows if r.currency == currency) for key in BUCKETS})
        for currency in currencies
    ]
