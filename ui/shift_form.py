"""The hours of a shift as one types them: `09:00-12:00 13:00-18:00` on each day, `22:00-06:00` over midnight."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from domain.calendar import WEEKDAYS, Week
from domain.refusal import invalid

_SPAN = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*[-–—~至到]\s*([01]?\d|2[0-4]):([0-5]\d)")
_BETWEEN = re.compile(r"[\s,，、;；和及]*")
DAY = "24:00"


def week_json(typed: Mapping[str, str]) -> dict[str, Any]:
    """What ends before it begins goes on until then on the next day. Raises Refused (422) naming the day."""
    week: dict[str, list[dict[str, str]]] = {day: [] for day in WEEKDAYS}
    for no, day in enumerate(WEEKDAYS):
        text = typed.get(day, "")
        if _BETWEEN.sub("", _SPAN.sub("", text)):
            raise invalid("hours_unreadable", day)
        for found in _SPAN.finditer(text):
            start, end = f"{int(found[1]):02}:{found[2]}", f"{int(found[3]):02}:{found[4]}"
            if start < end:
                week[day].append({"start": start, "end": end})
                continue
            week[day].append({"start": start, "end": DAY})
            if end != "00:00":
                week[WEEKDAYS[(no + 1) % 7]].append({"start": "00:00", "end": end})
    return {day: sorted(spans, key=lambda span: span["start"]) for day, spans in week.items() if spans}


def hours_text(week: Week) -> dict[str, str]:
    return {day: " ".join(f"{span.start}-{span.end}" for span in week.hours(day)) for day in WEEKDAYS}
