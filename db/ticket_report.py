"""How well what was promised is kept: clocks in time and late, how long they took, and how old open tickets are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, get_args

from sqlalchemy import ColumnElement, Text, case, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.scope import reach
from db.ticket import Ticket
from db.ticket_clock import TicketClockRow
from domain.access import Action, Actor
from domain.ticket import OPEN, WAITING

By = Literal["queue", "agent", "tier", "week"]
BYS: tuple[By, ...] = get_args(By)
AGES: tuple[tuple[str, timedelta], ...] = (
    ("day", timedelta(days=1)),
    ("days3", timedelta(days=3)),
    ("week", timedelta(days=7)),
    ("weeks2", timedelta(days=14)),
)
OLDER = "older"


@dataclass(frozen=True)
class Period:
    """Clocks met from `first` up to but without `until`; `region` narrows it."""

    first: datetime
    until: datetime
    zone: str
    region: str | None = None


class Kept(NamedTuple):
    """`key` is a queue, a person's id, a tier, or the Monday of a week; '' for none. Working seconds."""

    kind: str
    key: str
    ended: int
    in_time: int
    median: float
    ninth: float

    @property
    def late(self) -> int:
        return self.ended - self.in_time

    @property
    def share(self) -> float:
        return self.in_time / self.ended if self.ended else 0.0


class Aged(NamedTuple):
    """Open tickets of an age: ours to do, and waiting for somebody."""

    age: str
    ours: int
    waiting: int


def _key(by: By, zone: str) -> ColumnElement[Any]:
    clock = TicketClockRow
    if by == "week":
        return func.to_char(func.date_trunc("week", func.timezone(zone, clock.met_at)), "YYYY-MM-DD")
    column = {"queue": clock.queue, "agent": cast(clock.assignee_id, Text), "tier": clock.tier}[by]
    return func.coalesce(column, "")


async def kept(session: AsyncSession, actor: Actor, period: Period, by: By) -> list[Kept]:
    """What was promised and happened, by clock and key. What need not happen any more is left out."""
    clock = TicketClockRow
    key = _key(by, period.zone).label("key")
    query = (
        select(
            clock.kind,
            key,
            func.count(),
            func.count().filter(clock.breached_at.is_(None)),
            func.percentile_cont(0.5).within_group(clock.used),
            func.percentile_cont(0.9).within_group(clock.used),
        )
        .where(
            clock.met_at >= period.first,
            clock.met_at < period.until,
            reach(actor, Action.TICKET_READ, clock.assignee_id, clock.region_id),
        )
        .group_by(clock.kind, "key")
        .order_by(clock.kind, "key")
    )
    if period.region:
        query = query.where(clock.region_id == period.region)
    return [Kept(*row) for row in await session.execute(query)]


async def ageing(session: AsyncSession, actor: Actor, now: datetime, region: str | None = None) -> list[Aged]:
    """Open tickets by how long ago they came in."""
    age = case(*((Ticket.opened_at > now - length, literal(name)) for name, length in AGES), else_=literal(OLDER))
    waiting = func.count().filter(Ticket.stage.in_(WAITING))
    query = (
        select(age.label("age"), func.count() - waiting, waiting)
        .where(Ticket.stage.in_(OPEN), reach(actor, Action.TICKET_READ, Ticket.assignee_id, Ticket.region_id))
        .group_by("age")
    )
    if region:
        query = query.where(Ticket.region_id == region)
    found = {row[0]: Aged(*row) for row in await session.execute(query)}
    return [found.get(name, Aged(name, 0, 0)) for name in (*(name for name, _ in AGES), OLDER)]
