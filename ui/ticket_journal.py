"""Mail that made no ticket: from whom, when and why; one click makes it one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.services import Provided
from commands.ticket_journal import TicketJournal
from db.customer_field import readable_by
from db.ticket_intake import TicketInbound
from db.ticket_journal import without_ticket
from domain.access import Action
from domain.ids import RecordId
from locales import N_
from ui.acting import say
from ui.render import page, redirect

router = APIRouter(
    prefix="/tickets/mail", include_in_schema=False, dependencies=[Depends(require(Action.TICKET_MANAGE))]
)
PAGE = 50
SHOWN = 1_200
"""Characters of its text that the list shows."""
WHY = {
    "automatic": N_("An automatic reply or a newsletter from somebody who is no contact."),
    "bounce": N_("A mail that could not be delivered, of no ticket."),
    "loop": N_("Our own mail coming back, or mail that answers itself."),
    "rate": N_("Too many mails of this sender within an hour."),
}


def why(row: TicketInbound) -> str:
    return WHY["rate"] if row.why == "rate" else WHY.get(row.kind, WHY["automatic"])


@router.get("")
async def show(
    request: Request, actor: CurrentActor, services: Provided, after: Annotated[RecordId | None, Query()] = None
) -> HTMLResponse:
    async with services.db.session(actor.id) as session:
        found = await without_ticket(session, before=after, limit=PAGE + 1)
        readable = await readable_by(session, actor)
    more = found[PAGE - 1].id if len(found) > PAGE else ""
    rows = [(row, readable.called(row.sender or ""), why(row)) for row in found[:PAGE]]
    return await page(request, "ticket/mail.html", rows=rows, more=more, shown=SHOWN)


@router.post("/{inbound_id}/ticket")
async def make(request: Request, inbound_id: RecordId, actor: CurrentActor, services: Provided) -> Response:
    made = await TicketJournal(services.tickets).make_ticket(actor, inbound_id)
    return redirect(request, f"/tickets/{made}", say(request, N_("It is a ticket now.")))
