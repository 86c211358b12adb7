"""What waits for one's team: by person or role and by age, the tasks behind it, and handing them on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field, ValidationError, field_validator
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.problem import named, worded
from api.services import Provided, Services
from api.task import PAGE
from api.team import HandingMany, sought_now
from commands.task import BULK
from db.absence import away_at
from db.person import OrgUnit
from db.process import Task
from db.task import Groups, Listed, Sought
from db.team import Age, Load, count_ages, find_team_tasks, list_loads, list_team_tasks, regions_within
from domain.access import Action, Actor, person_in, person_key
from domain.ids import RecordId
from domain.refusal import Refused
from locales import translate
from ui.form import mistakes
from ui.names import Names, names
from ui.render import page, redirect, respond

router = APIRouter(prefix="/team", include_in_schema=False, dependencies=[Depends(require(Action.TEAM_READ))])

KINDS = {
    "approve": "file-text", "answer_question": "message-square", "first_contact": "phone",
    "submit_contract": "file-pen", "record_payment": "banknote", "prepare_invoice": "receipt-text",
    "sign_contract": "signature", "choose_signatory": "send", "review_contract": "scale",
    "stage_task": "square-check-big", "assign_lead": "user-plus", "review_match": "users",
    "ticket_overdue": "clock-alert", "extend_customer": "calendar-clock",
}  # fmt: skip
"""Each kind of task with its icon."""


class Wanted(BaseModel):
    """What the address says: whose work, or the tasks one by one; the filters; the last task of the page before."""

    view: Literal["people", "tasks"] = "people"
    who: str = Field("", max_length=120)
    age: Age | None = None
    kind: str = Field("", max_length=40)
    unit: RecordId | None = None
    after: RecordId | None = None

    @field_validator("age", "unit", "after", mode="before")
    @classmethod
    def empty_is_all(cls, value: str | None) -> str | None:
        return value or None

    def address(self, **changes: str) -> str:
        """The same with something else; a changed list begins at its first page."""
        query = urlencode({name: value for name, value in (self.kept | changes).items() if value})
        return f"/team?{query}" if query else "/team"

    @property
    def kept(self) -> dict[str, str]:
        """The filters, as a form's hidden fields carry them."""
        return self.model_dump(exclude_defaults=True, exclude={"after"})


class Picked(Wanted):
    picked: list[RecordId] = Field([], max_length=BULK)

    @property
    def back(self) -> str:
        """The list they were picked in."""
        return Wanted.model_validate(self.model_dump(exclude={"picked"})).address()


@dataclass(frozen=True)
class Team:
    """`loads` of the view people, `rows` of the view tasks; `away` are the holder keys of who is absent."""

    wanted: Wanted
    counts: Groups
    loads: Sequence[Load]
    rows: Sequence[Listed]
    more: bool
    regions: Sequence[OrgUnit]
    names: Names
    away: frozenset[str]
    hands_on: bool

    def address(self, **changes: str) -> str:
        return self.wanted.address(**changes)

    @property
    def region(self) -> OrgUnit | None:
        """The one the filter names."""
        return next((unit for unit in self.regions if unit.id == self.wanted.unit), None)

    def holders(self, task: Task) -> str:
        keys = [person_key(task.claimed_by)] if task.claimed_by else task.holders
        return self.names.holding(keys, {})


@router.get("")
async def show(
    request: Request, wanted: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        team = await _read(session, request, actor, wanted)
    return await respond(request, "team/page.html", "rows", team=team, kinds=KINDS)


async def _read(session: AsyncSession, request: Request, actor: Actor, wanted: Wanted) -> Team:
    others = Sought(kind=wanted.kind or None, unit=wanted.unit)
    sought = sought_now(request, who=wanted.who or None, age=wanted.age, others=others)
    loads: list[Load] = []
    rows: list[Listed] = []
    if wanted.view == "people":
        loads = await list_loads(session, actor, sought)
    else:
        rows = await list_team_tasks(session, actor, sought, after=wanted.after, limit=PAGE + 1)
    keys = {load.key for load in loads} | {key for row in rows for key in row.task.holders} | {wanted.who}
    people = {person_in(key) for key in keys} | {row.task.claimed_by for row in rows}
    return Team(
        wanted=wanted,
        counts=await count_ages(session, actor, sought),
        loads=loads,
        rows=rows[:PAGE],
        more=len(rows) > PAGE,
        regions=await regions_within(session, actor),
        names=await names(session, language_of(request), people),
        away=frozenset(person_key(one.person) for one in await away_at(session)),
        hands_on=actor.scope(Action.TASK_HAND_ON) is not None,
    )


@router.get("/hand-on")
async def ask(
    request: Request, picked: Annotated[Picked, Query()], actor: CurrentActor, services: Provided
) -> HTMLResponse:
    actor.require(Action.TASK_HAND_ON)
    return await _ask(request, actor, services, picked)


@router.post("/hand-on")
async def hand_on(request: Request, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> Response:
    """What is refused for one task holds up no other: it stays in the form, with the reason."""
    form = await request.form()
    typed = {name: str(form.get(name, "")) for name in ("to", "why")}
    wanted = {name: form[name] for name in Wanted.model_fields if name in form}
    picked = Picked.model_validate(wanted | {"picked": form.getlist("picked")})
    try:
        body = HandingMany.model_validate({"tasks": picked.picked, "to": typed["to"] or None, "why": typed["why"]})
        ends = await services.tasks.hand_on_many(actor, key, body.tasks, to=body.to, why=body.why)
    except (Refused, ValidationError) as error:
        return await _ask(request, actor, services, picked, errors=mistakes(request, error), typed=typed, status=422)
    refused = {task_id: end for task_id, end in ends.items() if isinstance(end, Refused)}
    done = len(ends) - len(refused)
    if refused:
        why = {task_id: worded(request, await named(request, end)) for task_id, end in refused.items()}
        left = picked.model_copy(update={"picked": list(refused)})
        return await _ask(request, actor, services, left, refused=why, typed=typed, status=409, done=done)
    words = translate(language_of(request))
    said = words.ngettext("%(num)d task handed on", "%(num)d tasks handed on", done) % {"num": done}
    return redirect(request, picked.back, said)


async def _ask(
    request: Request, actor: Actor, services: Services, picked: Picked, *, status: int = 200, **more: Any
) -> HTMLResponse:
    """`errors` of the form and what was `typed`; `refused`: {task id: why} after `done` others went through."""
    async with services.db.session(actor.id) as session:
        rows = await find_team_tasks(session, actor, picked.picked)
    context = {"errors": {}, "typed": {}, "refused": {}, "done": 0} | more
    return await page(request, "team/hand_on.html", status=status, picked=picked, rows=rows, kinds=KINDS, **context)
