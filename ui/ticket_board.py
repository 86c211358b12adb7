"""The SLA board: open tickets in lanes by how soon they are due, with countdowns that run by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field
from starlette.responses import HTMLResponse

from api.auth import CurrentActor, require
from api.services import Provided
from db.customer_field import readable_by
from db.lead_form import regions
from db.scope import Whose
from db.ticket_board import CARDS, LANES, Card, Sought, list_cards, tally
from domain.access import Action
from domain.ids import RecordId
from ui.address import Addressed
from ui.render import respond
from ui.whose import views, widest

PATH = "/tickets/board"
router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[Depends(require(Action.TICKET_READ))])
SWATCHES = {"over": "bad", "hour": "amber", "today": "blue", "later": "grey", "paused": "violet"}


class Wanted(Addressed):
    """The address of the board: whose tickets, of which region, queue and agent."""

    at = PATH
    whose: Whose | None = None
    region: RecordId | None = None
    queue: str | None = Field(None, max_length=60)
    assignee: RecordId | None = None


@dataclass(frozen=True)
class Lane:
    key: str
    swatch: str
    count: int
    cards: Sequence[Card]

    @property
    def left(self) -> int:
        return max(self.count - CARDS, 0)


@router.get("")
async def show_board(
    request: Request, asked: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    whose = widest(actor, Action.TICKET_READ, asked.whose)
    sought = Sought(
        now=datetime.now(UTC), today=_end_of_today(services.settings.zone), whose=whose, region=asked.region,
        queue=asked.queue, assignee=asked.assignee,
    )  # fmt: skip
    async with services.db.session(actor.id) as session:
        counted = await tally(session, actor, sought)
        cards = await list_cards(session, actor, sought)
        everywhere = await regions(session)
        readable = await readable_by(session, actor)
    context: dict[str, Any] = {
        "lanes": [
            Lane(key, SWATCHES[key], counted.lanes.get(key, 0), [card for card in cards if card.lane == key])
            for key in LANES
        ],
        "asked": asked, "whose": whose, "views": views(actor, Action.TICKET_READ), "burdens": counted.burdens,
        "queues": counted.queues, "readable": readable,
        "regions": everywhere, "region": next((unit for unit in everywhere if unit.id == asked.region), None),
        "agent": next((one.person for one in counted.burdens if one.person and one.person.id == asked.assignee), None),
    }  # fmt: skip
    return await respond(request, "ticket/board.html", "board", **context)


def _end_of_today(zone: str) -> datetime:
    local = datetime.now(ZoneInfo(zone))
    return (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
