"""What `throughline up` says at the terminal: its own steps, and those lines of its children that matter there."""

from __future__ import annotations

import re
import time
from contextlib import suppress

from rich.console import Console

IMPORTANT = re.compile(
    r"\[\s*(warning|error|critical)\s*\]"  # our own, for people
    r'|"level":\s*"(warning|error|critical)"'  # our own, for machines
    r"|\bPANIC\b|panic:"  # PostgreSQL's and Temporal's last words
)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
MOST_LINES, WITHIN = 5, 60.0


class Terminal:
    """`quiet` ends the relaying of children's lines: what they say while being stopped is for their logs."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self.quiet = False
        self._shown: dict[str, list[float]] = {}

    def say(self, sentence: str) -> None:
        with suppress(OSError):  # a terminal that was closed is no reason to stop
            self.console.print(sentence, markup=False, soft_wrap=True)

    def line(self, name: str, line: str) -> None:
        """A child's line, when it is important; at most a handful a minute for each child."""
        plain = COLOUR.sub("", line)
        if self.quiet or not IMPORTANT.search(plain):
            return
        now = time.monotonic()
        recent = [at for at in self._shown.get(name, []) if at > now - WITHIN]
        if len(recent) < MOST_LINES:
            self.say(f"{name}: {plain}")
        elif len(recent) == MOST_LINES:
            self.say(f"{name}: more such lines are in its log.")
        self._shown[name] = [*recent, now][: MOST_LINES + 1]
