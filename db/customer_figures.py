"""A customer in a few figures, as far as the reader may see what they come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Select, and_, cast, func, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from db.collection import Collection
from db.customer import Assignment
from db.deal import Deal
from db.follow_up import FollowUp
from db.order import Order
from db.scope import within
from db.ticket import Ticket
from domain.access import Actor

FREQUENT = timedelta(days=90)
"""Over how long follow-ups are counted."""


@dataclass(frozen=True)
class CustomerFigures:
    """`contacts` follow-ups in the last 90 days, `contact_at` the last one; sums in minor units by currency: `open` of
    deals under way, `bought` of orders, `owed` still to be paid; of tickets, those open, late, and breached of all."""

    contacts: int = 0
    contact_at: datetime | None = None
    open_deals: int = 0
    orders: int = 0
    order_at: datetime | None = None
    open: dict[str, int] = field(default_factory=dict)
    bought: dict[str, int] = field(default_factory=dict)
    owed: dict[str, int] = field(default_factory=dict)
    tickets: int = 0
    open_tickets: int = 0
    late_tickets: int = 0
    breached_tickets: int = 0


def _part(
    what: str, currency: Any = literal(""), *, count: Any, amount: Any = None, at: Any = None, late: Any = None,
    breached: Any = None,
) -> Select[Any]:  # fmt: skip
    numbers = (cast(null() if one is None else one, BigInteger) for one in (count, amount, late, breached))
    return select(literal(what), currency, *numbers, cast(null() if at is None else at, DateTime(timezone=True)))


def _parts(actor: Actor, customer_id: str, now: datetime) -> list[Select[Any]]:
    still_open = and_(Deal.closed_at.is_(None), Deal.order_id.is_(None))  # a won one waits for its money only
    seen = select(Deal.id).where(Deal.customer_id == customer_id, within(actor, "deal"))
    late = and_(Ticket.due_at < now, Ticket.paused_at.is_(None), Ticket.resolved_at.is_(None))
    followed = func.count().filter(FollowUp.at > now - FREQUENT)
    tickets = _part(
        "ticket", count=func.count(), amount=func.count().filter(Ticket.resolved_at.is_(None)),
        late=func.count().filter(late), breached=func.count().filter(Ticket.breached > 0),
    )  # fmt: skip
    return [
        _part("follow_up", count=followed, at=func.max(FollowUp.at)).where(FollowUp.customer_id == customer_id),
        _part("open", Deal.currency, count=func.count(), amount=func.sum(Deal.amount))
        .where(Deal.customer_id == customer_id, still_open, within(actor, "deal"))
        .group_by(Deal.currency),
        _part(
            "bought", Order.currency, count=func.count(), amount=func.sum(Order.amount), at=func.max(Order.created_at)
        )
        .where(Order.customer_id == customer_id, Order.deal_id.in_(seen))
        .group_by(Order.currency),
        _part("owed", Collection.currency, count=func.count(), amount=func.sum(Collection.owed))
        .where(Collection.customer_id == customer_id, Collection.closed_at.is_(None), within(actor, "collection"))
        .group_by(Collection.currency),
        tickets.where(Ticket.customer_id == customer_id, Ticket.stage != "merged", within(actor, "ticket")),
    ]


async def customer_figures(session: AsyncSession, actor: Actor, customer_id: str, now: datetime) -> CustomerFigures:
    """For somebody who sees the customer, in one statement."""
    counts: dict[str, int] = {}
    instants: dict[str, datetime | None] = {}
    sums: dict[str, dict[str, int]] = {"open": {}, "bought": {}, "owed": {}}
    rows = await session.execute(union_all(*_parts(actor, customer_id, now)))
    for what, currency, count, amount, late, breached, at in rows:
        counts[what] = counts.get(what, 0) + count
        instants[what] = max(filter(None, (instants.get(what), at)), default=None)
        if what in sums and amount:
            sums[what][currency] = amount
        if what == "ticket":
            counts |= {"unresolved": amount, "late": late, "breached": breached}
    return CustomerFigures(
        contacts=counts.get("follow_up", 0), contact_at=instants.get("follow_up"), open_deals=counts.get("open", 0),
        orders=counts.get("bought", 0), order_at=instants.get("bought"), **sums, tickets=counts.get("ticket", 0),
        open_tickets=counts.get("unresolved", 0), late_tickets=counts.get("late", 0),
        breached_tickets=counts.get("breached", 0),
    )  # fmt: skip


@dataclass(frozen=True)
class Planned:
    """What comes next with a customer: the follow-up somebody planned, or a step of a deal."""

    what: str
    at: datetime | None
    by: str
    deal_id: str | None = None


async def planned_with(session: AsyncSession, customer_id: str, limit: int = 5) -> list[Planned]:
    """Follow-ups planned by those who follow the customer still, the earliest first."""
    follows = select(Assignment.owner_id).where(Assignment.customer_id == customer_id)
    found = (
        select(FollowUp)
        .where(FollowUp.customer_id == customer_id, FollowUp.next_at.is_not(None), FollowUp.next_done_at.is_(None))
        .where(FollowUp.by.in_(follows))
        .order_by(FollowUp.next_at)
        .limit(limit)
    )
    return [Planned(row.note, row.next_at, row.by) for row in await session.scalars(found)]
