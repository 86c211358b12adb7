"""What happened with a ticket, told to one reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from locales.formats import Formats
from locales.labels import LABELS, label
from ui.names import Names
from ui.stage import Pipelines
from ui.story import Story


@dataclass(frozen=True)
class TicketStory(Story):
    """What it was and is now are priorities, kinds, tiers or queues, whose names `queues` has by their keys."""

    queues: Mapping[str, str] = field(default_factory=dict)

    @property
    def _sayings(self) -> dict[str, Callable[[Any], str]]:
        return super()._sayings | {
            "was": self._called,
            "now": self._called,
            "queue": self._called,
        }

    def _called(self, key: str) -> str:
        if key in self.queues:
            return self.queues[key]
        group = next((group for group in ("ticket_priority", "ticket_kind", "tier") if key in LABELS[group]), "ticket")
        return label(group, key, self.language)


def ticket_story(formats: Formats, called: Names, currency: str, queues: Mapping[str, str]) -> TicketStory:
    """Tickets know no pipelines."""
    return TicketStory(formats, called, Pipelines(formats.language, {}, {}), currency, queues=queues)
