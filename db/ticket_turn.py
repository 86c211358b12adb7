"""Whose turn a ticket is: who of a queue's people is there, how full their hands are, who got one last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import Index, Table, distinct, func, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.absence import away_at
from db.base import Base, Instant, Ref
from db.holder import holders
from db.outbox import enqueue
from db.shift import duties_of, skills_of
from db.ticket import BUSY, Ticket
from domain.access import Role, role_key
from domain.shift import Duty, on_duty
from domain.ticket_turn import Agent


class TicketTurn(Base):
    """Who got which ticket when. While `pending` the ticket's own row does not say yet that it is theirs."""

    __tablename__ = "ticket_turn"

    ticket_id: Mapped[Ref] = mapped_column(primary_key=True)
    person_id: Mapped[Ref] = mapped_column(primary_key=True)
    at: Mapped[Instant] = mapped_column(server_default=func.clock_timestamp())
    pending: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        Index("ix_ticket_turn_person", "person_id", text("at desc")),
        Index("ix_ticket_turn_pending", "person_id", postgresql_where=text("pending")),
    )


async def lock_ticket_turns(session: AsyncSession) -> None:
    """Turns are taken one after the other until the transaction ends: a person may answer for several queues."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("ticket-turn"))))


async def pending_ticket_turn(session: AsyncSession, ticket_id: str, without: Sequence[str]) -> str | None:
    """Who has been given the ticket already, and it was not heard: the answer to a repeat."""
    query = select(TicketTurn.person_id).where(TicketTurn.ticket_id == ticket_id, TicketTurn.pending)
    return await session.scalar(query.where(TicketTurn.person_id.not_in(without)).limit(1))


async def note_ticket_turn(session: AsyncSession, ticket_id: str, person_id: str) -> None:
    turn = insert(TicketTurn).values(ticket_id=ticket_id, person_id=person_id, pending=True)
    again = {"at": func.clock_timestamp(), "pending": True}
    await session.execute(turn.on_conflict_do_update(index_elements=["ticket_id", "person_id"], set_=again))


_THEIRS = insert(cast(Table, TicketTurn.__table__)).on_conflict_do_nothing()


async def settle_ticket_turns(session: AsyncSession, ticket_id: str, owner_id: str | None, turned: list[str]) -> None:
    """The ticket's row says now whose it is; who got it without a turn has had theirs with it."""
    if owner_id is not None and owner_id not in turned:
        await session.execute(_THEIRS, {"ticket_id": ticket_id, "person_id": owner_id, "pending": False})
    if turned:
        theirs = (TicketTurn.ticket_id == ticket_id, TicketTurn.person_id.in_(turned), TicketTurn.pending)
        await session.execute(update(TicketTurn).where(*theirs).values(pending=False))


async def tell_next_waiting(session: AsyncSession, region_id: str, freed: str) -> None:
    """Somebody's hands are free (`freed` names what left them): of each queue of the region what is due first, and
    waits for a person, asks again whose turn it is."""
    waiting = (
        select(Ticket.id)
        .where(Ticket.stage == "queued", Ticket.assignee_id.is_(None), Ticket.region_id == region_id)
        .ext(distinct_on(Ticket.queue))
        .order_by(Ticket.queue, Ticket.due_at.nulls_last(), Ticket.id)
    )
    for one in await session.scalars(waiting):
        news = {"id": f"ticket/{one}", "signal": "people_changed", "input": {"key": freed}}
        await enqueue(session, f"ticket/{one}/free/{freed}", "signal", news)


async def tickets_in_hand(session: AsyncSession, people: Iterable[str]) -> dict[str, int]:
    """How many tickets each has to answer, with those just given that their rows do not show yet."""
    asked = set(people)
    owned = select(Ticket.assignee_id.label("person"), Ticket.id.label("ticket")).where(
        Ticket.assignee_id.in_(asked), Ticket.stage.in_(BUSY)
    )
    given = select(TicketTurn.person_id, TicketTurn.ticket_id).where(
        TicketTurn.person_id.in_(asked), TicketTurn.pending
    )
    both = owned.union(given).subquery()
    counted = select(both.c.person, func.count(distinct(both.c.ticket))).group_by(both.c.person)
    return dict((await session.execute(counted)).all())


async def agents_of(session: AsyncSession, region_id: str, at: datetime) -> tuple[list[Agent], dict[str, list[Duty]]]:
    """Everybody who answers tickets in a region, as they stand at an instant, and their shifts.

    While nobody of them has a shift, everybody counts as on duty. Leads answer where no agent is to be found.
    """
    people = await holders(session, [role_key(Role.SUPPORT_AGENT, region_id)])
    people = people or await holders(session, [role_key(Role.SUPPORT_LEAD, region_id)])
    duties = await duties_of(session, people)
    skills = await skills_of(session, people)
    away = {one.person for one in await away_at(session, at)}
    busy = await tickets_in_hand(session, people)
    last = select(TicketTurn.person_id, func.max(TicketTurn.at)).where(TicketTurn.person_id.in_(people))
    turns = dict((await session.execute(last.group_by(TicketTurn.person_id))).all())
    found = []
    for person in sorted(people):
        able, speaks = skills.get(person, ({}, {}))
        there = not duties or on_duty(duties.get(person, ()), at)
        found.append(Agent(person, able, speaks, busy.get(person, 0), turns.get(person), there, person in away))
    return found, duties
