"""Lengths of time in forms: a number and its unit, exact to the second."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal, InvalidOperation

from domain.refusal import invalid
from locales import N_

UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
UNIT_WORDS = {"s": N_("seconds"), "m": N_("minutes"), "h": N_("hours"), "d": N_("days")}


def length_text(length: timedelta, *, days: bool = True) -> tuple[str, str]:
    """As its form shows it, in the largest unit it is whole in. A working day is not 24 hours: then without `days`."""
    units = [unit for unit in ("d", "h", "m", "s") if days or unit != "d"]
    unit = next((unit for unit in units if length % UNITS[unit] == timedelta()), "s")
    number = Decimal(str(length.total_seconds())) / int(UNITS[unit].total_seconds())
    return f"{number.normalize():f}", unit


def length_json(text: str, unit: str, where: str) -> str:
    """As a policy has it. Raises Refused (422) for what is no length."""
    try:
        seconds = Decimal(text) * int(UNITS[unit].total_seconds())
    except (InvalidOperation, KeyError) as error:
        raise invalid("number_unreadable", where) from error
    if not seconds.is_finite() or not 0 < seconds <= 10**8 or seconds % Decimal("0.001"):
        raise invalid("number_unreadable", where)
    return f"PT{seconds.normalize():f}S"
