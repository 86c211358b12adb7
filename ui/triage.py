"""Triage: tickets that neither rules nor text model are sure of; one key each for the three best guesses."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.language import language_of
from api.services import Provided
from db.customer_field import readable_by
from db.ticket_list import find_ticket
from db.ticket_routing import first_words, in_triage
from domain.access import Action
from domain.ids import RecordId
from locales import N_
from ui.acting import done, say
from ui.render import respond
from ui.routing_words import routing_words

router = APIRouter(
    prefix="/tickets/triage", include_in_schema=False, dependencies=[Depends(require(Action.TICKET_READ))]
)

EXCERPT = 280
"""Characters of what the customer wrote: enough to say where it belongs."""


@router.get("")
async def show(request: Request, actor: CurrentActor, services: Provided) -> HTMLResponse:
    rows: list[dict[str, Any]] = []
    async with services.db.session(actor.id) as session:
        words = await routing_words(session, language_of(request))
        readable = await readable_by(session, actor)
        for ticket, route in await in_triage(session, actor):
            said = await first_words(session, ticket)
            rows.append({
                "listed": await find_ticket(session, actor, ticket.id), "route": route, "why": words.why(route),
                "said": said.removeprefix(ticket.subject).strip()[:EXCERPT],
                "guesses": [one for one in (route.guesses if route else []) if words.policy.queue(one["queue"])],
            })  # fmt: skip
    works = actor.scope(Action.TICKET_WORK) is not None
    context: dict[str, Any] = {"rows": rows, "words": words, "works": works, "readable": readable}
    return await respond(request, "routing/triage.html", "rows", **context)


@router.post("/{ticket_id}")
async def choose(
    request: Request,
    ticket_id: RecordId,
    key: IdempotencyKey,
    actor: CurrentActor,
    services: Provided,
    queue: Annotated[str, Form(max_length=60)],
) -> Response:
    answer = await services.tickets.change(actor, key, ticket_id, queue=queue)
    async with services.db.session(actor.id) as session:
        words = await routing_words(session, language_of(request))
    said = say(request, N_("It is in the queue %(queue)s."), queue=words.queue(queue))
    return done(request, "/tickets/triage", answer, said)
