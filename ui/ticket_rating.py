"""The report on what customers say of how their tickets went."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse

from api.auth import CurrentActor, require
from api.services import Provided
from db.ticket_rating import PLEASED, groups, newest, spread
from domain.access import Action
from ui.environment import pages_of
from ui.names import names
from ui.render import page
from ui.routing_words import routing_words

router = APIRouter(
    prefix="/reports/satisfaction", include_in_schema=False, dependencies=[Depends(require(Action.TICKET_MANAGE))]
)  # fmt: skip
LAST = (30, 90, 365)
"""Days that are chosen with one click."""


@router.get("")
async def report(
    request: Request, actor: CurrentActor, services: Provided, days: Annotated[int, Query(ge=1, le=3660)] = 90
) -> HTMLResponse:
    since = datetime.now(UTC) - timedelta(days=days)
    async with services.db.session(actor.id) as session:
        scores = await spread(session, actor, since)
        people = await groups(session, actor, since, "assignee_id")
        queues = await groups(session, actor, since, "queue")
        said = await newest(session, actor, since)
        met = {group.key for group in people} | {one.rating.assignee_id or "" for one in said}
        language = pages_of(request).language(request)
        called = await names(session, language, filter(None, met))
        words = await routing_words(session, language)
    ratings = sum(scores.values())
    return await page(
        request, "ticket/satisfaction.html", scores=scores, people=people, queues=queues, said=said, names=called,
        ratings=ratings, days=days, last=LAST, words=words,
        mean=sum(score * count for score, count in scores.items()) / ratings if ratings else None,
        pleased=sum(count for score, count in scores.items() if score >= PLEASED) / ratings if ratings else None,
    )  # fmt: skip
