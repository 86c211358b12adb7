"""An instalment as its collection knows it: what is still owed on it, and where its clock stands."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from pydantic import BaseModel

from domain.payment_plan import day_begins, day_ends


class Instalment(BaseModel):
    """`no` counts from 1, amounts are in minor units.

    Due `days` after its `event`, or on a day agreed (no event). `asked_at` is when finance is asked for it, the
    beginning of the day it is due on, `due_at` the end of that day; `shift` is how long disputes and promises have
    stopped the clock since, and `stopped_at` since when it stands still.
    """

    id: str
    no: int
    amount: int
    event: str | None = None
    days: int = 0
    due_on: date | None = None
    ask_at: datetime | None = None
    due_at: datetime | None = None

    paid: int = 0
    credited: int = 0
    written_off: int = 0
    paid_at: datetime | None = None

    task_id: str | None = None
    reminded: int = 0
    overdue: bool = False
    level: int = 0
    shift: timedelta = timedelta()
    stopped_at: datetime | None = None
    disputed: bool = False

    @property
    def settled(self) -> int:
        return self.paid + self.credited + self.written_off

    @property
    def open(self) -> int:
        return self.amount - self.settled

    @property
    def counts_from(self) -> datetime | None:
        """The instant that overdue levels count from; None: it is not known when this is due."""
        return self.due_at + self.shift if self.due_at else None

    @property
    def status(self) -> str:
        if not self.open:
            if self.paid:
                return "paid"
            return "written_off" if self.written_off else "credited"
        if self.due_at is None:
            return "waiting"
        if self.overdue:
            return "overdue"
        return "due" if self.task_id else "planned"

    def fall_due(self, day: date | None, zone: str) -> None:
        self.due_on = day
        self.ask_at = day_begins(day, zone) if day else None
        self.due_at = day_ends(day, zone) if day else None
