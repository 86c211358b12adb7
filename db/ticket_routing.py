"""How tickets found their queues, the models that guessed, and how often either was right in the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Index, and_, case, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Instant, Ref
from db.scope import within
from db.ticket import Ticket, TicketMessage
from domain.access import Actor

ANSWERED = ("resolved", "closed")


class TicketRoute(Base):
    """One time a ticket was routed; the first is what accuracy is measured by.

    `ruled` is what the rules said and `guessed` what the model did, whoever decided; `queue` none: triage.
    """

    __tablename__ = "ticket_route"

    ticket_id: Mapped[Ref] = mapped_column(primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[Instant] = mapped_column(server_default=func.now())
    by: Mapped[str]  # rules, model, person (the caller said), triage
    queue: Mapped[str | None]
    row: Mapped[str | None]
    ruled: Mapped[str | None]
    guessed: Mapped[str | None]
    confidence: Mapped[float | None]
    sure: Mapped[bool] = mapped_column(default=False)  # the guess counted: sure enough, of a queue it is good at
    guesses: Mapped[list[dict[str, Any]]]
    keywords: Mapped[list[str]]
    model: Mapped[int | None]
    policy: Mapped[int]

    __table_args__ = (Index("ix_ticket_route_at", "at", postgresql_where=text("no = 1")),)


class TicketModelVersion(Base):
    """A model that was trained: never changed. The newest is in use."""

    __tablename__ = "ticket_model"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[str]  # a hash of the document store
    trained_at: Mapped[Instant]
    trained_by: Mapped[Ref | None]  # none: by the clock
    origin: Mapped[str] = mapped_column(unique=True)  # the run that trained it
    rows: Mapped[int]
    confidence: Mapped[float]
    measure: Mapped[dict[str, Any]]  # domain.ticket_model.Measure by language


async def current_model(session: AsyncSession) -> TicketModelVersion | None:
    return await session.scalar(select(TicketModelVersion).order_by(TicketModelVersion.version.desc()).limit(1))


async def models(session: AsyncSession, limit: int = 20) -> Sequence[TicketModelVersion]:
    """The newest first."""
    query = select(TicketModelVersion).order_by(TicketModelVersion.version.desc()).limit(limit)
    return (await session.scalars(query)).all()


async def keep_model(session: AsyncSession, **row: Any) -> int:
    """Once per origin; its version."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("ticket-model"))))
    known = await session.scalar(select(TicketModelVersion.version).where(TicketModelVersion.origin == row["origin"]))
    if known is not None:
        return int(known)
    last = await session.scalar(select(func.max(TicketModelVersion.version)))
    session.add(TicketModelVersion(version=(last or 0) + 1, **row))
    return int(last or 0) + 1


async def keep_route(session: AsyncSession, **row: Any) -> None:
    """The first time counts, whatever is repeated."""
    await session.execute(insert(TicketRoute).values(**row).on_conflict_do_nothing())


async def route_of(session: AsyncSession, ticket_id: str) -> TicketRoute | None:
    """The latest time it was routed."""
    query = select(TicketRoute).where(TicketRoute.ticket_id == ticket_id).order_by(TicketRoute.no.desc()).limit(1)
    return await session.scalar(query)


async def first_words(session: AsyncSession, ticket: Ticket) -> str:
    """What the customer wrote first, under its subject."""
    said = (
        select(TicketMessage.body)
        .where(TicketMessage.ticket_id == ticket.id, TicketMessage.author == "customer")
        .order_by(TicketMessage.at, TicketMessage.id)
        .limit(1)
    )
    body = await session.scalar(said) or ""
    return body if body.startswith(ticket.subject) else f"{ticket.subject}\n{body}"


async def past_tickets(session: AsyncSession, limit: int) -> list[tuple[Ticket, str]]:
    """Answered tickets with the queue they had in the end and what the customer wrote first; the newest last."""
    first = (
        select(TicketMessage.body)
        .where(TicketMessage.ticket_id == Ticket.id, TicketMessage.author == "customer")
        .order_by(TicketMessage.at, TicketMessage.id)
        .limit(1)
        .correlate(Ticket)
        .scalar_subquery()
    )
    query = select(Ticket, first).where(Ticket.stage.in_(ANSWERED), Ticket.queue.is_not(None))
    rows = (await session.execute(query.order_by(Ticket.id.desc()).limit(limit))).all()
    return [
        (ticket, body if (body or "").startswith(ticket.subject) else f"{ticket.subject}\n{body or ''}")
        for ticket, body in reversed(rows)
    ]


class Waiting(NamedTuple):
    """A ticket for which a person must choose the queue, and what is known of it."""

    ticket: Ticket
    route: TicketRoute | None


async def in_triage(session: AsyncSession, actor: Actor, limit: int = 100) -> list[Waiting]:
    """Who waits longest first."""
    latest = (
        select(func.max(TicketRoute.no)).where(TicketRoute.ticket_id == Ticket.id).correlate(Ticket).scalar_subquery()
    )
    joined = and_(TicketRoute.ticket_id == Ticket.id, TicketRoute.no == latest)
    query = select(Ticket, TicketRoute).outerjoin(TicketRoute, joined)
    query = query.where(Ticket.stage == "triage", within(actor, "ticket")).order_by(Ticket.id).limit(limit)
    return [Waiting(*row) for row in await session.execute(query)]


async def queues_waiting(session: AsyncSession, actor: Actor) -> dict[str, tuple[int, datetime]]:
    """By queue how many tickets wait for somebody, and since when the oldest does."""
    query = (
        select(Ticket.queue, func.count(), func.min(Ticket.opened_at))
        .where(Ticket.stage == "queued", Ticket.queue.is_not(None), within(actor, "ticket"))
        .group_by(Ticket.queue)
    )
    return {str(queue): (count, since) for queue, count, since in await session.execute(query)}


class Tally(NamedTuple):
    """Of answered tickets: how many were routed so, and how many of them had this queue in the end."""

    key: str
    first: int
    first_right: int
    ruled: int
    ruled_right: int
    guessed: int
    guessed_right: int
    triaged: int


async def tallies(
    session: AsyncSession, actor: Actor, since: datetime, until: datetime, zone: str, by: str
) -> list[Tally]:
    """First assignment against what really happened, by `week` (its Monday), or by `queue`: the one it had in the end
    for triage, else the one it was given."""
    local = func.date_trunc("week", func.timezone(zone, TicketRoute.at))
    keys: dict[str, Any] = {"week": func.to_char(local, "YYYY-MM-DD"), "queue": Ticket.queue}
    key = keys[by].label("key")

    def counted(*conditions: Any) -> Any:
        return func.coalesce(func.sum(case((and_(*conditions), 1), else_=0)), 0)

    given, ruled, sure = TicketRoute.queue.is_not(None), TicketRoute.ruled.is_not(None), TicketRoute.sure
    query = (
        select(
            key,
            counted(given),
            counted(given, TicketRoute.queue == Ticket.queue),
            counted(ruled),
            counted(ruled, TicketRoute.ruled == Ticket.queue),
            counted(sure),
            counted(sure, TicketRoute.guessed == Ticket.queue),
            counted(TicketRoute.by == "triage"),
        )
        .join(Ticket, Ticket.id == TicketRoute.ticket_id)
        .where(
            TicketRoute.no == 1, TicketRoute.by != "person", TicketRoute.at >= since, TicketRoute.at < until,
            Ticket.stage.in_(ANSWERED), Ticket.queue.is_not(None), within(actor, "ticket"),
        )
        .group_by(key)
        .order_by(key)
    )  # fmt: skip
    return [Tally(*row) for row in await session.execute(query)]
