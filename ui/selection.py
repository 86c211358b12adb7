"""Which deals a page looks at, as its address says it."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from db.board import Sort, Wanted
from domain.ids import RecordId
from domain.money import parse_amount

MOST = 2_000
"""Cards of one stage on one board."""


class Selection(BaseModel):
    """Amounts are as typed (`20万`); `priority`: at least so high. `stage`, `sort`, `down` and `after` are the table's.

    `shown` (`needs:60,proposal:90`) are the board's columns of which more cards are shown than at first.
    """

    view: Literal["board", "table", "forecast"] = "board"
    pipeline: str = Field("", max_length=60)
    owner: Literal["", "me", "team"] | RecordId = ""
    region: Literal[""] | RecordId = ""
    priority: Literal["", "1", "2", "3"] = ""
    stalled: Literal["", "amber", "red"] = ""
    unplanned: bool = False
    customer: Literal[""] | RecordId = ""
    text: str = Field("", max_length=100)
    closes: Literal["", "month", "quarter"] = ""
    least: str = Field("", max_length=40)
    most: str = Field("", max_length=40)
    stage: str = Field("", max_length=60)
    sort: Sort = "close"
    down: bool = False
    after: Literal[""] | RecordId = ""
    shown: str = Field("", max_length=500)

    def but(self, **other: Any) -> str:
        """The address with something else; a changed selection begins at its first page."""
        said = self.asked(**other)
        return f"/deals?{urlencode(said)}" if said else "/deals"

    def asked(self, **other: Any) -> dict[str, str]:
        """The address's parameters, for a form's hidden fields."""
        chosen = self.model_dump(exclude_defaults=True, exclude={"after", "shown"}) | other
        return {name: "true" if value is True else str(value) for name, value in chosen.items() if value}

    @property
    def limits(self) -> dict[str, int]:
        """Cards to show of a stage, where that was asked for; what cannot be read is left out."""
        pairs = (part.partition(":") for part in self.shown.split(",") if part)
        return {stage: min(int(most), MOST) for stage, _, most in pairs if most.isascii() and most.isdigit()}

    def with_more(self, stage: str, most: int) -> str:
        """The address that shows so many cards of a stage, and of others as many as now."""
        limits = self.limits | {stage: most}
        return self.but(shown=",".join(f"{key}:{number}" for key, number in limits.items()))

    @property
    def narrowed(self) -> bool:
        """Whether anything is filtered away."""
        return bool(self.asked(view="", pipeline="", sort="", down="", stage=""))

    def sorted_by(self, sort: Sort) -> dict[str, str]:
        """For a column of `ui.table`: the address that sorts by it, the other way round the second time."""
        down = not self.down if sort == self.sort else sort == "amount"
        direction = ("desc" if self.down else "asc") if sort == self.sort else ""
        return {"sort": self.but(sort=sort, down=down), "direction": direction}

    def wanted(self, pipeline: str, currency: str, today: date) -> Wanted:
        """Raises Refused (422) for an amount that cannot be read."""
        begins, ends = period(self.closes, today) if self.closes else (None, None)
        return Wanted(
            pipeline=pipeline,
            owner=self.owner or None,
            region_id=self.region or None,
            priority=int(self.priority) if self.priority else None,
            stalled=self.stalled or None,
            unplanned=self.unplanned,
            customer_id=self.customer or None,
            text=self.text.strip() or None,
            closes_from=begins,
            closes_to=ends,
            least=parse_amount(self.least, currency, "least") if self.least else None,
            most=parse_amount(self.most, currency, "most") if self.most else None,
        )


def period(closes: str, today: date) -> tuple[date, date]:
    """First and last day of this month (`month`), else of this quarter."""
    first = today.month if closes == "month" else (today.month - 1) // 3 * 3 + 1
    last = first if closes == "month" else first + 2
    return date(today.year, first, 1), date(today.year, last, monthrange(today.year, last)[1])
