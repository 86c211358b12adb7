"""The approvals inbox, and the list of one's other tasks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field, StringConstraints, ValidationError
from sqlalchemy import select
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.problem import named, worded
from api.services import Provided, Services
from commands.task import BULK
from db.process import Task
from domain.access import Action, Actor
from domain.ids import is_id
from domain.refusal import Refused, invalid
from locales import translate
from ui.approval import CasePanel, read_approval
from ui.form import mistakes
from ui.render import redirect, respond, toasted, wants_fragment
from ui.subject import SUBJECTS as APPROVED
from ui.task_list import Path, Wanted, list_around, read_list
from ui.task_panel import TaskPanel, read_panel

router = APIRouter(include_in_schema=False, dependencies=[Depends(require(Action.TASK_WORK))])

KINDS = {
    "first_contact": "phone", "answer_question": "message-square", "submit_contract": "file-pen",
    "record_payment": "banknote", "prepare_invoice": "receipt-text", "sign_contract": "signature",
    "choose_signatory": "send", "review_contract": "scale",
    "stage_task": "square-check-big", "assign_lead": "user-plus",
    "review_match": "users", "ticket_overdue": "clock-alert", "extend_customer": "calendar-clock",
}  # fmt: skip
SUBJECTS = {kind: words.icon for kind, words in APPROVED.items()}
"""What tasks and approvals are about, each with its icon."""


class Picked(BaseModel):
    """Each of `picked` is a task's id and the version it was read in: "<id>:<version>"."""

    picked: Annotated[list[Annotated[str, Field(pattern=r"^[0-9a-f-]{36}:\d{1,9}$")]], Field(max_length=BULK)]
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)] = ""

    @property
    def tasks(self) -> list[tuple[str, int]]:
        pairs = (one.split(":") for one in self.picked)
        return [(task_id, int(version)) for task_id, version in pairs if is_id(task_id)]


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


@router.post("/inbox/decisions")
async def approve_many(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    """The tasks picked in the list; what is refused for one holds up no other, and is said above the list."""
    form = await request.form()
    try:
        picked = Picked.model_validate({"picked": form.getlist("picked"), "comment": form.get("comment", "")})
        if not picked.picked:
            raise invalid("field_needed", "picked")
        ends = await services.tasks.decide_many(
            actor, key, picked.tasks, outcome="approve", comment=picked.comment or None
        )
    except ValidationError:
        raise invalid("too_many", "picked", most=BULK) from None
    refused = {task_id: end for task_id, end in ends.items() if isinstance(end, Refused)}
    async with services.db.session(actor.id) as session:
        titles = {task.id: task.title for task in await session.scalars(select(Task).where(Task.id.in_(refused)))}
    why = [(titles.get(task_id, ""), worded(request, await named(request, end))) for task_id, end in refused.items()]
    done = len(ends) - len(refused)
    said = translate(language_of(request)).ngettext("%(num)d approved", "%(num)d approved", done) % {"num": done}
    if not refused and not wants_fragment(request):
        return redirect(request, list_around(request)[1].address("/inbox"), said)
    answer = await _show(request, actor, services, "/inbox", list_around(request)[1], refused=why)
    answer.headers["HX-Trigger-After-Settle"] = "live:approval"
    return toasted(answer, said, "done" if done else "bad")


async def _show(
    request: Request, actor: Actor, services: Services, path: Path, wanted: Wanted,
    refused: Sequence[tuple[str, str]] | None = None,
) -> HTMLResponse:  # fmt: skip
    """`refused`: what could not be approved with others, and why; none where nothing was to be."""
    if path == "/tasks" and wanted.view == "copied":
        wanted = Wanted()
    async with services.db.session(actor.id) as session:
        shown = await read_list(session, request, actor, path, wanted)
        panel: TaskPanel | CasePanel | None = None
        if wanted.open:
            with suppress(Refused):  # the list is there, whatever the address says is open
                reading = read_approval if wanted.view == "copied" else read_panel
                panel = await reading(
                    session, request, actor, wanted.open, aside=True, opened=not wants_fragment(request)
                )
    return await respond(
        request,
        "inbox/page.html",
        "rows",
        status=422 if shown.mistake else 200,
        list=shown,
        refused=refused,
        panel=panel,
        open=list_around(request)[1].open,
        kinds=SUBJECTS if path == "/inbox" else KINDS,
        kind_labels="subject" if path == "/inbox" else "task",
        errors=mistakes(request, shown.mistake) if shown.mistake else {},
    )
