"""Allocations of pool customers: what each was to give to whom, how far it is, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, func, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id
from db.customer import Customer
from db.person import OrgUnit
from db.policy import current_policy
from domain.access import Action, Actor, Scope
from domain.allocation_policy import AllocationPolicy, Weekly
from domain.policy import load
from domain.refusal import not_found

BUSY = ("running", "undoing")
"""One of a region at a time."""


class Allocation(Base):
    """`status`: planning, previewed, running, stopped, done, undoing, undone, or skipped where the clock found another
    busy.

    `done` rows of its plan have been carried out, of which `given` customers changed hands; an undo has `looked_back`
    at so many of them and took `undone` back. `attempt` counts how often it was planned or set going.
    `asked_by` null: the clock.
    """

    __tablename__ = "allocation"

    id: Mapped[Id] = mapped_column(default=new_id)
    region_id: Mapped[Ref]
    origin: Mapped[str | None] = mapped_column(unique=True)  # the workflow run that the clock started
    terms: Mapped[dict[str, Any]]  # domain.allocation.Terms
    seed: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str]
    attempt: Mapped[int] = mapped_column(server_default="0")
    found: Mapped[int] = mapped_column(server_default="0")
    planned: Mapped[int] = mapped_column(server_default="0")
    done: Mapped[int] = mapped_column(server_default="0")
    given: Mapped[int] = mapped_column(server_default="0")
    looked_back: Mapped[int] = mapped_column(server_default="0")
    undone: Mapped[int] = mapped_column(server_default="0")
    asked_by: Mapped[Ref | None]
    asked_at: Mapped[Instant] = mapped_column(server_default=func.now())
    started_by: Mapped[Ref | None]
    started_at: Mapped[datetime | None]
    ended_by: Mapped[Ref | None]  # who stopped it
    ended_at: Mapped[datetime | None]
    undone_by: Mapped[Ref | None]
    undone_at: Mapped[datetime | None]

    @classmethod
    async def of_origin(cls, session: AsyncSession, origin: str) -> Allocation | None:
        return await session.scalar(select(cls).where(cls.origin == origin))

    __table_args__ = (
        Index("ix_allocation_region", "region_id", "asked_at"),
        Index(
            "ix_allocation_busy", "region_id", unique=True, postgresql_where=text("status in ('running', 'undoing')")
        ),
    )


class AllocationShare(Base):
    """What one person was to get. `has` and `room` as they were when it was planned; `why` is why it is nothing."""

    __tablename__ = "allocation_share"

    allocation_id: Mapped[Ref] = mapped_column(ForeignKey("allocation.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[Ref] = mapped_column(primary_key=True)
    has: Mapped[int]
    room: Mapped[int | None]
    planned: Mapped[int]
    given: Mapped[int] = mapped_column(server_default="0")
    undone: Mapped[int] = mapped_column(server_default="0")
    why: Mapped[str | None]


class AllocationRow(Base):
    """Who is to get which customer, in the order they are dealt. `last_owner_id` and `left_at` are as they were, so
    that an undo leaves them so.

    `end` null: as planned. taken, full: not given, since it was no longer in the pool or they were full by then.
    followed, moved: stayed in spite of the undo, since it was tended or had changed hands.
    """

    __tablename__ = "allocation_row"

    allocation_id: Mapped[Ref] = mapped_column(ForeignKey("allocation.id", ondelete="CASCADE"), primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    customer_id: Mapped[Ref]
    person_id: Mapped[Ref]
    last_owner_id: Mapped[Ref | None]
    left_at: Mapped[datetime | None]
    end: Mapped[str | None]

    __table_args__ = (
        Index("ix_allocation_row_end", "allocation_id", "no", postgresql_where=text('"end" is not null')),
    )


class Planned(NamedTuple):
    """A row of the plan with the customer's name."""

    no: int
    customer_id: str
    name: str
    person_id: str
    end: str | None


def allocations_within(actor: Actor) -> ColumnElement[bool]:
    """Those of the regions whose customers one may give to people."""
    scope = actor.require(Action.CUSTOMER_ASSIGN)
    return true() if scope == Scope.ALL else Allocation.region_id.in_(actor.regions)


async def find_allocation(session: AsyncSession, actor: Actor, allocation_id: str, *, lock: bool = False) -> Allocation:
    """Raises Refused: 403, 404."""
    query = select(Allocation).where(Allocation.id == allocation_id, allocations_within(actor))
    found = await session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise not_found("allocation")
    return found


async def list_allocations(
    session: AsyncSession, actor: Actor, *, region_id: str | None = None, after: str | None = None, limit: int = 50
) -> Sequence[Allocation]:
    """The latest first; previews that nobody ran only of the one who asked for them."""
    mine = (Allocation.status != "previewed") | (Allocation.asked_by == actor.id)
    query = select(Allocation).where(allocations_within(actor), mine)
    if region_id:
        query = query.where(Allocation.region_id == region_id)
    if after:
        query = query.where(Allocation.id < after)
    return (await session.scalars(query.order_by(Allocation.id.desc()).limit(limit))).all()


async def shares_of(session: AsyncSession, allocation_id: str) -> Sequence[AllocationShare]:
    """Who gets most first, and last those who get nothing."""
    query = select(AllocationShare).where(AllocationShare.allocation_id == allocation_id)
    order = (AllocationShare.why.is_not(None), AllocationShare.planned.desc(), AllocationShare.person_id)
    return (await session.scalars(query.order_by(*order))).all()


async def rows_of(
    session: AsyncSession, allocation_id: str, *, ends: Iterable[str] = (), after: int = 0, limit: int = 20
) -> list[Planned]:
    """Rows of the plan from a place on; with `ends` only those that came to one of them."""
    row = AllocationRow
    query = (
        select(row.no, row.customer_id, Customer.name, row.person_id, row.end)
        .join(Customer, Customer.id == row.customer_id)
        .where(row.allocation_id == allocation_id, row.no > after)
    )
    if wanted := list(ends):
        query = query.where(row.end.is_not(None), row.end.in_(wanted))
    return [Planned(*found) for found in await session.execute(query.order_by(row.no).limit(limit))]


async def laid_of(session: AsyncSession, allocation_id: str) -> int:
    """How many rows of the plan are there."""
    query = select(func.max(AllocationRow.no)).where(AllocationRow.allocation_id == allocation_id)
    return await session.scalar(query) or 0


async def ends_of(session: AsyncSession, allocation_id: str) -> dict[str, int]:
    """How many rows came to each end other than the planned one."""
    row = AllocationRow
    query = select(row.end, func.count()).where(row.allocation_id == allocation_id, row.end.is_not(None))
    return {end: count for end, count in await session.execute(query.group_by(row.end)) if end}


async def weekly_of(session: AsyncSession, actor: Actor) -> list[tuple[str, Weekly]]:
    """The regions whose customers they may give away and which are allocated by themselves, and when."""
    policy = load(AllocationPolicy, (await current_policy(session, AllocationPolicy.kind))[1])
    named = [one.region for one in policy.weekly]
    found = select(OrgUnit.code, OrgUnit.id).where(OrgUnit.kind == "region", OrgUnit.code.in_(named))
    ids = dict((await session.execute(found)).all())
    return [
        (ids[one.region], one)
        for one in policy.weekly
        if one.region in ids and actor.reaches(Action.CUSTOMER_ASSIGN, owner=None, region=ids[one.region])
    ]
