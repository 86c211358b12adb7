"""Open tickets by how soon their next clock is due: lanes of cards, counts by lane, agent and queue."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, get_args

from sqlalchemy import ColumnElement, Select, and_, case, false, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Customer
from db.person import Person, people_by_id
from db.scope import Whose, narrowed
from db.ticket import OPEN_ROWS, Ticket
from db.ticket_clock import TicketClockRow
from domain.access import Actor

LaneKey = Literal["over", "hour", "today", "later", "paused"]
LANES: tuple[LaneKey, ...] = get_args(LaneKey)
CARDS = 25
"""Of each lane; the list has the rest."""
PEOPLE = 30


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


class Burden(NamedTuple):
    """What one person, or nobody yet, has open: overdue, due within an hour, and in all."""

    person: Person | None
    over: int
    hour: int
    all: int


@dataclass(frozen=True)
class Tally:
    """How many there are by lane, as narrowed; by person and the queues there are, whatever is narrowed to of these."""

    lanes: dict[str, int]
    burdens: list[Burden]
    queues: list[str]


def _bounds(sought: Sought) -> dict[str, ColumnElement[bool]]:
    """Which rows each lane has. All but the paused are one range of `due_at` each."""
    runs, hour = Ticket.paused_at.is_(None), sought.now + timedelta(hours=1)
    evening = max(hour, sought.today)
    return {
        "over": and_(runs, Ticket.due_at <= sought.now),
        "hour": and_(runs, Ticket.due_at > sought.now, Ticket.due_at <= hour),
        "today": and_(runs, Ticket.due_at > hour, Ticket.due_at <= evening) if evening > hour else false(),
        "later": and_(runs, Ticket.due_at > evening),
        "paused": Ticket.paused_at.is_not(None),
    }


def _on_board(actor: Actor, sought: Sought) -> list[ColumnElement[bool]]:
    found = [narrowed(actor, "ticket", sought.whose), OPEN_ROWS, Ticket.due_at.is_not(None)]
    if sought.region:
        found.append(Ticket.region_id == sought.region)
    return found


def _chosen(sought: Sought) -> list[ColumnElement[bool]]:
    chosen = []
    if sought.queue:
        chosen.append(Ticket.queue == sought.queue)
    if sought.assignee:
        chosen.append(Ticket.assignee_id == sought.assignee)
    return chosen


async def tally(session: AsyncSession, actor: Actor, sought: Sought) -> Tally:
    """All counts of the board from one look at its tickets."""
    lane = case(*((bounds, key) for key, bounds in _bounds(sought).items()), else_="later")
    query = select(lane.label("lane"), Ticket.queue, Ticket.assignee_id, func.count())
    grouped = query.where(*_on_board(actor, sought)).group_by("lane", Ticket.queue, Ticket.assignee_id)
    lanes: Counter[str] = Counter()
    loads: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
    queues: set[str] = set()
    for key, queue, assignee, many in await session.execute(grouped):
        queues |= {queue} if queue else set()
        if sought.queue in (None, queue):
            loads[assignee][key] += many
            if sought.assignee in (None, assignee):
                lanes[key] += many
    heaviest = sorted(loads, key=lambda one: (*_weight(loads[one]), one or ""))[:PEOPLE]
    people = await people_by_id(session, [one for one in heaviest if one])
    burdens = [
        Burden(people[one] if one else None, loads[one]["over"], loads[one]["hour"], loads[one].total())
        for one in heaviest
    ]
    return Tally(dict(lanes), burdens, sorted(queues))


def _weight(load: Counter[str]) -> tuple[int, int, int]:
    """Those with most overdue first."""
    return -load["over"], -load["hour"], -load.total()


async def list_cards(session: AsyncSession, actor: Actor, sought: Sought) -> list[Card]:
    """The first of each lane by what is due next: a few rows from the index each, however many there are."""
    where = [*_on_board(actor, sought), *_chosen(sought)]
    firsts = [_first(key, [bounds, *where]) for key, bounds in _bounds(sought).items()]
    lanes = union_all(*firsts).subquery()
    query = (
        select(lanes.c.lane, Ticket, Customer.name, Person)
        .join(lanes, lanes.c.id == Ticket.id)
        .outerjoin(Customer, Customer.id == Ticket.customer_id)
        .outerjoin(Person, Person.id == Ticket.assignee_id)
        .order_by(Ticket.due_at, Ticket.id)
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


def _first(lane: str, where: list[ColumnElement[bool]]) -> Select[str, str]:
    found = select(Ticket.id, literal(lane).label("lane")).where(*where)
    part = found.order_by(Ticket.due_at, Ticket.id).limit(CARDS).subquery()
    return select(part.c.id, part.c.lane)
