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
from api.language import language_of
from api.lead import Stage
from api.services import Provided, Services
from db.lead import sellers
from db.lead_form import regions
from db.lead_list import (
    Due,
    Groups,
    Listed,
    Sought,
    campaigns,
    count_groups,
    count_pool,
    count_stages,
    list_leads,
)
from db.person import OrgUnit, people_by_id
from db.scope import Whose
from domain.access import Action, Actor, Scope
from domain.ids import RecordId
from domain.lead import Grade
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
    grade: Grade | None = None
    source: str = Field("", max_length=40)
    campaign: str = Field("", max_length=200)
    owner: RecordId | None = None
    due: Due | None = None
    text: str = Field("", max_length=100)
    after: RecordId | None = None
    open: RecordId | None = None

    @field_validator("whose", "stage", "region", "grade", "owner", "due", "after", "open", mode="before")
    @classmethod
    def empty_is_all(cls, value: str | None) -> str | None:
        return value or None

    @property
    def kept(self) -> dict[str, Any]:
        """What a new search leaves as it is."""
        return {name: value for name, value in self.model_dump(exclude={"text", "after", "open"}).items() if value}

    @property
    def narrowed(self) -> bool:
        """Whether it leaves anything out beside whose leads it shows."""
        return bool(self.kept.keys() - {"whose"} or self.text)

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
    pooled: int = 0
    campaigns: Sequence[str] = ()
    owners: Sequence[tuple[str, str]] = ()
    assigns: bool = False

    @property
    def owner(self) -> str:
        """The name of the one the list is narrowed to."""
        return dict(self.owners).get(self.asked.owner or "", "")

    @property
    def region(self) -> OrgUnit | None:
        """The one the list is narrowed to."""
        return next((unit for unit in self.regions if unit.id == self.asked.region), None)

    @property
    def groups(self) -> list[tuple[str, int, list[Listed]]]:
        if self.asked.stage in ("pooled", "asleep", "converted", "closed"):
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
        shown = await _read(session, actor, asked, language_of(request))
    beside: dict[str, Any] = {"shown": None}
    if asked.open:
        beside = await record(request, actor, services, asked.open, beside=True, missing_ok=True)
    return await respond(
        request, "lead/list.html", "rows", list=shown, takes_in=actor.scope(Action.LEAD_CREATE) is not None, **beside
    )


async def _read(session: AsyncSession, actor: Actor, asked: Filter, language: str) -> LeadList:
    now = datetime.now(UTC)
    whose = widest(actor, Action.LEAD_READ, asked.whose)
    sought = Sought(
        whose=whose, stage=asked.stage, region=asked.region, text=asked.text.strip(), grade=asked.grade,
        source=asked.source or None, campaign=asked.campaign or None, owner=asked.owner, due=asked.due,
    )  # fmt: skip
    assigns = actor.scope(Action.TASK_HAND_ON) is not None
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
        pooled=await count_pool(session, actor),
        campaigns=await campaigns(session, actor),
        owners=await sellers_within(session, actor, language) if assigns else (),
        assigns=assigns,
    )


async def sellers_within(session: AsyncSession, actor: Actor, language: str) -> list[tuple[str, str]]:
    """Ids and names of those who sell where this person may take leads in for them."""
    able: list[str] = []
    for unit in await regions(session):
        able += [
            person
            for person in await sellers(session, unit.id)
            if actor.reaches(Action.LEAD_CREATE, owner=person, region=unit.id) and person not in able
        ]
    known = await people_by_id(session, able)
    return [(person, known[person].called(language)) for person in able]
