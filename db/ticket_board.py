"""Open tickets by how soon their next clock is due: lanes of cards, counts by agent and queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, get_args

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Customer
from db.person import Person
from db.scope import Whose, narrowed
from db.ticket import Ticket
from db.ticket_clock import TicketClockRow
from domain.access import Actor
from domain.ticket import OPEN

LaneKey = Literal["over", "hour", "today", "later", "paused"]
LANES: tuple[LaneKey, ...] = get_args(LaneKey)
CARDS = 25
"""Of each lane; the list has the rest."""


@dataclass(frozen=True)
class Sought:
    """Whose tickets the board shows, and what it is narrowed to. `now` and the end of `today` part the lanes."""

    now: datetime
    today: datetime
    whose: Whose = "all"
    region: str | None = None
    queue: str | None = None
    assignee: str | None = None


class Card(NamedTuple):
    """`next_at` is when the ladder goes on, of one that is overdue."""

    lane: str
    ticket: Ticket
    customer: str | None
    assignee: Person | None
    next_at: datetime | None


def _lane(sought: Sought) -> ColumnElement[str]:
    return case(
        (Ticket.paused_at.is_not(None), "paused"),
        (Ticket.due_at <= sought.now, "over"),
        (Ticket.due_at <= sought.now + timedelta(hours=1), "hour"),
        (Ticket.due_at <= sought.today, "today"),
        else_="later",
    )


def _on_board(actor: Actor, sought: Sought) -> list[ColumnElement[bool]]:
    found = [narrowed(actor, "ticket", sought.whose), Ticket.stage.in_(OPEN), Ticket.due_at.is_not(None)]
    if sought.region:
        found.append(Ticket.region_id == sought.region)
    if sought.queue:
        found.append(Ticket.queue == sought.queue)
    if sought.assignee:
        found.append(Ticket.assignee_id == sought.assignee)
    return found


async def count_lanes(session: AsyncSession, actor: Actor, sought: Sought) -> dict[str, int]:
    lane = _lane(sought)
    query = select(lane.label("lane"), func.count()).where(*_on_board(actor, sought)).group_by("lane")
    return dict((await session.execute(query)).all())


async def list_cards(session: AsyncSession, actor: Actor, sought: Sought) -> list[Card]:
    """The first of each lane by what is due next."""
    lane = _lane(sought)
    place = func.row_number().over(partition_by=lane, order_by=(Ticket.due_at, Ticket.id))
    ranked = select(Ticket.id, lane.label("lane"), place.label("place")).where(*_on_board(actor, sought)).subquery()
    query = (
        select(ranked.c.lane, Ticket, Customer.name, Person)
        .join(ranked, ranked.c.id == Ticket.id)
        .outerjoin(Customer, Customer.id == Ticket.customer_id)
        .outerjoin(Person, Person.id == Ticket.assignee_id)
        .where(ranked.c.place <= CARDS)
        .order_by(ranked.c.lane, ranked.c.place)
    )
    rows = (await session.execute(query)).all()
    late = [ticket.id for lane_key, ticket, *_ in rows if lane_key == "over"]
    ahead = (
        select(TicketClockRow.ticket_id, func.min(TicketClockRow.next_at))
        .where(TicketClockRow.ticket_id.in_(late), TicketClockRow.breached_at.is_not(None))
        .group_by(TicketClockRow.ticket_id)
    )
    climbs = dict((await session.execute(ahead)).all()) if late else {}
    return [Card(lane_key, ticket, name, who, climbs.get(ticket.id)) for lane_key, ticket, name, who in rows]


async def queues_there(session: AsyncSession, actor: Actor, whose: Whose) -> Sequence[str]:
    """The queues of open tickets."""
    query = (
        select(Ticket.queue)
        .where(narrowed(actor, "ticket", whose), Ticket.stage.in_(OPEN), Ticket.queue.is_not(None))
        .distinct()
        .order_by(Ticket.queue)
    )
    return [queue for queue in await session.scalars(query) if queue]


class Burden(NamedTuple):
    """What one person, or nobody yet, has open: overdue, due within an hour, and in all."""

    person: Person | None
    over: int
    hour: int
    all: int


async def burdens(session: AsyncSession, actor: Actor, sought: Sought, most: int = 30) -> list[Burden]:
    """By person, those with most overdue first."""
    over = func.count().filter(Ticket.paused_at.is_(None), Ticket.due_at <= sought.now)
    hour = func.count().filter(
        Ticket.paused_at.is_(None), Ticket.due_at > sought.now, Ticket.due_at <= sought.now + timedelta(hours=1)
    )
    grouped = (
        select(Ticket.assignee_id, over.label("over"), hour.label("hour"), func.count().label("all"))
        .where(*_on_board(actor, sought))
        .group_by(Ticket.assignee_id)
        .subquery()
    )
    query = (
        select(Person, grouped.c.over, grouped.c.hour, grouped.c.all)
        .select_from(grouped)
        .outerjoin(Person, Person.id == grouped.c.assignee_id)
        .order_by(grouped.c.over.desc(), grouped.c.hour.desc(), grouped.c.all.desc(), Person.id)
        .limit(most)
    )
    return [Burden(*row) for row in await session.execute(query)]
