"""One ticket with all that its page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.services import Services
from commands.ticket import answering
from db.customer_field import readable_by
from db.policy import current_policy
from db.process import Process
from db.ticket import Ticket, TicketMessage, messages_of
from db.ticket_clock import clocks_of
from db.ticket_list import Listed, find_ticket, mergeable, of_customer
from db.ticket_routing import route_of
from db.timeline import line_events
from domain.access import Action, Actor
from domain.contact import readable_phone
from domain.customer_field import Readable
from domain.macro import MacroPolicy
from domain.policy import load
from domain.ticket import PRIORITIES, TICKET_KINDS, Act, may
from domain.ticket_thanks import own_words
from locales.labels import label
from ui.environment import pages_of
from ui.line import workflow_link
from ui.names import Names, names
from ui.routing_words import RoutingWords, routing_words
from ui.story import MAIN, people_in
from ui.ticket_intake import from_outside
from ui.ticket_story import ticket_story
from ui.ticket_why import why_here
from workflows.ticket_message import ticket_workflow_id

SHORT = 60
"""Events a page tells."""
THENS = ("wait_customer", "stay", "wait_third", "resolve")


@dataclass(frozen=True)
class Said:
    """A message as the conversation shows it: `own` what was written, `quoted` what it repeats of others."""

    message: TicketMessage
    who: str
    who_id: str
    own: str
    quoted: str

    @property
    def side(self) -> str:
        return self.message.direction


async def record(request: Request, actor: Actor, services: Services, ticket_id: str) -> dict[str, Any]:
    """The context of ticket/page.html. Raises Refused (404) for a ticket that is not to be seen."""
    pages = pages_of(request)
    language, formats = pages.language(request), pages.formats(request)
    async with services.db.session(actor.id) as session:
        shown = await find_ticket(session, actor, ticket_id)
        ticket = shown.ticket
        readable = await readable_by(session, actor)
        messages = await messages_of(session, ticket_id)
        process = await session.get(Process, ticket_workflow_id(ticket_id))
        waits = process.waiting if process else []
        events = await line_events(session, actor, ticket_id, MAIN, limit=SHORT)
        able = await answering(session, ticket.region_id)
        met = {*people_in(events, waits), *able, *_agents(messages), ticket.assignee_id}
        called = await names(session, language, met)
        others = await _others(session, actor, ticket)
        outside = await from_outside(session, actor, ticket)
        macros = await _macros(session, language)
        routing = await routing_words(session, language)
        clocks = await clocks_of(session, ticket_id)
        sought = request.query_params.get("find", "").strip()[:100]
        alike = await mergeable(session, actor, ticket, sought) if may("merge", ticket.stage) else []
        route = await route_of(session, ticket_id)
    story = ticket_story(formats, called, services.settings.currency, dict(routing.queues))
    works = actor.reaches(Action.TICKET_WORK, owner=ticket.assignee_id, region=ticket.region_id)
    number = shown.reached("phone", readable) if readable.numbers else None
    said = [_said(message, shown, called, readable) for message in messages]
    return {
        **outside,
        "shown": shown,
        "readable": readable,
        "said": said,
        "last_said": next((one.message.id for one in reversed(said) if one.side != "note"), ""),
        "phone": readable_phone(number, services.settings.country) if number else "",
        "waits": [story.waited(wait) for wait in waits],
        "events": story.told(events),
        "others": others,
        "alike": alike,
        "sought": sought,
        "why_here": why_here(language, ticket, route, events, routing, called),
        "splittable": [one for one in said if one.side == "in"][1:],
        "macros": macros,
        "queue": routing.queue(ticket.queue) if ticket.queue else "",
        "clocks": clocks,
        "agents": [(person, called.person(person)) for person in able],
        "can": {act: works and may(act, ticket.stage) for act in _ACTS},
        "options": _options(language, routing),
        "reads_customer": actor.scope(Action.CUSTOMER_READ) is not None,
        "workflow": workflow_link(actor, services.temporal.namespace, process),
        "typed": {},
        "errors": {},
        "open_dialog": "merge" if sought else "",
        "mode": "reply",
    }


_ACTS: tuple[Act, ...] = (
    "assign", "take", "reply", "note", "wait_customer", "wait_third", "go_on", "resolve", "reopen", "prioritise",
    "merge", "split", "close",
)  # fmt: skip


def _options(language: str, routing: RoutingWords) -> dict[str, list[tuple[str, str]]]:
    """What the dialogs offer to choose from."""
    return {
        "priority": [(one, label("ticket_priority", one, language)) for one in PRIORITIES],
        "kind": [(one, label("ticket_kind", one, language)) for one in TICKET_KINDS],
        "queue": [("", "–"), *routing.queues],
        "then": [(one, label("ticket_then", one, language)) for one in THENS],
    }


async def _macros(session: AsyncSession, language: str) -> list[tuple[str, str]]:
    """Keys and names of those in force."""
    policy = load(MacroPolicy, (await current_policy(session, MacroPolicy.kind))[1])
    return [(key, one.name.called(language)) for key, one in policy.macros.items()]


def _agents(messages: Sequence[TicketMessage]) -> set[str]:
    return {message.author_id for message in messages if message.author == "agent" and message.author_id}


async def _others(session: AsyncSession, actor: Actor, ticket: Ticket) -> Sequence[Ticket]:
    if ticket.customer_id is None:
        return []
    return await of_customer(session, actor, ticket.customer_id, but=ticket.id, limit=8)


def _said(message: TicketMessage, shown: Listed, called: Names, readable: Readable) -> Said:
    body = readable.written(message.body) if message.author == "system" else message.body
    own = own_words(body) if message.direction == "in" else body
    quoted = body[len(own) :].strip() if own and body.startswith(own) else ""
    if not own or (own and not body.startswith(own)):
        own, quoted = body, ""
    if message.author == "agent":
        return Said(message, called.person(message.author_id), message.author_id or "", own, quoted)
    who = readable.called(message.author_name or "") or (shown.who(readable) if message.author == "customer" else "")
    return Said(message, who, message.author_id or who, own, quoted)
