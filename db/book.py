"""The books of those who own customers: who is asked to look anew, and what is done on the due customers of one.

Locks are taken in one order everywhere: the books (in the order of their owners), the customers, then their places.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Ref, new_id
from db.outbox import WAKE
from domain.customer_pool import LOOKED, Back


class Book(Base):
    """One per person who ever owned a customer. Its row is the lock of what one person may have.

    `asked_at` while its process has been asked to look and has not begun to; `next_at` is when it looks by itself.
    """

    __tablename__ = "book"

    owner_id: Mapped[Ref] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]


_LOCK = text("""
    insert into book (owner_id) select owner_id from unnest(cast(:owners as uuid[])) asked (owner_id)
    order by owner_id on conflict (owner_id) do update set owner_id = excluded.owner_id
""")

# Who is asked already, and has not begun to look, will see this change, too: its row is locked until the commit.
_REARM = text("""
    with asked as (
        insert into book (owner_id, asked_at)
        select distinct owner_id, now() from unnest(cast(:owners as uuid[])) given (owner_id) order by owner_id
        on conflict (owner_id) do update set asked_at = now()
        where book.asked_at is null or book.asked_at < now() - interval '1 minute'
        returning owner_id
    ), written as (
        insert into outbox (key, kind, payload, attempts)
        select 'book/' || owner_id || '/' || cast(:change as text), 'start', jsonb_build_object(
            'workflow', 'BookWorkflow', 'id', 'book/' || owner_id,
            'input', jsonb_build_object('owner_id', owner_id),
            'signal', 'changed', 'message', jsonb_build_object('owner_id', owner_id)), 0
        from asked
        on conflict (key) do nothing
        returning id
    )
    select pg_notify(cast(:channel as text), 'start') from written limit 1
""")

_REARM_ALL_AT = text("""
    insert into outbox (key, kind, payload, attempts, due_at)
    select 'book/' || owner_id || '/' || cast(:change as text), 'start', jsonb_build_object(
        'workflow', 'BookWorkflow', 'id', 'book/' || owner_id,
        'input', jsonb_build_object('owner_id', owner_id),
        'signal', 'changed', 'message', jsonb_build_object('owner_id', owner_id)), 0, coalesce(:at, now())
    from (select distinct owner_id from book) known
    where cast(:owners as uuid[]) is null or owner_id = any(cast(:owners as uuid[]))
    on conflict (key) do nothing
""")


async def lock_books(session: AsyncSession, owners: Iterable[str]) -> None:
    """Whoever gives these people customers until the transaction ends does so alone."""
    await session.execute(_LOCK, {"owners": sorted(set(owners))})


async def rearm(session: AsyncSession, owners: Iterable[str]) -> None:
    """Asks the books to look anew, once the transaction is committed: something of theirs may be due earlier."""
    asked = sorted(set(owners))
    if asked:
        await session.execute(_REARM, {"owners": asked, "change": new_id(), "channel": WAKE})


async def rearm_all(session: AsyncSession, at: datetime | None = None) -> None:
    """Asks every book, at an instant or at once: other rules hold from then on."""
    await session.execute(_REARM_ALL_AT, {"change": new_id(), "at": at, "owners": None})
    await session.execute(select(func.pg_notify(WAKE, "start")))


async def rearm_beside(session: AsyncSession, owners: Iterable[str]) -> None:
    """`rearm` by who holds places, for which a holder of these books may be waiting: it waits for no book, and asks
    once more who is asked already."""
    if asked := sorted(set(owners)):
        await session.execute(_REARM_ALL_AT, {"change": new_id(), "at": None, "owners": asked})
        await session.execute(select(func.pg_notify(WAKE, "start")))


_BEGIN = text("""
    insert into book (owner_id, looked_at) values (:owner, :at)
    on conflict (owner_id) do update set asked_at = null, looked_at = :at
""")
_NEXT = text("""
    update book set next_at = least(
        (select min(due_at) from assignment where owner_id = :owner),
        (select min(warn_at) from assignment where owner_id = :owner and warned_at is null and warn_at is not null),
        (select min(remind_at) from follow_up
         where by = :owner and remind_at is not null and reminded_at is null and next_done_at is null)
    )
    where owner_id = :owner
    returning next_at
""")


async def begin_look(session: AsyncSession, owner_id: str, at: datetime) -> None:
    """From here on whoever changes something of the book has to ask again."""
    await session.execute(_BEGIN, {"owner": owner_id, "at": at})


async def next_look(session: AsyncSession, owner_id: str) -> datetime | None:
    """The earliest instant at which a customer is due or to be warned of, or a planned follow-up reminded of."""
    found: datetime | None = await session.scalar(_NEXT, {"owner": owner_id})
    return found


_AWAKE = text("""
    select exists (
        select from book where owner_id = :owner and next_at > now()
            and least(next_at, looked_at + cast(:again as interval)) <= cast(:at as timestamptz)
    )
""")


async def look_by(session: AsyncSession, owner_id: str, at: datetime) -> None:
    """The book looks then, or before: it is asked only where it would sleep longer, which is seldom."""
    if not await session.scalar(_AWAKE, {"owner": owner_id, "at": at, "again": LOOKED}):
        await rearm(session, [owner_id])


_REMIND = text("""
    with told as (
        update follow_up set reminded_at = :at
        where by = :owner and remind_at <= :at and reminded_at is null and next_done_at is null
        returning customer_id
    )
    select count(distinct customer_id) from told t
    where exists (select from assignment a where a.customer_id = t.customer_id and a.owner_id = :owner)
        or exists (
            select from deal d where d.customer_id = t.customer_id and d.owner_id = :owner and d.closed_at is null
        )
""")


async def remind_of(session: AsyncSession, owner_id: str, at: datetime) -> int:
    """Marks what is planned until then as told; with how many customers of theirs that is."""
    return int((await session.scalar(_REMIND, {"owner": owner_id, "at": at})) or 0)


class Warned(NamedTuple):
    """How many of a region the owner was warned of, and when the first of them goes back."""

    region_id: str
    customers: int
    first: datetime


_WARN = text("""
    with soon as (
        select customer_id, region_id from assignment
        where owner_id = :owner and warned_at is null and warn_at <= :until and due_at > :at and reckoned = :stamp
        order by customer_id, region_id limit :limit for update
    ), warned as (
        update assignment a set warned_at = :at from soon
        where a.customer_id = soon.customer_id and a.region_id = soon.region_id
        returning a.region_id, a.due_at
    )
    select cast(region_id as text), count(*), min(due_at) from warned group by region_id order by region_id
""")


async def warn_of(
    session: AsyncSession, owner_id: str, *, at: datetime, until: datetime, stamp: int, limit: int
) -> list[Warned]:
    """Marks those to be warned of until then as such."""
    asked = {"owner": owner_id, "at": at, "until": until, "stamp": stamp, "limit": limit}
    return [Warned(*row) for row in await session.execute(_WARN, asked)]


class Fallen(NamedTuple):
    """A customer that is to go back now, from which pool and why."""

    customer_id: str
    region_id: str
    pool: str | None
    why: Back


_DUE = text("""
    select cast(customer_id as text), cast(region_id as text), pool, due_why from assignment
    where owner_id = :owner and due_at <= :at and reckoned = :stamp and protected is null
    order by customer_id, region_id limit :limit for update
""")
_ALL_OF = text("""
    select cast(customer_id as text), cast(region_id as text), pool, 'owner_left' from assignment
    where owner_id = :owner order by customer_id, region_id limit :limit for update
""")


async def fallen_due(
    session: AsyncSession, owner_id: str, *, at: datetime, stamp: int, left: bool, limit: int
) -> Sequence[Fallen]:
    """What goes back now, locked; all that is owned where the owner has left."""
    asked = {"owner": owner_id, "at": at, "stamp": stamp, "limit": limit}
    return [Fallen(*row) for row in await session.execute(_ALL_OF if left else _DUE, asked)]
