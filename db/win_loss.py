"""Deals that ended in a time: how many were won and lost, for which reasons, against whom, by whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Select, and_, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Customer
from db.deal import Deal
from db.report import Span
from db.scope import reach
from domain.access import Action, Actor

SHOWN = 100


class Sum(NamedTuple):
    """`key`: the reason, competitor or owner; None where none was given. Amounts in minor units."""

    key: str | None
    won: int
    won_amount: int
    lost: int
    lost_amount: int

    @property
    def rate(self) -> float:
        """The share that was won, from 0 to 1."""
        return self.won / (self.won + self.lost) if self.won + self.lost else 0


WON = and_(Deal.order_id.is_not(None), Deal.lost_in.is_(None))
LOST = Deal.lost_in.is_not(None)


def _within(actor: Actor, span: Span) -> list[ColumnElement[bool]]:
    where = [
        reach(actor, Action.REPORT_READ, Deal.owner_id, Deal.region_id),
        Deal.stage_since >= span.since,
        Deal.stage_since < span.until,
        WON | LOST,
    ]
    if span.region:
        where.append(Deal.region_id == span.region)
    return where


def _figures() -> list[Any]:
    def total(which: ColumnElement[bool]) -> Any:
        return cast(func.coalesce(func.sum(Deal.amount).filter(which), 0), BigInteger)

    return [func.count().filter(WON), total(WON), func.count().filter(LOST), total(LOST)]


async def totals(session: AsyncSession, actor: Actor, span: Span) -> Sum:
    row = (await session.execute(select(*_figures()).where(*_within(actor, span)))).one()
    return Sum(None, *row)


async def by_reason(session: AsyncSession, actor: Actor, span: Span) -> tuple[list[Sum], list[Sum]]:
    """Of the deals won, and of those lost, the most money first."""
    won = await _grouped(session, Deal.end_reason, [*_within(actor, span), WON])
    lost = await _grouped(session, Deal.end_reason, [*_within(actor, span), LOST])
    return won, lost


async def by_competitor(session: AsyncSession, actor: Actor, span: Span) -> list[Sum]:
    """To whom deals were lost; one name in capitals or not is one competitor."""
    name: ColumnElement[Any] = func.min(Deal.lost_to)
    query = (
        select(name, *_figures())
        .where(*_within(actor, span), LOST, Deal.lost_to.is_not(None))
        .group_by(func.lower(Deal.lost_to))
    )
    return await _sums(session, query)


async def by_owner(session: AsyncSession, actor: Actor, span: Span) -> list[Sum]:
    return await _grouped(session, Deal.owner_id, _within(actor, span))


async def _grouped(session: AsyncSession, column: Any, where: list[ColumnElement[bool]]) -> list[Sum]:
    return await _sums(session, select(column, *_figures()).where(*where).group_by(column))


async def _sums(session: AsyncSession, query: Select[Any]) -> list[Sum]:
    found = [Sum(*row) for row in await session.execute(query.limit(SHOWN))]
    return sorted(found, key=lambda one: (-one.won_amount - one.lost_amount, one.key or ""))


async def ended(session: AsyncSession, actor: Actor, span: Span, limit: int) -> Sequence[tuple[Deal, str]]:
    """The deals behind the figures with their customers' names, the latest first."""
    query = (
        select(Deal, Customer.name)
        .join(Customer, Customer.id == Deal.customer_id)
        .where(*_within(actor, span))
        .order_by(Deal.stage_since.desc(), Deal.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]
