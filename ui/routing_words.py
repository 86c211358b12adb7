"""Queues by their names, and what routing knows of a ticket in the words of an office."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from db.policy import current_policy
from db.ticket_routing import TicketRoute
from domain.policy import load
from domain.routing import RoutingPolicy
from locales import N_, translate


@dataclass(frozen=True)
class RoutingWords:
    """For one reader, by the policy in force."""

    policy: RoutingPolicy
    language: str

    def queue(self, key: str | None) -> str:
        found = self.policy.queue(key)
        return found.name.called(self.language) if found else key or "–"

    def row(self, key: str | None) -> str:
        """What a row of the table says of itself, else its key in words."""
        rows = self.policy.table.rows if self.policy.table else ()
        note = next((row.note for row in rows if row.id == key), "")
        return note or (key or "–").replace("_", " ")

    @property
    def queues(self) -> list[tuple[str, str]]:
        return [(queue.key, self.queue(queue.key)) for queue in self.policy.queues]

    @property
    def skills(self) -> list[str]:
        """Every skill that a queue asks for."""
        return sorted({skill for queue in self.policy.queues for skill in queue.skills})

    def why(self, route: TicketRoute | None) -> str:
        """Why a person must choose."""
        _ = translate(self.language).gettext
        if route is None or not route.guesses:
            return _(N_("No rule fits it, and there is no text model yet."))
        percent = {"sure": f"{route.confidence or 0:.0%}", "least": f"{self.policy.confidence} %"}
        if (route.confidence or 0) * 100 >= self.policy.confidence:
            return _(N_("No rule fits it, and the text model has not proved good at this queue yet."))
        return _(N_("No rule fits it, and the text model is %(sure)s sure; %(least)s are asked for.")) % percent


async def routing_words(session: AsyncSession, language: str) -> RoutingWords:
    _, document = await current_policy(session, RoutingPolicy.kind)
    return RoutingWords(load(RoutingPolicy, document), language)
