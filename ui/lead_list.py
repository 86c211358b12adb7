"""The list of leads by time left to first contact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field, field_validator
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse

from api.auth import CurrentActor, require
from api.lead import Stage
from api.services import Provided, Services
from db.lead_form import regions
from db.lead_list import Groups, Listed, Sought, count_groups, count_stages, list_leads
from db.person import OrgUnit
from db.scope import Whose
from domain.access import Action, Actor, Scope
from domain.ids import RecordId
from ui.lead_record import record
from ui.render import respond
from ui.whose import views, widest

router = APIRouter(prefix="/leads", include_in_schema=False, dependencies=[Depends(require(Action.LEAD_READ))])
PAGE = 50


class Filter(BaseModel):
    """The address of the list: what it is narrowed to, where the page begins, which lead is open beside it."""

    whose: Whose | None = None
    stage: Stage | None = None
    region: RecordId | None = None
    text: str = Field("", max_length=100)
    after: RecordId | None = None
    open: RecordId | None = None

    @field_validator("whose", "stage", "region", "after", "open", mode="before")
    @classmethod
    def empty_is_all(cls, value: str | None) -> str | None:
        return value or None

    @property
    def kept(self) -> dict[str, Any]:
        """What a new search leaves as it is."""
        return {name: value for name, value in self.model_dump(include={"whose", "stage", "region"}).items() if value}

    def address(self, **other: str) -> str:
        """Another state of the list, from its beginning and with nothing open unless `other` says so."""
        asked = {**self.model_dump(exclude={"after", "open"}), **other}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"/leads?{query}" if query else "/leads"


@dataclass(frozen=True)
class LeadList:
    """`groups`: (overdue, waiting or contacted, how many on all pages, this page's rows), or all rows unnamed."""

    asked: Filter
    whose: Whose
    views: Sequence[Whose]
    rows: Sequence[Listed]
    more: str
    counts: Groups
    stages: dict[str, int]
    regions: Sequence[OrgUnit]
    sees_to_forms: bool
    now: datetime

    @property
    def region(self) -> OrgUnit | None:
        """The one the list is narrowed to."""
        return next((unit for unit in self.regions if unit.id == self.asked.region), None)

    @property
    def groups(self) -> list[tuple[str, int, list[Listed]]]:
        if self.asked.stage in ("converted", "closed"):
            return [("", len(self.rows), list(self.rows))] if self.rows else []
        split: dict[str, list[Listed]] = {"overdue": [], "waiting": [], "contacted": []}
        for row in self.rows:
            due = row.lead.due_at
            split["contacted" if due is None else "overdue" if due < self.now else "waiting"].append(row)
        return [(name, getattr(self.counts, name), rows) for name, rows in split.items() if rows]


@router.get("")
async def show_list(
    request: Request, asked: Annotated[Filter, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    return await _list(request, actor, services, asked)


async def _list(request: Request, actor: Actor, services: Services, asked: Filter) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        shown = await _read(session, actor, asked)
    beside: dict[str, Any] = {"shown": None}
    if asked.open:
        beside = await record(request, actor, services, asked.open, beside=True, missing_ok=True)
    return await respond(
        request, "lead/list.html", "rows", list=shown, takes_in=actor.scope(Action.LEAD_CREATE) is not None, **beside
    )


async def _read(session: AsyncSession, actor: Actor, asked: Filter) -> LeadList:
    now = datetime.now(UTC)
    whose = widest(actor, Action.LEAD_READ, asked.whose)
    sought = Sought(whose=whose, stage=asked.stage, region=asked.region, text=asked.text.strip())
    found = await list_leads(session, actor, sought, after=asked.after, limit=PAGE + 1)
    return LeadList(
        asked=asked,
        whose=whose,
        views=views(actor, Action.LEAD_READ),
        rows=found[:PAGE],
        more=found[PAGE - 1].lead.id if len(found) > PAGE else "",
        counts=await count_groups(session, actor, sought, now),
        stages=await count_stages(session, actor, sought),
        regions=await regions(session),
        sees_to_forms=actor.scope(Action.LEAD_WORK) in (Scope.REGION, Scope.ALL),
        now=now,
    )
