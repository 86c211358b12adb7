"""What should come in by month: open deals by the month of their close date, weighted by their stage's chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from db.board import MonthSum
from ui.stage import StageView

Bucket = Literal["late", "month", "none"]
ORDER: dict[Bucket, int] = {"late": 0, "month": 1, "none": 2}


@dataclass(frozen=True)
class Part:
    """What one stage gives to a month, in minor units."""

    stage: StageView
    value: int


@dataclass(frozen=True)
class MonthView:
    """`late`: every month that is over; `none`: deals without a close date; else `month` is its first day."""

    bucket: Bucket
    month: date | None
    deals: int
    sum: int
    parts: Sequence[Part]

    @property
    def weighted(self) -> int:
        return sum(part.value for part in self.parts)


def forecast(sums: Sequence[MonthSum], stages: Sequence[StageView], today: date) -> list[MonthView]:
    """In order of time. Deals in other stages than these are left out."""
    known = {stage.key for stage in stages}
    buckets: dict[tuple[Bucket, date | None], list[MonthSum]] = {}
    for found in sums:
        if found.stage in known:
            buckets.setdefault(_bucket(found.month, today.replace(day=1)), []).append(found)
    return [
        MonthView(
            bucket,
            month,
            deals=sum(one.deals for one in found),
            sum=sum(one.amount for one in found),
            parts=[_part(stage, found) for stage in stages],
        )
        for (bucket, month), found in sorted(buckets.items(), key=_in_time)
    ]


def _bucket(month: date | None, this_month: date) -> tuple[Bucket, date | None]:
    if month is None:
        return "none", None
    return ("late", None) if month < this_month else ("month", month)


def _in_time(item: tuple[tuple[Bucket, date | None], list[MonthSum]]) -> tuple[int, date]:
    (bucket, month), _ = item
    return ORDER[bucket], month or date.min


def _part(stage: StageView, found: Sequence[MonthSum]) -> Part:
    return Part(stage, round(sum(one.amount for one in found if one.stage == stage.key) * stage.chance))
