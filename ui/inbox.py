"""The approvals inbox and the list of one's other tasks: one list, by time left, with the task beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse

from api.auth import CurrentActor
from api.services import Provided, Services
from db.person import OrgUnit, units
from db.task import Groups, Listed, Sought, View, count_groups, count_turns, count_waiting, list_tasks
from domain.access import Action, Actor
from domain.ids import RecordId
from domain.money import parse_amount
from domain.refusal import Refused
from locales.labels import LABELS
from ui.environment import here, pages_of
from ui.names import Names, names
from ui.render import respond
from ui.task import task_panel

router = APIRouter(include_in_schema=False)
PAGE = 100
KINDS = {"first_contact": "phone", "submit_contract": "file-pen", "record_payment": "banknote"}
"""The tasks that are no approvals, each with its icon."""


class Wanted(BaseModel):
    """The list's address: view, filters as typed (empty: none), the last task of the page before, the open task."""

    view: View = "mine"
    unit: str = Field("", max_length=60)
    amount: str = Field("", max_length=40)
    kind: str = Field("", max_length=40)
    customer: str = Field("", max_length=100)
    after: RecordId | Literal[""] = ""
    open: RecordId | Literal[""] = ""

    def address(self, path: str, **changes: str) -> str:
        asked = self.model_dump(exclude_defaults=True) | changes
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{path}?{query}" if query else path

    @property
    def filtered(self) -> bool:
        return bool(self.unit or self.amount or self.kind or self.customer)


@dataclass(frozen=True)
class TaskList:
    """What the page shows. `groups` are Overdue, Due today and Later with the rows of this page; done tasks have none."""

    path: str
    wanted: Wanted
    rows: Sequence[Listed]
    more: bool
    counts: Groups
    units: Sequence[OrgUnit]
    names: Names
    turn: int
    waiting: int
    now: datetime
    tomorrow: datetime
    mistake: Refused | None

    @property
    def approvals(self) -> bool:
        return self.path == "/inbox"

    @property
    def groups(self) -> list[tuple[str, int, list[Listed]]]:
        split: dict[str, list[Listed]] = {"overdue": [], "today": [], "later": []}
        for row in self.rows:
            due = row.task.due_at
            split["later" if due is None or due >= self.tomorrow else "today" if due >= self.now else "overdue"].append(row)
        return [(name, getattr(self.counts, name), rows) for name, rows in split.items() if rows]

    def address(self, **changes: str) -> str:
        return self.wanted.address(self.path, **changes)

    def unit_called(self, code: str) -> str:
        return next((self.names.unit(unit.id) for unit in self.units if unit.code == code), code)


@router.get("/inbox")
async def inbox(request: Request, wanted: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided) -> HTMLResponse:
    return await _show(request, actor, services, "/inbox", wanted)


@router.get("/tasks")
async def tasks(request: Request, wanted: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided) -> HTMLResponse:
    return await _show(request, actor, services, "/tasks", wanted)


async def _show(request: Request, actor: Actor, services: Services, path: str, wanted: Wanted) -> HTMLResponse:
    actor.require(Action.TASK_WORK)
    async with services.db.session(actor.id) as session:
        shown = await _read(session, request, actor, services, path, wanted)
        panel = await task_panel(request, session, actor, wanted.open, aside=True) if wanted.open else None
    status = 422 if shown.mistake else 200
    return await respond(
        request, "inbox/page.html", "rows", status=status, list=shown, panel=panel, open=_open(request),
        icons=KINDS, subjects=LABELS["subject"],
    )  # fmt: skip
