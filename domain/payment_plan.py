"""A payment plan: the parts an order is paid in, by share or amount, each due on a day or some days after an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, NamedTuple, Self, get_args
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from domain.document import Strict, fault, refuse_faults

WHOLE_BP = 10_000
MOST_PARTS = 60

Event = Literal["order", "contract_signed", "delivery", "acceptance", "invoice"]
"""What a part of the plan may fall due after. The order's day is always known; a person records the others."""
EVENTS: tuple[Event, ...] = get_args(Event)


class Part(Strict):
    """A share of the total in basis points, or an amount in minor units; neither: whatever the others leave.

    `days` are whole days after the event, in the company's zone.
    """

    share_bp: Annotated[int, Field(ge=1, le=WHOLE_BP)] | None = None
    amount: Annotated[int, Field(gt=0, le=10**15)] | None = None
    event: Event = "order"
    days: Annotated[int, Field(ge=0, le=3_660)] = 0

    @model_validator(mode="after")
    def is_a_share_or_an_amount(self) -> Self:
        if self.share_bp is not None and self.amount is not None:
            refuse_faults(self, [fault(["amount"], "share_or_amount", "Give a share or an amount, not both.")])
        return self

    @property
    def is_rest(self) -> bool:
        return self.share_bp is None and self.amount is None


def part_faults(parts: Sequence[Part], *where: str | int) -> list[Any]:
    """What is wrong with the parts of a plan: they must make the whole, whatever the total is."""
    rests = [no for no, part in enumerate(parts) if part.is_rest]
    total = sum(part.share_bp or 0 for part in parts)
    if rests and rests != [len(parts) - 1]:
        return [fault([*where, rests[0]], "rest_last", "Only the last part may be what the others leave.")]
    if not rests and any(part.amount is not None for part in parts):
        return [fault([*where], "rest_needed", "With fixed amounts, the last part must be what the others leave.")]
    if not rests and total != WHOLE_BP:
        return [fault([*where], "shares_total", "The shares make {total}, not 10000.", total=total)]
    if rests and total >= WHOLE_BP:
        return [fault([*where], "shares_total", "The shares make {total}, not 10000.", total=total)]
    return []


class Planned(NamedTuple):
    """`no` counts from 1; `amount` is in minor units; `due_on` None: its event has not happened."""

    no: int
    amount: int
    event: Event | None
    days: int
    due_on: date | None


def divide(total: int, parts: Sequence[Part], happened: Mapping[str, date]) -> list[Planned]:
    """Divides a positive total (minor units) exactly; shares are rounded down and the last part takes the remainder.

    Fixed amounts are paid as far as the total reaches; a part that comes to nothing is left out: nobody can pay it.
    """
    if total <= 0:
        raise ValueError("an order without an amount has no payment plan")
    left, amounts = total, []
    for part in parts[:-1]:
        asked = part.amount if part.amount is not None else total * (part.share_bp or 0) // WHOLE_BP
        amounts.append(min(asked, left))
        left -= amounts[-1]
    amounts.append(left)
    kept = [(amount, part) for amount, part in zip(amounts, parts, strict=True) if amount]
    return [
        Planned(no, amount, part.event, part.days, due_day(part.event, part.days, happened))
        for no, (amount, part) in enumerate(kept, start=1)
    ]


def due_day(event: str | None, days: int, happened: Mapping[str, date]) -> date | None:
    return happened[event] + timedelta(days=days) if event is not None and event in happened else None


def day_begins(day: date, zone: str) -> datetime:
    """The first instant of a day in the company's zone, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))


def day_ends(day: date, zone: str) -> datetime:
    """Due on a day means until its end in the company's zone."""
    return day_begins(day + timedelta(days=1), zone)


def local_day(at: datetime, zone: str) -> date:
    """The business day of an instant."""
    return at.astimezone(ZoneInfo(zone)).date()
