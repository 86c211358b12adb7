"""Everything that happened with a customer, in one order: what processes tell, follow-ups, changes of hands, edits."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Text, and_, cast, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Assignment
from db.customer_field import CustomerChange
from db.follow_up import FollowUp
from db.ownership_history import ChangeOfHands
from db.process import Process, TimelineEvent
from db.scope import reach
from db.timeline import READ, Told, narrowed_to
from domain.access import Action, Actor

Source = Literal["event", "follow_up", "hands", "edit"]
SOURCES: tuple[Source, ...] = ("edit", "event", "follow_up", "hands")
TABLES: dict[Source, Any] = {"follow_up": FollowUp, "hands": ChangeOfHands, "edit": CustomerChange}
"""What is told beside the events of processes, each a table of a customer's."""
HISTORY = frozenset({
    "deal.opened", "deal.followed_up", "deal.order_placed", "deal.closed", "lead.contacted", "lead.tried",
})  # fmt: skip
"""What whoever owns a customer hears of those who had it in the same region before: enough to go on from."""


class Place(NamedTuple):
    """Where in the story one is; the story goes from the newest to the oldest. As text it goes into an address."""

    at: datetime
    rank: int
    source: str
    id: str

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.rank}~{self.source}~{self.id}"

    @classmethod
    def of(cls, text: str) -> Place | None:
        """None for what is no place."""
        try:
            at, rank, source, id_ = text.split("~")
            place = cls(datetime.fromisoformat(at), int(rank), source, id_)
        except ValueError:
            return None
        return place if place.at.tzinfo and abs(place.rank) < 2**62 else None


class Happened(NamedTuple):
    place: Place
    row: Any


@dataclass(frozen=True)
class Wanted:
    """`sources` and `told` narrow what is told, `person` who did it, `since` and `until` when."""

    sources: frozenset[Source] = frozenset(SOURCES)
    told: Told = field(default_factory=Told)
    person: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: Place | None = None

    def among(self, there: Container[str]) -> Wanted:
        """Of these sources only: of the others there is nothing."""
        return replace(self, sources=frozenset(one for one in self.sources if one in there))


async def story_of(
    session: AsyncSession, actor: Actor, customer_id: str, wanted: Wanted, *, limit: int
) -> list[Happened]:
    """The newest first, for somebody who sees the customer: of processes, what they may read."""
    found: list[Happened] = []
    if "event" in wanted.sources:
        found += await _events(session, actor, customer_id, wanted, limit)
    for source, table in TABLES.items():
        if source in wanted.sources:
            columns = _Columns(table.at, literal(0), table.id, table.by)
            query = select(table).where(table.customer_id == customer_id)
            found += await _rows(session, source, query, columns, wanted, limit)
    return sorted(found, key=lambda one: one.place, reverse=True)[:limit]


class _Columns(NamedTuple):
    at: Any
    rank: Any
    id: Any
    by: Any


async def _events(session: AsyncSession, actor: Actor, customer_id: str, wanted: Wanted, limit: int) -> list[Happened]:
    readable = [kind for kind, action in READ.items() if actor.scope(action) is not None]
    query = select(TimelineEvent).where(TimelineEvent.process_kind.in_(readable), *narrowed_to(wanted.told))
    query = query.where(_lines_of(actor, customer_id))
    columns = _Columns(TimelineEvent.at, TimelineEvent.revision, TimelineEvent.id, TimelineEvent.actor)
    return await _rows(session, "event", query, columns, wanted, limit)


def _lines_of(actor: Actor, customer_id: str) -> ColumnElement[bool]:
    """Of the customer's lines that the reader may see; of earlier owners' in the own region, what one goes on from."""
    of_customer = Process.customer_id == customer_id
    is_ticket = TimelineEvent.process_kind == "ticket"
    lines = select(Process.line_id).where(
        of_customer, Process.kind != "ticket", reach(actor, Action.DEAL_READ, Process.owner_id, Process.region_id)
    )
    tickets = select(Process.line_id).where(
        of_customer, Process.kind == "ticket", reach(actor, Action.TICKET_READ, Process.owner_id, Process.region_id)
    )
    mine = select(Assignment.region_id).where(Assignment.customer_id == customer_id, Assignment.owner_id == actor.id)
    before = select(Process.line_id).where(of_customer, Process.kind != "ticket", Process.region_id.in_(mine))
    return or_(
        and_(~is_ticket, TimelineEvent.line_id.in_(lines)),
        and_(is_ticket, TimelineEvent.line_id.in_(tickets)),
        and_(TimelineEvent.kind.in_(HISTORY), TimelineEvent.line_id.in_(before)),
    )


async def _rows(
    session: AsyncSession, source: Source, query: Any, columns: _Columns, wanted: Wanted, limit: int
) -> list[Happened]:
    place = (columns.rank, literal(source), cast(columns.id, Text))
    if wanted.person is not None:
        query = query.where(columns.by == wanted.person)
    if wanted.since is not None:
        query = query.where(columns.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(columns.at < wanted.until)
    if (after := wanted.after) is not None:
        beyond = tuple_(*place) < tuple_(literal(after.rank), literal(after.source), literal(after.id))
        query = query.where(columns.at <= after.at, or_(columns.at < after.at, beyond))
    ordered = query.order_by(columns.at.desc(), *(part.desc() for part in place)).limit(limit)
    rows: Sequence[Any] = (await session.scalars(ordered)).all()
    return [Happened(_place(source, row), row) for row in rows]


def _place(source: Source, row: Any) -> Place:
    return Place(row.at, row.revision if source == "event" else 0, source, str(row.id))
