"""Why a ticket is in its queue and with its person, in the words of an office."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from db.process import TimelineEvent
from db.ticket import Ticket
from db.ticket_routing import TicketRoute
from locales import N_, translate
from ui.names import Names
from ui.routing_words import RoutingWords

PERSON = {
    "turn": N_("It was their turn: of %(of)s who could, with %(open)s in hand, nobody had less."),
    "senior": N_("The customer is served first: of %(of)s senior agents, with %(open)s in hand, nobody had less."),
    "taken": N_("They took it themselves."),
    "assigned": N_("%(by)s gave it to them."),
    "ladder": N_("Its time was up: the ladder handed it to them."),
}
TURN_ONLY = {"turn": N_("It was their turn."), "senior": N_("It was the turn of senior agents.")}
"""Where it is not known among how many."""


def why_here(
    language: str, ticket: Ticket, route: TicketRoute | None, events: Sequence[TimelineEvent], routing: RoutingWords,
    called: Names,
) -> list[tuple[str, str, str]]:  # fmt: skip
    """(what it is about, its name, why), for the queue and the person, as far as either is known."""
    _ = translate(language).gettext
    found = []
    if ticket.queue:
        found.append((_(N_("Queue")), routing.queue(ticket.queue), _queue(_, ticket, route, routing)))
    given = _latest(events)
    if ticket.assignee_id and given is not None and given.params.get("owner") == ticket.assignee_id:
        found.append((_(N_("Person")), called.person(ticket.assignee_id), _person(_, given, called)))
    return found


def _latest(events: Sequence[TimelineEvent]) -> TimelineEvent | None:
    given = [event for event in events if event.kind == "ticket.assigned"]
    return max(given, key=lambda event: event.revision, default=None)


def _queue(_: Callable[[str], str], ticket: Ticket, route: TicketRoute | None, routing: RoutingWords) -> str:
    if route is None or route.by in ("person", "triage") or route.queue != ticket.queue:
        return _(N_("A person chose it."))
    if route.by == "model":
        return _(N_("The text model was %(sure)s sure.")) % {"sure": f"{route.confidence or 0:.0%}"}
    return _(N_("The rule “%(row)s” fits.")) % {"row": routing.row(route.row)}


def _person(_: Callable[[str], str], given: TimelineEvent, called: Names) -> str:
    how = str(given.params.get("how_given", ""))
    if how in TURN_ONLY and "of" not in given.params:
        return _(TURN_ONLY[how])
    words = PERSON.get(how)
    by = called.person(given.actor) if given.actor != "system" else ""
    return _(words) % {"by": by, "of": given.params.get("of"), "open": given.params.get("open")} if words else ""
