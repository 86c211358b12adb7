"""Files of a ticket's conversation, and mails as they came, for whoever sees the ticket."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from sqlalchemy import select
from starlette.responses import FileResponse

from api.auth import CurrentActor, require
from api.services import Provided, Services
from db.customer_field import readable_by
from db.scope import visible
from db.ticket import TicketMessage
from db.ticket_intake import TicketInbound
from domain.access import Action
from domain.ids import RecordId
from domain.refusal import not_found

router = APIRouter(prefix="/tickets", include_in_schema=False, dependencies=[Depends(require(Action.TICKET_READ))])
Hash = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


@router.get("/{ticket_id}/files/{digest}")
async def file(ticket_id: RecordId, digest: Hash, actor: CurrentActor, services: Provided) -> FileResponse:
    async with services.db.session(actor.id) as session:
        await visible(session, actor, "ticket", ticket_id)
        holding = select(TicketMessage.attachments).where(
            TicketMessage.ticket_id == ticket_id, TicketMessage.attachments.contains([{"hash": digest}])
        )
        attachments = await session.scalar(holding.limit(1))
    for one in attachments or []:
        if one["hash"] == digest:
            return _sent(services, digest, one["name"], one["type"])
    raise not_found("document")


@router.get("/{ticket_id}/mails/{digest}")
async def mail(ticket_id: RecordId, digest: Hash, actor: CurrentActor, services: Provided) -> FileResponse:
    """As it came, with all its heads: not for whom addresses are masked or hidden."""
    async with services.db.session(actor.id) as session:
        if not (await readable_by(session, actor)).sees("email"):
            raise not_found("document")
        await visible(session, actor, "ticket", ticket_id)
        kept = select(TicketInbound.id).where(TicketInbound.ticket_id == ticket_id, TicketInbound.raw == digest)
        if await session.scalar(kept.limit(1)) is None:
            raise not_found("document")
    return _sent(services, digest, "mail.eml", "message/rfc822")


def _sent(services: Services, digest: str, name: str, media_type: str) -> FileResponse:
    """Downloaded, never opened by the browser as a page of ours, whatever it says it is."""
    path = services.documents.store.path(digest)
    if not path.is_file():
        raise not_found("document")
    answer = FileResponse(path, media_type=media_type, filename=name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
