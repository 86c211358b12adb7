"""The bell, what it opens, and the page of everything one was told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from api.auth import CurrentActor
from api.services import Provided, Services
from db.notification_list import list_notifications
from db.process import Notification
from domain.access import Actor
from domain.ids import RecordId
from domain.refusal import not_found
from locales.notices import notice_text
from ui.environment import pages_of
from ui.render import fragment, respond, wants_fragment
from ui.toast import redirect

router = APIRouter(prefix="/notifications", include_in_schema=False)
PAGE, NEWEST = 50, 8

ICONS = {
    "task.opened": "inbox",
    "task.reminded": "clock",
    "task.escalated": "trending-up",
    "approval": "shield-check",
    "lead": "megaphone",
    "ticket": "life-buoy",
    "deal": "kanban",
    "collection": "banknote",
}


@dataclass(frozen=True)
class Told:
    """One notification in words."""

    id: str
    text: str
    icon: str
    at: datetime
    unread: bool


class Wanted(BaseModel):
    unread: bool = False
    after: RecordId | Literal[""] = ""


@router.get("")
async def everything(
    request: Request, wanted: Annotated[Wanted, Query()], actor: CurrentActor, services: Provided
) -> Response:
    told = await _read(request, actor, services, wanted, PAGE + 1)
    return await respond(
        request, "notification/page.html", "rows", told=told[:PAGE], more=len(told) > PAGE, wanted=wanted
    )


@router.get("/newest")
async def newest(request: Request, actor: CurrentActor, services: Provided) -> Response:
    """What the bell opens."""
    told = await _read(request, actor, services, Wanted(), NEWEST)
    return await fragment(request, "notification/newest.html", "newest", told=told)


@router.get("/bell")
async def bell(request: Request, actor: CurrentActor) -> Response:
    return await fragment(request, "base.html", "bell", **await pages_of(request).around(request))


@router.post("/read")
async def read_all(request: Request, actor: CurrentActor, services: Provided) -> Response:
    await services.notifications.read(actor)
    return Response(status_code=204) if wants_fragment(request) else redirect(request, "/notifications")


@router.get("/{notification_id}")
async def follow(notification_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    """To what it is about; with that it is read."""
    async with services.db.session(actor.id) as session:
        found = await session.get(Notification, notification_id)
    if found is None or found.person_id != actor.id:
        raise not_found("notification")
    await services.notifications.read(actor, [notification_id])
    return RedirectResponse(found.link, 303)


async def _read(request: Request, actor: Actor, services: Services, wanted: Wanted, limit: int) -> list[Told]:
    language = pages_of(request).language(request)
    async with services.db.session(actor.id) as session:
        found = await list_notifications(
            session, actor.id, unread=wanted.unread, after=wanted.after or None, limit=limit
        )
    return [
        Told(
            id=row.id,
            text=notice_text(row.kind, row.params, language),
            icon=ICONS.get(row.kind.rpartition(".")[0], "bell"),
            at=row.created_at,
            unread=row.read_at is None,
        )
        for row in found
    ]
