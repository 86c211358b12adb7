"""The approvals inbox, and the list of one's other tasks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse

from api.auth import CurrentActor, require
from api.services import Provided, Services
from domain.access import Action, Actor
from domain.refusal import Refused
from ui.form import mistakes
from ui.render import respond
from ui.task_list import Path, Wanted, list_around, read_list
from ui.task_panel import TaskPanel, read_panel

router = APIRouter(include_in_schema=False, dependencies=[Depends(require(Action.TASK_WORK))])

KINDS = {"first_contact": "phone", "submit_contract": "file-pen", "record_payment": "banknote"}
SUBJECTS = {"contract": "file-text"}
"""What tasks and approvals are about, each with its icon."""


@router.get("/inbox")
async def inbox(
    request: Request, wanted: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    return await _show(request, actor, services, "/inbox", wanted)


@router.get("/tasks")
async def tasks(
    request: Request, wanted: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    return await _show(request, actor, services, "/tasks", wanted)


async def _show(request: Request, actor: Actor, services: Services, path: Path, wanted: Wanted) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        shown = await read_list(session, request, actor, path, wanted)
        panel: TaskPanel | None = None
        if wanted.open:
            try:
                panel = await read_panel(session, request, actor, wanted.open, aside=True)
            except Refused:
                panel = None  # the list is there, whatever the address says is open
    return await respond(
        request,
        "inbox/page.html",
        "rows",
        status=422 if shown.mistake else 200,
        list=shown,
        panel=panel,
        open=list_around(request)[1].open,
        kinds=SUBJECTS if path == "/inbox" else KINDS,
        kind_labels="subject" if path == "/inbox" else "task",
        errors=mistakes(request, shown.mistake) if shown.mistake else {},
    )
