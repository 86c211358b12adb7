"""The clocks of tickets as rows, for boards and reports; and what each ticket's clocks are reckoned from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import Index, Table, case, func, select, text
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Instant, Ref
from db.scope import within
from db.ticket import Ticket
from domain.access import Actor
from domain.ticket import OPEN
from domain.ticket_clock import Happened, TicketClock, most_urgent, next_wake


class TicketClockRow(Base):
    """One clock of one ticket. `target` and `used` are working seconds; `level` as TicketClock.level.

    Queue, assignee and tier are those of the ticket when the clock ended, or as it is now.
    """

    __tablename__ = "ticket_clock"

    ticket_id: Mapped[Ref] = mapped_column(primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]  # domain.sla.ClockKind
    row: Mapped[str]
    calendar: Mapped[str]
    policy_version: Mapped[int]
    calendar_version: Mapped[int]
    started_at: Mapped[Instant]
    target: Mapped[float]
    due_at: Mapped[Instant]
    amber_at: Mapped[Instant]
    red_at: Mapped[Instant]
    next_at: Mapped[datetime | None]  # when something happens by itself next
    pauses: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    paused_at: Mapped[datetime | None]
    met_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    level: Mapped[int]
    used: Mapped[float | None]
    region_id: Mapped[Ref]
    queue: Mapped[str | None]
    assignee_id: Mapped[Ref | None]
    tier: Mapped[str]

    __table_args__ = (
        Index("ix_ticket_clock_ended", func.coalesce(text("met_at"), text("stopped_at"))),
        Index("ix_ticket_clock_running", "due_at", postgresql_where=text("met_at is null and stopped_at is null")),
    )


class TicketHistory(Base):
    """What a ticket's clocks go by (domain.ticket_clock.Happened), in order, and the versions they run under."""

    __tablename__ = "ticket_history"

    ticket_id: Mapped[Ref] = mapped_column(primary_key=True)
    history: Mapped[list[dict[str, Any]]]
    policies: Mapped[dict[str, Any]]


def shown(clocks: Sequence[TicketClock]) -> dict[str, Any]:
    """The columns of the ticket's own row that tell of the clock due next."""
    clock = most_urgent(clocks)
    if clock is None:
        empty: dict[str, Any] = dict.fromkeys(("clock", "due_at", "due_since", "warn_at", "red_at", "paused_at"))
        return empty | {"breached": 0}
    return {
        "clock": clock.kind, "due_at": clock.due_at, "due_since": clock.started_at, "warn_at": clock.amber_at,
        "red_at": clock.red_at, "paused_at": clock.paused_at, "breached": clock.level,
    }  # fmt: skip


async def write_clocks(
    session: AsyncSession, ticket_id: str, clocks: Sequence[TicketClock], history: Sequence[Happened], *,
    policies: dict[str, int], region_id: str, queue: str | None, assignee_id: str | None, tier: str,
) -> None:  # fmt: skip
    """In the transaction that found the ticket's revision to be new."""
    if not history:
        return
    log = {
        "ticket_id": ticket_id, "history": [one.model_dump(mode="json", exclude_defaults=True) for one in history],
        "policies": {kind: no for kind, no in policies.items() if kind in ("sla", "calendar")},
    }  # fmt: skip
    await session.execute(_log(), log)
    if not clocks:
        return
    theirs = {"region_id": region_id, "queue": queue, "assignee_id": assignee_id, "tier": tier}
    versions = {"policy_version": policies.get("sla", 0), "calendar_version": policies.get("calendar", 0)}
    rows = [{"ticket_id": ticket_id, **_columns(clock), **versions, **theirs} for clock in clocks]
    await session.execute(_write_rows(tuple(rows[0]), (*theirs, *versions)), rows)


@cache
def _log() -> Insert:
    log = insert(cast(Table, TicketHistory.__table__))
    said = {"history": log.excluded.history, "policies": log.excluded.policies}
    return log.on_conflict_do_update(index_elements=["ticket_id"], set_=said)


@cache
def _write_rows(columns: tuple[str, ...], kept: tuple[str, ...]) -> Insert:
    """Of a clock that had ended, `kept` stay as they were."""
    row = cast(Table, TicketClockRow.__table__)
    statement = insert(row)
    was, new = row.c, statement.excluded
    settled = func.coalesce(was.met_at, was.stopped_at) == func.coalesce(new.met_at, new.stopped_at)
    values: dict[str, Any] = {name: new[name] for name in columns if name not in ("ticket_id", "no")}
    values |= {name: case((settled, was[name]), else_=new[name]) for name in kept}
    return statement.on_conflict_do_update(index_elements=["ticket_id", "no"], set_=values)


def _columns(clock: TicketClock) -> dict[str, Any]:
    plain = clock.model_dump(include={
        "no", "kind", "row", "calendar", "started_at", "due_at", "amber_at", "red_at", "paused_at", "met_at",
        "stopped_at",
    })  # fmt: skip
    return plain | {
        "target": clock.target.total_seconds(),
        "used": None if clock.used is None else clock.used.total_seconds(),
        "pauses": [{"start": start.isoformat(), "end": end.isoformat()} for start, end in clock.pauses],
        "next_at": next_wake([clock]), "breached_at": clock.breached_at, "level": clock.level,
    }  # fmt: skip


async def clocks_of(session: AsyncSession, ticket_id: str) -> Sequence[TicketClockRow]:
    query = select(TicketClockRow).where(TicketClockRow.ticket_id == ticket_id).order_by(TicketClockRow.no)
    return (await session.scalars(query)).all()


async def histories(session: AsyncSession, ticket_ids: Iterable[str]) -> dict[str, list[Happened]]:
    """What is known of these tickets; one whose clocks never began is left out."""
    query = select(TicketHistory).where(TicketHistory.ticket_id.in_(ticket_ids))
    return {
        one.ticket_id: [Happened.model_validate(event) for event in one.history] for one in await session.scalars(query)
    }


async def open_under_other(
    session: AsyncSession, actor: Actor, kind: str, version: int, most: int
) -> list[tuple[Ticket, TicketHistory]]:
    """The open tickets whose clocks run under another version of this policy, what is due next first."""
    pinned = TicketHistory.policies[kind].as_integer()
    query = (
        select(Ticket, TicketHistory)
        .join(TicketHistory, TicketHistory.ticket_id == Ticket.id)
        .where(within(actor, "ticket"), Ticket.stage.in_(OPEN), pinned != version)
        .order_by(Ticket.due_at.nulls_last(), Ticket.id)
        .limit(most)
    )
    return [(ticket, log) for ticket, log in await session.execute(query)]


async def open_among(session: AsyncSession, actor: Actor, ticket_ids: Sequence[str]) -> Sequence[str]:
    """Those of these tickets that are open and within somebody's reach."""
    query = select(Ticket.id).where(within(actor, "ticket"), Ticket.stage.in_(OPEN), Ticket.id.in_(ticket_ids))
    return (await session.scalars(query)).all()


async def running(session: AsyncSession, ticket_ids: Sequence[str]) -> dict[str, list[tuple[int, str, datetime]]]:
    """The clocks of these tickets that have not ended: number, kind and when each is due."""
    found: dict[str, list[tuple[int, str, datetime]]] = {ticket_id: [] for ticket_id in ticket_ids}
    row = TicketClockRow
    query = (
        select(row.ticket_id, row.no, row.kind, row.due_at)
        .where(row.ticket_id.in_(ticket_ids), row.met_at.is_(None), row.stopped_at.is_(None))
        .order_by(row.ticket_id, row.no)
    )
    for ticket_id, no, kind, due in await session.execute(query):
        found[ticket_id].append((no, kind, due))
    return found


async def open_versions(session: AsyncSession, kind: str) -> dict[int, int]:
    """How many open tickets run under each version."""
    pinned = TicketHistory.policies[kind].as_integer()
    query = (
        select(pinned, func.count())
        .join(Ticket, Ticket.id == TicketHistory.ticket_id)
        .where(Ticket.stage.in_(OPEN))
        .group_by(pinned)
    )
    return dict((await session.execute(query)).all())
