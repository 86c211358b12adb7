"""The list of collections by next due date: what is owed, what is late, what was paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field, field_validator
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse

from api.auth import CurrentActor, require
from api.services import Provided
from db.collection import Collection
from db.collection_list import Listed, Sought, Status, Sum, list_collections, sum_collections
from db.lead_form import regions
from db.person import OrgUnit
from db.scope import Whose
from domain.access import Action, Actor
from domain.ids import RecordId
from ui.collection_area import areas
from ui.collection_record import end_of, record
from ui.render import respond
from ui.whose import views, widest

router = APIRouter(
    prefix="/collections", include_in_schema=False, dependencies=[Depends(require(Action.COLLECTION_READ))]
)
PAGE = 50


class Filter(BaseModel):
    """The address of the list: what it is narrowed to, where the page begins, which collection is open beside it."""

    whose: Whose | None = None
    status: Status = "owed"
    region: RecordId | None = None
    text: str = Field("", max_length=100)
    after: RecordId | None = None
    open: RecordId | None = None

    @field_validator("whose", "region", "after", "open", mode="before")
    @classmethod
    def empty_is_all(cls, value: str | None) -> str | None:
        return value or None

    @property
    def kept(self) -> dict[str, Any]:
        """What a new search leaves as it is."""
        return {name: value for name, value in self.model_dump(include={"whose", "status", "region"}).items() if value}

    def address(self, **other: str) -> str:
        """Another state of the list, from its beginning and with nothing open unless `other` says so."""
        asked = {**self.model_dump(exclude={"after", "open"}, exclude_defaults=True), **other}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"/collections?{query}" if query else "/collections"


@dataclass(frozen=True)
class CollectionList:
    """`sums` per status and currency, of all pages."""

    asked: Filter
    whose: Whose
    views: Sequence[Whose]
    rows: Sequence[Listed]
    more: str
    sums: Sequence[Sum]
    regions: Sequence[OrgUnit]
    zone: str

    @property
    def region(self) -> OrgUnit | None:
        """The one the list is narrowed to."""
        return next((unit for unit in self.regions if unit.id == self.asked.region), None)

    def due(self, collection: Collection) -> datetime:
        """The end of the day the next instalment is due on; the collection is still open."""
        assert collection.next_due_on is not None  # noqa: S101
        return end_of(collection.next_due_on, self.zone)

    @staticmethod
    def owed_of(collection: Collection) -> int:
        return collection.amount - collection.paid - collection.credited - collection.written_off

    def cases(self, *statuses: str) -> int:
        return sum(each.cases for each in self.sums if each.status in statuses)

    def owed(self, *statuses: str) -> list[tuple[int, str]]:
        """(minor units, currency) for each currency something is owed in."""
        return self._totals([(each.owed, each.currency) for each in self.sums if each.status in statuses])

    def paid(self) -> list[tuple[int, str]]:
        return self._totals([(each.paid, each.currency) for each in self.sums])

    @staticmethod
    def _totals(parts: list[tuple[int, str]]) -> list[tuple[int, str]]:
        currencies = sorted({currency for minor, currency in parts if minor})
        return [(sum(minor for minor, own in parts if own == currency), currency) for currency in currencies]


@router.get("")
async def show_list(
    request: Request, asked: Annotated[Filter, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        shown = await _read(session, actor, asked, services.settings.zone)
        tabs = await areas(request, session, actor, "list")
    beside: dict[str, Any] = {"plan": None}
    if asked.open:
        beside = await record(request, actor, services, asked.open, beside=True, missing_ok=True)
    return await respond(request, "collection/list.html", "rows", list=shown, tabs=tabs, **beside)


async def _read(session: AsyncSession, actor: Actor, asked: Filter, zone: str) -> CollectionList:
    whose = widest(actor, Action.COLLECTION_READ, asked.whose)
    sought = Sought(whose=whose, status=asked.status, region=asked.region, text=asked.text.strip())
    found = await list_collections(session, actor, sought, after=asked.after, limit=PAGE + 1)
    return CollectionList(
        asked=asked,
        whose=whose,
        views=views(actor, Action.COLLECTION_READ),
        rows=found[:PAGE],
        more=found[PAGE - 1].collection.id if len(found) > PAGE else "",
        sums=await sum_collections(session, actor, sought),
        regions=await regions(session),
        zone=zone,
    )
