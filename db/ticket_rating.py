"""How satisfied customers say they are, as a report counts it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.scope import within
from db.ticket import Ticket
from db.ticket_intake import TicketRating
from domain.access import Actor

NEWEST = 50
PLEASED = 4
"""From which a customer counts as satisfied."""


class Group(NamedTuple):
    """`key` is a person, or a queue's key; empty for nobody. `pleased` of `ratings` gave 4 or 5."""

    key: str
    ratings: int
    mean: float
    pleased: int


class Rated(NamedTuple):
    rating: TicketRating
    ticket: Ticket


async def spread(session: AsyncSession, actor: Actor, since: datetime) -> dict[int, int]:
    """How often each score was given."""
    query = _of(actor, since).with_only_columns(TicketRating.score, func.count()).group_by(TicketRating.score)
    found = {int(score): int(count) for score, count in await session.execute(query)}
    return {score: found.get(score, 0) for score in (5, 4, 3, 2, 1)}


async def groups(session: AsyncSession, actor: Actor, since: datetime, by: str) -> Sequence[Group]:
    """By `assignee_id` or `queue`, those with most ratings first."""
    column = getattr(TicketRating, by)
    counted = func.count()
    query = _of(actor, since).with_only_columns(
        column, counted, func.avg(TicketRating.score), func.count().filter(TicketRating.score >= PLEASED)
    )
    rows = await session.execute(query.group_by(column).order_by(counted.desc(), column))
    return [Group(key or "", count, float(mean), pleased) for key, count, mean, pleased in rows]


async def newest(session: AsyncSession, actor: Actor, since: datetime) -> Sequence[Rated]:
    query = _of(actor, since).order_by(TicketRating.at.desc()).limit(NEWEST)
    return [Rated(*row) for row in await session.execute(query)]


def _of(actor: Actor, since: datetime) -> Select[TicketRating, Ticket]:
    rated = select(TicketRating, Ticket).join(Ticket, Ticket.id == TicketRating.ticket_id)
    return rated.where(within(actor, "ticket"), TicketRating.at >= since)
