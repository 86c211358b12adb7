"""What happened with a ticket, told to one reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from locales.formats import Formats
from locales.labels import LABELS, label
from ui.names import Names
from ui.stage import Pipelines
from ui.story import Story


@dataclass(frozen=True)
class TicketStory(Story):
    """What it was and is now are priorities, kinds or queues."""

    @property
    def _sayings(self) -> dict[str, Callable[[Any], str]]:
        return super()._sayings | {
            "was": self._called,
            "now": self._called,
            "channel": lambda channel: label("channel", channel, self.language),
        }

    def _called(self, key: str) -> str:
        group = next((group for group in ("ticket_priority", "ticket_kind") if key in LABELS[group]), "ticket")
        return label(group, key, self.language)


def ticket_story(formats: Formats, called: Names, currency: str) -> TicketStory:
    """Tickets know no pipelines."""
    return TicketStory(formats, called, Pipelines(formats.language, {}, {}), currency)
