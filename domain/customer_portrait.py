"""What a new owner is told first of a customer, and what they might do next."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

Step = Literal["keep_date", "go_on_with_deal", "find_contact", "answer_lead", "find_right_person", "ask_again", "call"]


class History(NamedTuple):
    """`next_at` is what was agreed last, `outcome` how the last follow-up went, `lead_at` when they turned to us,
    `campaigns` through which they did."""

    follow_ups: int = 0
    last_at: datetime | None = None
    outcome: str | None = None
    next_at: datetime | None = None
    owners: int = 0
    open_deals: int = 0
    won: int = 0
    lead_at: datetime | None = None
    campaigns: tuple[str, ...] = ()
    reached: bool = False


def next_step(history: History) -> Step:
    """The first that fits."""
    if history.next_at is not None:
        return "keep_date"
    if history.open_deals:
        return "go_on_with_deal"
    if not history.reached:
        return "find_contact"
    if history.lead_at is not None and (history.last_at is None or history.lead_at > history.last_at):
        return "answer_lead"
    if history.outcome == "wrong_person":
        return "find_right_person"
    if history.outcome in ("not_now", "not_interested", "not_reached"):
        return "ask_again"
    return "call"
