"""How a deadline looks: the share of its time that is used, and the colour that share asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

State = Literal["calm", "warn", "bad", "over", "paused"]


@dataclass(frozen=True)
class Ring:
    """`used` from 0 to 1."""

    used: float
    state: State


def ring(
    due: datetime,
    start: datetime,
    warn: float = 0.6,
    bad: float = 0.85,
    paused: bool = False,
    now: datetime | None = None,
) -> Ring:
    """`warn` and `bad` are the policy's shares; static/js/sla.js keeps the same rule ticking."""
    now = now or datetime.now(UTC)
    whole = (due - start).total_seconds()
    used = 1.0 if whole <= 0 else min(1.0, max(0.0, (now - start).total_seconds() / whole))
    if paused:
        return Ring(used, "paused")
    if now >= due:
        return Ring(1.0, "over")
    return Ring(used, "bad" if used >= bad else "warn" if used >= warn else "calm")
