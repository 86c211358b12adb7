"""Which tier a customer seems to be of: points for what is known of it and for what it needs, with their reasons."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from domain.customer_pool import Tier

Code = Literal[
    "tax_number", "phone", "email", "address", "industry", "contact", "contact_reached", "contacts", "open_deal",
    "open_money", "won", "lead_came_back", "meant_it", "followed", "no_interest", "wrong_number",
]  # fmt: skip

KNOWN: dict[Code, int] = {
    "tax_number": 8, "phone": 5, "email": 4, "address": 4, "industry": 4, "contact": 5, "contact_reached": 6,
    "contacts": 4,
}  # fmt: skip
"""Points for what is known: at most 40."""
NEED: dict[Code, int] = {
    "open_deal": 20, "open_money": 10, "won": 15, "lead_came_back": 5, "meant_it": 10, "followed": 5,
    "no_interest": -15, "wrong_number": -10,
}  # fmt: skip
"""Points for what it needs, and for what it said it does not."""
LARGE = 500_000_00
"""Minor units: an open amount that counts as large."""
LATELY = timedelta(days=90)
TIERS: tuple[tuple[int, Tier], ...] = ((65, "A"), (48, "B"), (30, "C"), (15, "D"), (0, "E"))
"""The least points of each tier."""


class Reason(NamedTuple):
    code: Code
    points: int


class Suggestion(NamedTuple):
    tier: Tier
    score: int
    reasons: tuple[Reason, ...]


class Known(NamedTuple):
    """What is to be weighed. `contacts_reached` have a phone or an address; `outcomes` are those of the follow-ups
    lately (domain.follow_up.Outcome)."""

    tax_number: bool = False
    phone: bool = False
    email: bool = False
    address: bool = False
    industry: bool = False
    contacts: int = 0
    contacts_reached: int = 0
    open_deals: int = 0
    open_amount: int = 0
    won: int = 0
    leads: int = 0
    outcomes: tuple[str, ...] = ()


def suggest(known: Known, *, keen: frozenset[str], cold: frozenset[str], lost: frozenset[str]) -> Suggestion:
    """`keen`, `cold` and `lost` are the outcomes of a follow-up that speak for need, against it, and of a customer who
    cannot be reached."""
    said = set(known.outcomes)
    holds: dict[Code, bool] = {
        "tax_number": known.tax_number, "phone": known.phone, "email": known.email, "address": known.address,
        "industry": known.industry, "contact": known.contacts > 0, "contact_reached": known.contacts_reached > 0,
        "contacts": known.contacts > 1, "open_deal": known.open_deals > 0, "open_money": known.open_amount >= LARGE,
        "won": known.won > 0, "lead_came_back": known.leads > 1, "meant_it": bool(said & keen),
        "followed": bool(said), "no_interest": bool(said & cold), "wrong_number": bool(said & lost),
    }  # fmt: skip
    reasons = tuple(Reason(code, points) for code, points in (KNOWN | NEED).items() if holds[code])
    score = min(max(sum(reason.points for reason in reasons), 0), 100)
    tier = next(tier for least, tier in TIERS if score >= least)
    return Suggestion(tier, score, reasons)


def lately(now: datetime) -> datetime:
    return now - LATELY
