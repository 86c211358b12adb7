"""Whose a customer is: the one place where an assignment changes hands, in bulk as for one, with its history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Identity, Index, func, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Instant, Ref
from db.book import lock_books, rearm
from db.ownership_order import hold_customers
from db.pool_policy import Rules
from domain.book import due
from domain.customer_pool import TIERS, Back, Course, How


class Moved(NamedTuple):
    """A customer in a region, and who had it until now."""

    customer_id: str
    region_id: str
    owner_id: str | None


class AssignmentChange(Base):
    """One change of hands; `by` null: a clock or a rule did it. `run_id` is the allocation or import it came with, or
    the id of the key with which somebody asked for it.

    An import writes none for its millions of customers: as long as one lies as it was imported, its place says all of
    it (`db.ownership_history`). `write_first` writes the line before that ends.
    """

    __tablename__ = "assignment_change"

    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    region_id: Mapped[Ref]
    from_id: Mapped[Ref | None]  # null: the pool, or nobody yet
    to_id: Mapped[Ref | None]  # null: the pool
    pool: Mapped[str | None]
    tier: Mapped[str]
    how: Mapped[str]
    reason: Mapped[str | None]
    note: Mapped[str | None]  # in the words of who gave it back, took it, or went beyond somebody's capacity
    since: Mapped[datetime | None]  # from when it had been where it was
    at: Mapped[Instant] = mapped_column(server_default=func.now())
    by: Mapped[Ref | None]
    run_id: Mapped[Ref | None]

    __table_args__ = (
        Index(
            "ix_assignment_change_at",
            "at",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 32, "autosummarize": "on"},
        ),
        Index("ix_assignment_change_to", "to_id", "how", "at", postgresql_where=text("how in ('claimed', 'rule')")),
        Index("ix_assignment_change_from", "from_id", "at", postgresql_where=text("from_id is not null")),
        Index("ix_assignment_change_run", "run_id", postgresql_where=text("run_id is not null and how <> 'imported'")),
    )


def came(how: How) -> ColumnElement[bool]:
    """Said in the statement itself: so it is known that an index of only some ways holds them."""
    return AssignmentChange.how == literal(how, literal_execute=True)


_FIRST = text("""
    with unwritten as (
        select a.customer_id, a.region_id
        from assignment a
        join unnest(cast(:customers as uuid[]), cast(:regions as uuid[])) asked (customer_id, region_id)
            using (customer_id, region_id)
        where a.unwritten
        order by a.customer_id, a.region_id
        for update of a
    ), place as (
        update assignment a set unwritten = null from unwritten u
        where a.customer_id = u.customer_id and a.region_id = u.region_id
        returning a.*
    )
    insert into assignment_change (customer_id, region_id, to_id, pool, tier, how, at, by, run_id)
    select a.customer_id, a.region_id, a.owner_id, a.pool, a.tier, a.how, a.since, i.by_id, c.import_id
    from place a join customer c on c.id = a.customer_id left join customer_import i on i.id = c.import_id
""")


async def write_first(session: AsyncSession, places: Sequence[tuple[str, str]]) -> None:
    """How those came here of whom only their places say it, before these change."""
    await session.execute(_FIRST, _asked(places))


def _asked(places: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    return {"customers": [customer for customer, _ in places], "regions": [region for _, region in places]}


_MOVE = text("""
    with was as (
        select a.customer_id, a.region_id, a.owner_id, a.since
        from assignment a
        join unnest(cast(:customers as uuid[]), cast(:regions as uuid[])) asked (customer_id, region_id)
            using (customer_id, region_id)
        where a.owner_id is distinct from cast(:to as uuid)
        order by a.customer_id, a.region_id
        for update of a
    ), moved as (
        update assignment a
        set owner_id = cast(:to as uuid), pool = coalesce(:pool, a.pool), since = :at, how = :how, reason = :reason,
            followed_at = null, dealt_at = null, due_at = null, warn_at = null, warned_at = null, locked_until = null,
            extended_until = null, due_why = null, protected = null, reckoned = null, note = :note,
            last_owner_id = coalesce(was.owner_id, a.last_owner_id),
            left_at = case when was.owner_id is null then a.left_at else :at end
        from was
        where a.customer_id = was.customer_id and a.region_id = was.region_id
        returning a.customer_id, a.region_id, was.owner_id, was.since, a.pool, a.tier
    ), kept as (
        insert into assignment_change
            (customer_id, region_id, from_id, to_id, pool, tier, how, reason, note, since, at, by, run_id)
        select customer_id, region_id, owner_id, cast(:to as uuid), pool, tier, :how, :reason, :note, since, :at,
            cast(:by as uuid), cast(:run_id as uuid)
        from moved
    )
    select cast(customer_id as text), cast(region_id as text), cast(owner_id as text) from moved
""")


async def moved_with(
    session: AsyncSession, run_id: str, places: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:  # fmt: skip
    """Those of the places that changed hands with it."""
    change = AssignmentChange
    mine = change.run_id == run_id, change.customer_id.in_({customer for customer, _ in places})
    moved = await session.execute(select(change.customer_id, change.region_id).where(*mine))
    found = {(customer, region) for customer, region in moved}
    return [place for place in places if place in found]


async def move(
    session: AsyncSession, places: Sequence[tuple[str, str]], *, to: str | None, how: How, at: datetime,
    by: str | None = None, reason: Back | None = None, pool: str | None = None, run_id: str | None = None,
    note: str | None = None,
) -> list[Moved]:  # fmt: skip
    """Gives customers, each (customer id, region id), to a person, or to the pool (`to` None; `pool` None: the one
    they belong to). Those that are there already are left alone; the answer has the others. When they go back is
    reckoned anew by the new owner's book, which is asked to look; whose book becomes shorter need not know.
    """
    if not places:
        return []
    if to is not None:
        await lock_books(session, [to])
    await hold_customers(session, (customer for customer, _ in places))
    await write_first(session, places)
    asked = _asked(places) | {
        "to": to, "how": how, "at": at, "by": by, "reason": reason, "pool": pool, "run_id": run_id,
        "note": note,
    }  # fmt: skip
    moved = [Moved(*row) for row in await session.execute(_MOVE, asked)]
    if moved and to is not None:
        await rearm(session, [to])
    return moved


_FREE = text("""
    select cast(a.customer_id as text), cast(a.region_id as text)
    from assignment a
    join unnest(cast(:customers as uuid[]), cast(:regions as uuid[])) asked (customer_id, region_id)
        using (customer_id, region_id)
    where a.owner_id is null
    order by a.customer_id, a.region_id
    for update of a
""")


async def take_free(
    session: AsyncSession, places: Sequence[tuple[str, str]], *, to: str, how: How, at: datetime,
    by: str | None = None, run_id: str | None = None,
) -> list[Moved]:  # fmt: skip
    """`move` for those of the places that nobody has."""
    await lock_books(session, [to])
    await hold_customers(session, (customer for customer, _ in places))
    free = [(customer, region) for customer, region in await session.execute(_FREE, _asked(places))]
    return await move(session, free, to=to, how=how, at=at, by=by, run_id=run_id)


class Lain(NamedTuple):
    """How a customer lay in a pool: since when, how and why it came there, and who had it before, until when."""

    since: datetime
    how: How
    reason: Back | None
    note: str | None
    last_owner_id: str | None
    left_at: datetime | None


class Turn(NamedTuple):
    """A customer that comes from the pool to a person, or (`to` None) from a person to the pool again, where it is as
    if it had never left: as it has `lain`."""

    customer_id: str
    to: str | None
    lain: Lain | None = None


# One statement for very many. What no deal or contract speaks for gets its day at once, and is not written again by
# the book of its new owner.
_MOVE_EACH = text("""
    with was as (
        select a.customer_id, a.region_id, a.owner_id, a.since, a.tier, asked.to_id, asked.lain_since, asked.lain_how,
            asked.lain_reason, asked.lain_note, asked.last_owner_id, asked.left_at,
            asked.to_id is not null and not exists (select from deal d where d.customer_id = a.customer_id)
                and not exists (select from contract c where c.customer_id = a.customer_id)
                and not exists (select from contract_term t where t.customer_id = a.customer_id) as plain
        from assignment a
        join unnest(cast(:customers as uuid[]), cast(:tos as uuid[]), cast(:sinces as timestamptz[]),
            cast(:hows as text[]), cast(:reasons as text[]), cast(:notes as text[]), cast(:lasts as uuid[]),
            cast(:lefts as timestamptz[])) asked (customer_id, to_id, lain_since, lain_how, lain_reason, lain_note,
            last_owner_id, left_at) using (customer_id)
        where a.region_id = cast(:region as uuid) and (a.owner_id is null) = (asked.to_id is not null)
        order by a.customer_id
        for update of a
    ), moved as (
        update assignment a
        set owner_id = was.to_id, since = coalesce(was.lain_since, :at), how = coalesce(was.lain_how, :how),
            reason = was.lain_reason, note = was.lain_note, followed_at = null, dealt_at = null,
            warned_at = null, locked_until = null, extended_until = null, protected = null,
            due_at = case when was.plain then day.due_at end, warn_at = case when was.plain then day.warn_at end,
            due_why = case when was.plain then day.why end,
            reckoned = case when was.plain then cast(:stamp as bigint) end,
            last_owner_id = case when was.to_id is null then was.last_owner_id else a.last_owner_id end,
            left_at = case when was.to_id is null then was.left_at else a.left_at end
        from was
        left join unnest(cast(:tiers as text[]), cast(:dues as timestamptz[]), cast(:warns as timestamptz[]),
            cast(:whys as text[])) day (tier, due_at, warn_at, why) on day.tier = was.tier
        where a.customer_id = was.customer_id and a.region_id = was.region_id
        returning a.customer_id, a.region_id, was.owner_id, was.since, a.owner_id as to_id, a.pool, a.tier
    ), kept as (
        insert into assignment_change
            (customer_id, region_id, from_id, to_id, pool, tier, how, reason, since, at, by, run_id)
        select customer_id, region_id, owner_id, to_id, pool, tier, :how, :reason, since, :at, cast(:by as uuid),
            cast(:run_id as uuid)
        from moved
    )
    select count(*) from moved
""")


async def move_each(
    session: AsyncSession, region_id: str, turns: Sequence[Turn], rules: Rules, *, how: How, at: datetime, run_id: str,
    by: str | None = None, reason: Back | None = None,
) -> int:  # fmt: skip
    """Gives customers of one region each to a person of its own, or lays them back, all as one of a run; the books of
    those who get some are asked to look. What is elsewhere by now is left alone. How many changed hands.
    """
    if not turns:
        return 0
    owners = sorted({one.to for one in turns if one.to is not None})
    if owners:
        await lock_books(session, owners)
    await write_first(session, [(one.customer_id, region_id) for one in turns])
    days = [due(rules.policy, rules.clock, Course(tier, at)) for tier in TIERS]
    lain = [one.lain for one in turns]
    asked = {
        "customers": [one.customer_id for one in turns], "tos": [one.to for one in turns],
        "sinces": [one.since if one else None for one in lain], "hows": [one.how if one else None for one in lain],
        "reasons": [one.reason if one else None for one in lain], "notes": [one.note if one else None for one in lain],
        "lasts": [one.last_owner_id if one else None for one in lain],
        "lefts": [one.left_at if one else None for one in lain],
        "region": region_id, "how": how, "at": at, "by": by, "reason": reason, "run_id": run_id, "stamp": rules.stamp,
        "tiers": list(TIERS), "dues": [day.at if day else None for day in days],
        "warns": [day.warn_at if day else None for day in days], "whys": [day.why if day else None for day in days],
    }  # fmt: skip
    moved = await session.scalar(_MOVE_EACH, asked) or 0
    await rearm(session, owners)
    return moved
