"""Instants and durations as people and other systems write them, read exactly or refused with what would do."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from domain.refusal import invalid

_ZONED = re.compile(
    r"(?P<wall>[^\[\]]+?)(?:\s*\[!?(?P<bracket>[^\]]+)\](?:\[[^\]]*\])*|\s+(?P<word>[A-Za-z][\w+\-/]*))?"
)
_DURATION = re.compile(
    r"(?P<sign>[+-])?P(?=[\dT])(?:(?P<w>\d+(?:[.,]\d+)?)W)?(?:(?P<d>\d+(?:[.,]\d+)?)D)?"
    r"(?:T(?=\d)(?:(?P<h>\d+(?:[.,]\d+)?)H)?(?:(?P<m>\d+(?:[.,]\d+)?)M)?(?:(?P<s>\d+(?:[.,]\d+)?)S)?)?",
    re.ASCII,
)
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_LONGEST = timedelta(days=36_600)


def zone_of(name: Any, field: str = "zone") -> ZoneInfo:
    """Raises Refused `zone_unknown`."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError) as error:
        raise invalid("zone_unknown", field, zone=str(name)[:60]) from error


def read_instant(value: Any, field: str, zone: ZoneInfo) -> datetime:
    """ISO 8601 with `Z`, an offset, or a zone's name behind it, in brackets or after a space; in UTC.

    Without any of these it is wall-clock time in `zone`: of a time that comes twice the first, and of one that the
    clock jumps over the instant of the jump. An offset goes before a name. Raises Refused `instant_unreadable`.
    """
    if isinstance(value, datetime):
        read, name = value, None
    else:
        found = _ZONED.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None:
            raise _unreadable(value, field)
        name = found["bracket"] or found["word"]
        try:
            read = datetime.fromisoformat(found["wall"].strip().replace("z", "Z"))
        except ValueError as error:
            raise _unreadable(value, field) from error
    if read.tzinfo is None:
        where = zone if name is None else UTC if name in ("UTC", "GMT") else zone_of(name, field)
        return _wall(read, where, field)
    try:
        return read.astimezone(UTC)
    except OverflowError as error:
        raise _unreadable(value, field) from error


def read_duration(value: Any, field: str) -> timedelta:
    """An ISO 8601 duration of weeks, days (24 hours), hours, minutes, seconds; a number is seconds. Not negative.

    Raises Refused `duration_unreadable`.
    """
    if isinstance(value, timedelta):
        read = value
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 4e9:
        read = timedelta(microseconds=round(Decimal(str(value)) * 1_000_000))
    else:
        found = _DURATION.fullmatch(value.strip().upper()) if isinstance(value, str) and len(value) < 60 else None
        if found is None:
            raise invalid("duration_unreadable", field, value=str(value)[:60])
        seconds = sum(Decimal((found[unit] or "0").replace(",", ".")) * of for unit, of in _SECONDS.items())
        if seconds > _LONGEST.total_seconds():
            raise invalid("due_too_far", field)
        read = timedelta(microseconds=round(seconds * 1_000_000)) * (-1 if found["sign"] == "-" else 1)
    if read < timedelta(0):
        raise invalid("duration_negative", field, value=str(value)[:60])
    return read


def say_instant(at: datetime, zone: ZoneInfo) -> str:
    """RFC 3339 in the zone, so that the offset tells which of two equal wall-clock times is meant."""
    return at.astimezone(zone).isoformat()


def say_utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _wall(read: datetime, zone: Any, field: str) -> datetime:
    try:
        first = read.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if first.astimezone(zone).replace(tzinfo=None) == read:
            return first
        # The clock jumps over this time: the jump lies between the two readings of it.
        low, high = read.replace(tzinfo=zone, fold=1).astimezone(UTC), first
        while high - low > timedelta(microseconds=1):
            middle = low + (high - low) / 2
            low, high = (middle, high) if middle.astimezone(zone).replace(tzinfo=None) < read else (low, middle)
        return high
    except (OverflowError, ValueError) as error:
        raise _unreadable(read.isoformat(), field) from error


def _unreadable(value: Any, field: str) -> Exception:
    return invalid("instant_unreadable", field, value=str(value)[:60])
