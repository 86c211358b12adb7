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
    """One stage's share of a month. `share`: of the largest month's weighted sum, from 0 to 1."""

    stage: StageView
    weighted: int
    share: float

    @property
    def swatch(self) -> str:
        return self.stage.swatch

    @property
    def title(self) -> str:
        return self.stage.name


@dataclass(frozen=True)
class MonthView:
    """`late`: every month that is over; `none`: deals without a close date; else `month` is its first day."""

    bucket: Bucket
    month: date | None
    deals: int
    sum: int
    weighted: int
    parts: Sequence[Part]


def forecast(sums: Sequence[MonthSum], stages: Sequence[StageView], today: date) -> list[MonthView]:
    """In order of time. Deals in other stages than these are left out."""
    buckets: dict[tuple[Bucket, date | None], dict[str, MonthSum]] = {}
    for found in sums:
        in_bucket = buckets.setdefault(_bucket(found.month, today.replace(day=1)), {})
        before = in_bucket.get(found.stage, MonthSum(None, found.stage, 0, 0))
        in_bucket[found.stage] = MonthSum(
            found.month, found.stage, before.deals + found.deals, before.amount + found.amount
        )
    weighted = {place: sum(_weighted(stage, by_stage) for stage in stages) for place, by_stage in buckets.items()}
    largest = max(weighted.values(), default=0) or 1
    return [
        MonthView(
            bucket=place[0],
            month=place[1],
            deals=sum(by_stage[stage.key].deals for stage in stages if stage.key in by_stage),
            sum=sum(by_stage[stage.key].amount for stage in stages if stage.key in by_stage),
            weighted=weighted[place],
            parts=[Part(stage, amount := _weighted(stage, by_stage), amount / largest) for stage in stages],
        )
        for place, by_stage in sorted(buckets.items(), key=lambda item: (ORDER[item[0][0]], item[0][1] or date.min))
        if any(stage.key in by_stage for stage in stages)
    ]


def _bucket(month: date | None, this_month: date) -> tuple[Bucket, date | None]:
    if month is None:
        return "none", None
    return ("late", None) if month < this_month else ("month", month)


def _weighted(stage: StageView, by_stage: dict[str, MonthSum]) -> int:
    found = by_stage.get(stage.key)
    return round(found.amount * stage.chance) if found else 0
