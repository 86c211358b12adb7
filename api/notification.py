"""What one was told in the app."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from api.auth import CurrentActor
from api.language import language_of
from api.services import Provided
from db.notification_list import list_notifications
from domain.ids import RecordId
from locales.notices import notice_text

router = APIRouter(prefix="/api/notifications", tags=["notifications"])
PAGE = 50


class NotificationView(BaseModel):
    """`text` is in the reader's language; `link` a path of this server."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: str
    params: dict[str, Any]
    text: str = ""
    link: str
    created_at: datetime
    read_at: datetime | None


class NotificationsView(BaseModel):
    items: list[NotificationView]
    next: str | None = Field(description="Send it as `after` for the ones before these; null: there are none.")


class NotificationSearch(BaseModel):
    unread: bool = False
    after: RecordId | None = None


class ReadBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ids: list[RecordId] | None = Field(None, max_length=500, description="Without it, all of them.")


@router.get("")
async def get_notifications(
    search: Annotated[NotificationSearch, Query()], request: Request, actor: CurrentActor, services: Provided
) -> NotificationsView:
    """One's own, the newest first; 50 at a time."""
    async with services.db.session(actor.id) as session:
        found = await list_notifications(session, actor.id, **search.model_dump(), limit=PAGE + 1)
    items = [NotificationView.model_validate(row) for row in found[:PAGE]]
    for item in items:
        item.text = notice_text(item.kind, item.params, language_of(request))
    return NotificationsView(items=items, next=items[-1].id if len(found) > PAGE else None)


@router.post("/read", status_code=204)
async def mark_read(body: ReadBody, actor: CurrentActor, services: Provided) -> None:
    """Sending it twice changes nothing."""
    await services.notifications.read(actor, body.ids)
