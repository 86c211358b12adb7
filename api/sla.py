"""Service levels: what a calendar makes of a target, before anything runs by it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from commands.ticket_clock import MOST
from db.calendar import calendars
from db.scope import visible
from db.ticket_clock import clocks_of
from domain.access import Action
from domain.ids import RecordId
from domain.refusal import Refused
from domain.sla_preview import MOST_PAUSES, as_json, built_in, preview

router = APIRouter(prefix="/api/sla", tags=["sla"], dependencies=[Depends(require(Action.TASK_WORK))])

Text = Annotated[str, StringConstraints(max_length=80)]


class PauseBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: Text
    end: Text | None = Field(None, description="Without it the pause is still going on, and nothing is due.")


class CaseBody(BaseModel):
    """Instants are ISO 8601 with `Z`, an offset or a zone's name; without, wall-clock time in `zone`, or else in the
    calendar's. Durations are ISO 8601 without months and years, or seconds."""

    model_config = ConfigDict(extra="forbid")

    calendar: Annotated[str, StringConstraints(max_length=60)] | dict[str, Any] = Field(
        description="The key of a calendar in force, `24x7`, or a calendar as the calendar policy's document has it."
    )
    zone: Text | None = None
    start: Text | None = None
    target: Annotated[str, StringConstraints(max_length=60)] | float | None = None
    pauses: list[PauseBody] = Field([], max_length=MOST_PAUSES)
    end: Text | None = Field(None, description="Asks for the working time from `start` until then.")
    at: Text | None = Field(None, description="Asks for the next opening; without it, that of `start`.")


class SpanView(BaseModel):
    start: datetime
    end: datetime


class PreviewView(BaseModel):
    """`due` and `due_local` (in the calendar's zone) where a target was given; null while a pause has no end.

    `spans`: the working time used until then, or until `end`; the first thousand.
    """

    due: datetime | None = None
    due_local: str | None = None
    elapsed: str | None = None
    elapsed_seconds: float | None = None
    next_opening: datetime | None = None
    next_opening_local: str | None = None
    spans: list[SpanView] = []


@router.post("/preview")
async def preview_sla(body: CaseBody, actor: CurrentActor, services: Provided) -> PreviewView:
    """When a target is due by a calendar, the working spans used, working time between two instants, next opening."""
    async with services.db.session(actor.id) as session:
        known = await calendars(session)
    # Years of a calendar that is open an hour a week take a while, and nobody else should wait for it.
    found = await asyncio.to_thread(
        preview, body.model_dump(exclude_unset=True), lambda key, year: known.named(key) or built_in(key, year)
    )
    return PreviewView.model_validate(as_json(found))


class ClockView(BaseModel):
    """`target` and `used` are working seconds. `breached_at` is when time was up, of a clock that was not kept."""

    model_config = ConfigDict(from_attributes=True)

    no: int
    kind: str
    row: str = Field(description="The policy's row that gave the target.")
    calendar: str
    policy_version: int
    calendar_version: int
    started_at: datetime
    target: float
    due_at: datetime
    amber_at: datetime
    red_at: datetime
    next_at: datetime | None = Field(description="When something happens by itself next.")
    pauses: list[dict[str, Any]]
    paused_at: datetime | None
    met_at: datetime | None
    stopped_at: datetime | None
    breached_at: datetime | None
    level: int = Field(description="0 in time, 1 breached, and one more for each step of the ladder.")
    used: float | None


@router.get("/clocks/{ticket_id}")
async def get_clocks(ticket_id: RecordId, actor: CurrentActor, services: Provided) -> list[ClockView]:
    """A ticket's clocks, those that have ended too. 404 where there is no ticket that you may see."""
    async with services.db.session(actor.id) as session:
        await visible(session, actor, "ticket", ticket_id)
        return [ClockView.model_validate(clock) for clock in await clocks_of(session, ticket_id)]


class MovingBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["sla", "calendar"]
    version: int = Field(ge=1, le=2**31 - 1)


class MoveBody(MovingBody):
    tickets: list[RecordId] = Field(min_length=1, max_length=MOST)


class DueView(BaseModel):
    """`now` is null where the clock would not run under the other version."""

    kind: str
    was: datetime
    now: datetime | None


class MoveView(BaseModel):
    ticket_id: str
    number: str
    version: int = Field(description="The one it runs under.")
    clocks: list[DueView]


class MovedView(BaseModel):
    """`refused` is the code of the refusal; null where the ticket goes on under the version."""

    ticket_id: str
    revision: int | None = None
    refused: str | None = None


@router.post("/moves/preview", dependencies=[Depends(require(Action.POLICY_MANAGE))])
async def preview_moves(body: MovingBody, actor: CurrentActor, services: Provided) -> list[MoveView]:
    """Open tickets under another version of this policy, with every due time before and after. Changes nothing."""
    moves = await services.ticket_clocks.preview(actor, body.kind, body.version)
    return [
        MoveView(
            ticket_id=one.ticket.id, number=one.ticket.number, version=one.version,
            clocks=[DueView(kind=clock.kind, was=clock.was, now=clock.now) for clock in one.clocks],
        )
        for one in moves
    ]  # fmt: skip


@router.post("/moves", dependencies=[Depends(require(Action.POLICY_MANAGE))])
async def move_tickets(body: MoveBody, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> list[MovedView]:
    """Open tickets go on under this version; what is refused for one holds up no other."""
    ends = await services.ticket_clocks.move(actor, key, body.kind, body.version, body.tickets)
    return [
        MovedView(ticket_id=ticket_id, refused=end.code)
        if isinstance(end, Refused)
        else MovedView(ticket_id=ticket_id, revision=end.revision)
        for ticket_id, end in ends.items()
    ]
