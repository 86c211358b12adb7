"""The board's questions: what each column holds and sums to, its first cards, the same deals as a table or by month."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import eq, ge, le
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Integer, ScalarSelect, Text, cast, func, literal, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.customer import Customer
from db.deal import Deal
from db.person import team_of
from db.process import Process
from db.scope import visible, within
from domain.access import Actor
from domain.pipeline import SALES

Sort = Literal["amount", "close", "stage", "priority"]
Stalled = Literal["amber", "red"]
NEVER = date(9999, 12, 31)
"""Where a deal without a close date stands among the others."""

ORDERS: dict[Sort, ColumnElement[Any]] = {
    "amount": Deal.amount.expression,
    "close": func.coalesce(Deal.close_on, literal(NEVER)),
    "stage": Deal.stage_since.expression,
    "priority": Deal.priority.expression,
}


PLACE = (Deal.priority.desc(), Deal.close_on, Deal.id)
"""The order of a column's cards: what somebody put first, then what should close first."""


@dataclass(frozen=True)
class Wanted:
    """Which deals to look at. `owner` is "me", "team" (who reports to me, and I) or a person's id; dates inclusive.

    `stages`: only those in one of them; none: any. `priority`: at least so high. `unplanned`: only
    those without a next step and its day. `text` is part of the deal's title or
    number, or of its customer's name.
    """

    pipeline: str = SALES
    owner: str | None = None
    region_id: str | None = None
    priority: int | None = None
    stalled: Stalled | None = None
    unplanned: bool = False
    text: str | None = None
    closes_from: date | None = None
    closes_to: date | None = None
    least: int | None = None
    most: int | None = None
    stages: Sequence[str] = ()
    customer_id: str | None = None


class ColumnSum(NamedTuple):
    stage: str
    deals: int
    amount: int


class Card(NamedTuple):
    """`processes`: the open ones of its line, [{kind, waiting, policies}]: what it waits for and where it may go."""

    deal: Deal
    customer: str
    processes: list[dict[str, Any]]


class MonthSum(NamedTuple):
    """`month` is the first of a month, None for deals without a close date."""

    month: date | None
    stage: str
    deals: int
    amount: int


def _matching(actor: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    where = [within(actor, "deal"), Deal.pipeline_key == wanted.pipeline]
    match wanted.owner:
        case None:
            pass
        case "me":
            where.append(Deal.owner_id == actor.id)
        case "team":
            where.append(Deal.owner_id.in_(team_of(actor.id)))
        case person:
            where.append(Deal.owner_id == person)
    bounds: tuple[tuple[Any, Callable[[Any, Any], Any], Any], ...] = (
        (Deal.close_on, ge, wanted.closes_from),
        (Deal.close_on, le, wanted.closes_to),
        (Deal.amount, ge, wanted.least),
        (Deal.amount, le, wanted.most),
        (Deal.stage, _among, wanted.stages or None),
        (Deal.customer_id, eq, wanted.customer_id),
        (Deal.region_id, eq, wanted.region_id),
        (Deal.priority, ge, wanted.priority),
        (Deal.unplanned, eq, wanted.unplanned or None),
        (Deal.stall, ge, {None: None, "amber": 1, "red": 2}[wanted.stalled]),
        (Deal.title, _said, wanted.text),
    )
    return [*where, *(compare(column, value) for column, compare, value in bounds if value is not None)]


def _among(column: Any, values: Sequence[str]) -> Any:
    return column.in_(values)


def _said(title: Any, part: str) -> Any:
    customers = select(Customer.id).where(Customer.name.icontains(part, autoescape=True))
    return or_(
        title.icontains(part, autoescape=True),
        Deal.number.icontains(part, autoescape=True),
        Deal.customer_id.in_(customers),
    )


async def column_sums(session: AsyncSession, actor: Actor, wanted: Wanted) -> list[ColumnSum]:
    """Of the deals still under way, per stage."""
    query = (
        select(Deal.stage, func.count(), cast(func.sum(Deal.amount), Deal.amount.type))
        .where(Deal.closed_at.is_(None), *_matching(actor, wanted))
        .group_by(Deal.stage)
    )
    return [ColumnSum(*row) for row in await session.execute(query)]


async def ended_since(
    session: AsyncSession, actor: Actor, wanted: Wanted, stages: Sequence[str], since: datetime
) -> dict[str, ColumnSum]:
    """Deals that reached the won or lost stage at or after an instant, whether their money is in or not.

    A year's deals may be among them: what it asks for lies in the indexes ix_deal_ended and ix_deal_ended_own.
    """
    query = (
        select(Deal.stage, func.count(), cast(func.sum(Deal.amount), Deal.amount.type))
        .where(Deal.stage.in_(stages), Deal.stage_since >= since, *_matching(actor, wanted))
        .group_by(Deal.stage)
    )
    found = {row[0]: ColumnSum(*row) for row in await session.execute(query)}
    return {stage: found.get(stage, ColumnSum(stage, 0, 0)) for stage in stages}


async def cards(
    session: AsyncSession, actor: Actor, wanted: Wanted, limits: Mapping[str, int]
) -> dict[str, list[Card]]:
    """The first cards of each stage by priority and close date, read in one go; each column as long as its limit."""
    lists = func.unnest(cast(list(limits), ARRAY(Text)), cast(list(limits.values()), ARRAY(Integer)))
    column = lists.table_valued("stage", "most").render_derived(name="stages")
    top = (
        select(Deal)
        .where(Deal.stage == column.c.stage, Deal.closed_at.is_(None), *_matching(actor, wanted))
        .order_by(*PLACE)
        .limit(column.c.most)
        .lateral("top")
    )
    deal = aliased(Deal, top)
    query = (
        select(deal, Customer.name, _open_processes(deal.line_id))
        .select_from(column)
        .join(top, true())
        .join(Customer, Customer.id == deal.customer_id)
        .order_by(deal.priority.desc(), deal.close_on, deal.id)
    )
    found: dict[str, list[Card]] = {stage: [] for stage in limits}
    for row in await session.execute(query):
        found[row[0].stage].append(Card(row[0], row[1], row[2] or []))
    return found


async def card(session: AsyncSession, actor: Actor, deal_id: str) -> Card | None:
    query = (
        select(Deal, Customer.name, _open_processes(Deal.line_id))
        .join(Customer, Customer.id == Deal.customer_id)
        .where(Deal.id == deal_id, within(actor, "deal"))
    )
    row = (await session.execute(query)).one_or_none()
    return Card(row[0], row[1], row[2] or []) if row else None


def _open_processes(line_id: Any) -> ScalarSelect[Any]:
    shown = func.jsonb_build_object(
        "kind", Process.kind, "waiting", Process.waiting, "policies", Process.policies
    )  # fmt: skip
    return (
        select(func.jsonb_agg(shown))
        .where(Process.line_id == line_id, Process.closed_at.is_(None))
        .correlate_except(Process)
        .scalar_subquery()
    )


async def deal_list(
    session: AsyncSession,
    actor: Actor,
    wanted: Wanted,
    *,
    sort: Sort = "close",
    descending: bool = False,
    after: str | None = None,
    limit: int = 50,
    closed: bool = False,
) -> list[tuple[Deal, str]]:
    """Deals with their customers' names; `after` is the id of the last one already seen. `closed`: also ended ones."""
    order = ORDERS[sort]
    query = (
        select(Deal, Customer.name)
        .join(Customer, Customer.id == Deal.customer_id)
        .where(*_matching(actor, wanted))
        .order_by(*(key.desc() if descending else key.asc() for key in (order, Deal.id)))
        .limit(limit)
    )
    if not closed:
        query = query.where(Deal.closed_at.is_(None))
    if after is not None:
        await visible(session, actor, "deal", after)  # else the cut would tell where a hidden deal stands
        last = select(order, Deal.id).where(Deal.id == after).correlate(None).scalar_subquery()
        place = tuple_(order, Deal.id)
        query = query.where(place < last if descending else place > last)
    return [(row[0], row[1]) for row in await session.execute(query)]


async def by_month(session: AsyncSession, actor: Actor, wanted: Wanted) -> list[MonthSum]:
    """Open deals by the month they should close in and their stage."""
    month = cast(func.date_trunc("month", Deal.close_on), Deal.close_on.type)
    query = (
        select(month, Deal.stage, func.count(), cast(func.sum(Deal.amount), Deal.amount.type))
        .where(Deal.closed_at.is_(None), *_matching(actor, wanted))
        .group_by(month, Deal.stage)
    )
    return [MonthSum(*row) for row in await session.execute(query)]


async def owners(session: AsyncSession, actor: Actor, pipeline: str, limit: int = 100) -> list[str]:
    """Ids of those who own an open deal that this person may see."""
    seen = (Deal.closed_at.is_(None), Deal.pipeline_key == pipeline, within(actor, "deal"))
    query = select(Deal.owner_id).where(*seen).distinct().limit(limit)
    return list(await session.scalars(query))
