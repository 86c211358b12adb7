"""Values of clauses: their size in the unit a standard bounds them in, and the names a standard may give a level."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

UNITS: dict[str, str] = {
    "payment_term": "days", "prepayment": "share", "late_payment_rate": "daily", "delay_penalty_rate": "daily",
    "penalty_cap": "share", "fixed_penalty": "share", "liability_cap": "times", "termination_notice": "days",
    "auto_renewal": "months", "renewal_notice": "days", "confidentiality_term": "months", "warranty_period": "months",
}  # fmt: skip
"""How a kind's bounds count: days, months, a share of 1, a share a day, times the price. Others have no size."""

NAMED: dict[str, tuple[str, ...]] = {
    "penalty_cap": ("none", "absent"),
    "liability_cap": ("unlimited", "absent", "fees", "paid_fees", "amount"),
    "auto_renewal": ("none", "same"),
    "confidentiality_term": ("perpetual",),
    "governing_law": ("CN", "HK", "SG", "GB-ENG"),
    "dispute": (
        "court/supplier", "court/plaintiff", "court/defendant", "court/customer", "court/performance",
        "arb/CIETAC", "arb/SHIAC", "arb/HKIAC", "arb/SIAC", "arb/BAC", "arb/SCIA", "arb/Changsha",
    ),
    "ip_owner": ("supplier", "joint", "customer"),
    "total_amount": ("CNY", "USD", "EUR", "HKD", "GBP"),
}  # fmt: skip
"""Values that are no size; `fees` and `amount` stand for all of their kind."""

OPEN: dict[str, re.Pattern[str]] = {
    "governing_law": re.compile(r"[A-Z]{2}(-[A-Z]{2,3})?"),
    "dispute": re.compile(r"(court|arb)/\S[^/]{0,59}"),
    "total_amount": re.compile(r"[A-Z]{3}"),
}
"""Kinds of which there are more values than those named: laws, places and currencies."""

_RATE = re.compile(r"([\d.]+)/(day|week|month|year)")
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_LENGTH = re.compile(r"([\d.]+)(bd|d|m)")
_LENGTH_DAYS = {"d": Decimal(1), "bd": Decimal("1.4"), "m": Decimal(30)}


def family(kind: str, value: str) -> str:
    """The name that stands for the value among those of its kind."""
    if kind == "total_amount":
        return value.split(" ")[0]
    if kind == "liability_cap" and value.startswith("fees_"):
        return "fees"
    return "amount" if kind == "liability_cap" and re.match(r"[A-Z]{3} ", value) else value


def size_of(kind: str, value: str) -> Decimal | None:
    """The value as a number in its kind's unit; none where it has no size."""
    rate = _RATE.fullmatch(value)
    if rate:
        return Decimal(rate[1]) / _DAYS[rate[2]]
    length = _LENGTH.fullmatch(value)
    if length:
        days = Decimal(length[1]) * _LENGTH_DAYS[length[2]]
        return days if UNITS.get(kind) == "days" else days / 30
    try:
        return Decimal(value.removesuffix("x"))
    except InvalidOperation:
        return None


def may_be_named(kind: str, value: str) -> bool:
    """Whether a standard may give this value of the kind a level by its name."""
    return value in NAMED.get(kind, ()) or bool(kind in OPEN and OPEN[kind].fullmatch(value))
