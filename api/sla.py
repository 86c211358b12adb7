"""Service levels: what a calendar makes of a target, before anything runs by it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.auth import CurrentActor, require
from api.services import Provided
from db.calendar import calendars
from domain.access import Action
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
