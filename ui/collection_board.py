"""Collections on a board: what falls due, what is late and how much, what is promised, disputed, and paid lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, field_validator
from starlette.responses import HTMLResponse

from api.auth import CurrentActor, require
from api.services import Provided
from db.lead_form import regions
from db.receivable import CARDS, LANES, Card, LaneSum, Within, list_cards, sum_lanes
from db.scope import Whose
from domain.access import Action
from domain.ids import RecordId
from locales import N_
from ui.acting import say
from ui.collection_area import areas
from ui.collection_record import end_of
from ui.render import respond
from ui.whose import views, widest

router = APIRouter(
    prefix="/collections/board", include_in_schema=False, dependencies=[Depends(require(Action.COLLECTION_READ))]
)
NAMES = {
    "due": (N_("Due soon"), "blue"),
    "late": (N_("Overdue"), "amber"),
    "later": (N_("Overdue, level 2"), "amber"),
    "latest": (N_("Overdue, level 3 and up"), "amber"),
    "promised": (N_("Promised"), "violet"),
    "disputed": (N_("Disputed"), "grey"),
    "paid": (N_("Paid lately"), "teal"),
}


class Wanted(BaseModel):
    """Whose collections, and of which region."""

    whose: Whose | None = None
    region: RecordId | None = None

    @field_validator("whose", "region", mode="before")
    @classmethod
    def empty_is_all(cls, value: str | None) -> str | None:
        return value or None

    def address(self, path: str, **other: str) -> str:
        asked = {**self.model_dump(exclude_none=True), **other}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{path}?{query}" if query else path


@dataclass(frozen=True)
class Lane:
    key: str
    name: str
    swatch: str
    count: int
    sums: Sequence[tuple[int, str]]
    """(minor units, currency), the company's first."""
    cards: Sequence[Card]

    @property
    def left(self) -> int:
        return max(self.count - CARDS, 0)


@router.get("")
async def show_board(
    request: Request, asked: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    zone = services.settings.zone
    today = datetime.now(ZoneInfo(zone)).date()
    whose = widest(actor, Action.COLLECTION_READ, asked.whose)
    within = Within(whose=whose, region=asked.region)
    async with services.db.session(actor.id) as session:
        sums = await sum_lanes(session, actor, within, today)
        cards = await list_cards(session, actor, within, today)
        tabs = await areas(request, session, actor, "board")
        everywhere = await regions(session)
    context: dict[str, Any] = {
        "lanes": [_lane(request, key, sums, cards, services.settings.currency) for key in LANES],
        "tabs": tabs,
        "asked": asked,
        "whose": whose,
        "views": views(actor, Action.COLLECTION_READ),
        "regions": everywhere,
        "region": next((unit for unit in everywhere if unit.id == asked.region), None),
        "end_of": lambda day: end_of(day, zone),
    }
    return await respond(request, "collection/board.html", "board", **context)


def _lane(request: Request, key: str, sums: Sequence[LaneSum], cards: Sequence[Card], currency: str) -> Lane:
    name, swatch = NAMES[key]
    own = [each for each in sums if each.lane == key]
    amounts = sorted(((each.amount, each.currency) for each in own), key=lambda pair: (pair[1] != currency, pair[1]))
    return Lane(
        key=key,
        name=say(request, name),
        swatch=swatch,
        count=sum(each.cases for each in own),
        sums=amounts,
        cards=[card for card in cards if card.lane == key],
    )
