"""Reports on customers: what was done for them, how they came and went, how long they stayed, what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, Executable, and_, cast, exists, func, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.customer import Assignment, Customer
from db.customer_merge import CustomerMerge
from db.deal import Deal
from db.follow_up import FollowUp
from db.ownership import AssignmentChange
from db.ownership_history import Unwritten
from db.report import Span
from domain.access import Action, Actor, Scope

UNDONE = ("undone", "merged")
"""Changes of hands that took others back: they say nothing of how customers come and go."""


class Done(NamedTuple):
    """Follow-ups of one person that went one way."""

    person: str
    outcome: str
    follow_ups: int
    customers: int


class Flow(NamedTuple):
    """Changes of hands that were alike. `came`: to a person, else back to the pool; `seconds` is how long all of them
    together had been where they were, of the `counted` of which that is known; `won` have had a deal won since."""

    came: bool
    from_pool: bool
    how: str
    reason: str | None
    tier: str
    changes: int
    counted: int
    seconds: int
    won: int


class Person(NamedTuple):
    """`came` and `went`: customers that came to somebody, and that went back to the pool from them."""

    person: str
    came: int
    went: int


class Week(NamedTuple):
    first: Any
    came: int
    went: int


class Doubles(NamedTuple):
    """Customers that were entered in the time, and those of them that turned out to be others; `merges` made in it."""

    entered: int
    merged: int
    merges: int


class Sum(NamedTuple):
    """Flows with one key added up."""

    key: str
    changes: int
    days: float | None
    won: int

    @property
    def rate(self) -> float:
        return self.won / self.changes if self.changes else 0


def within(actor: Actor, span: Span, region: Any, at: Any) -> list[ColumnElement[bool]]:
    """The time, and the regions that the reader reports on."""
    scope = actor.require(Action.REPORT_READ)
    reached: ColumnElement[bool] = true() if scope == Scope.ALL else region.in_(actor.regions)
    found = [reached, at >= span.since, at < span.until]
    return [*found, region == span.region] if span.region else found


async def follow_ups(session: AsyncSession, actor: Actor, span: Span, person: str | None = None) -> list[Done]:
    """By person and outcome."""
    one = FollowUp
    query = (
        select(one.by, one.outcome, func.count(), func.count(one.customer_id.distinct()))
        .where(*within(actor, span, one.region_id, one.at))
        .group_by(one.by, one.outcome)
        .order_by(func.count().desc(), one.by, one.outcome)
    )
    if person:
        query = query.where(one.by == person)
    return [Done(*row) for row in await session.execute(query)]


async def flows(session: AsyncSession, actor: Actor, span: Span, person: str | None = None) -> list[Flow]:
    """How customers changed hands: one look at the changes of the time, for every table of the report."""
    won = _won(span)

    def of(change: Any) -> Executable:
        came = change.to_id.is_not(None)
        lasted = func.extract("epoch", change.at - change.since)
        return (
            select(
                came, change.from_id.is_(None), change.how, change.reason, change.tier, func.count(),
                func.count(lasted), func.coalesce(func.sum(lasted), 0), func.count(won.c.at),
            )
            .outerjoin(
                won,
                and_(won.c.customer_id == change.customer_id, won.c.owner_id == change.to_id, won.c.at >= change.at),
            )
            .where(*_changes(change, actor, span, person))
            .group_by(came, change.from_id.is_(None), change.how, change.reason, change.tier)
        )  # fmt: skip

    return [Flow._make((*row[:7], int(row[7]), row[8])) for row in await _of_all(session, of)]


async def _of_all(session: AsyncSession, of: Callable[[Any], Executable]) -> list[Any]:
    """Of the changes that are written and of those that are not: together they would be sorted, not added up."""
    return [row for change in (AssignmentChange, Unwritten) for row in await session.execute(of(change))]


def _changes(change: Any, actor: Actor, span: Span, person: str | None) -> list[ColumnElement[bool]]:
    back = aliased(AssignmentChange)
    taken_back = exists().where(
        back.how == "undone", back.run_id == change.run_id,
        back.customer_id == change.customer_id, back.region_id == change.region_id,
    )  # fmt: skip
    found = [*within(actor, span, change.region_id, change.at), change.how.not_in(UNDONE), ~taken_back]
    return [*found, or_(change.to_id == person, change.from_id == person)] if person else found


def _won(span: Span) -> Any:
    """The last deal that somebody won of a customer since the time began."""
    return (
        select(Deal.customer_id, Deal.owner_id, func.max(Deal.closed_at).label("at"))
        .where(Deal.order_id.is_not(None), Deal.lost_in.is_(None), Deal.closed_at >= span.since)
        .group_by(Deal.customer_id, Deal.owner_id)
        .subquery("won")
    )


async def by_person(session: AsyncSession, actor: Actor, span: Span, person: str | None = None) -> list[Person]:
    """Those with most customers that came first."""

    def of(change: Any) -> Executable:
        who = func.coalesce(change.to_id, change.from_id)
        found = [*_changes(change, actor, span, None), who == person if person else who.is_not(None)]
        return (
            select(who, func.count(change.to_id), func.count().filter(change.to_id.is_(None)))
            .where(*found)
            .group_by(who)
        )

    sums = _added(await _of_all(session, of))
    return sorted((Person(who, *row) for who, row in sums.items()), key=lambda one: (-one.came, one.person))


async def by_week(
    session: AsyncSession, actor: Actor, span: Span, zone: str, person: str | None = None
) -> list[Week]:  # fmt: skip
    """Weeks of the company's calendar, each by its Monday."""

    def of(change: Any) -> Executable:
        monday = cast(func.date_trunc("week", func.timezone(literal(zone), change.at)), Date).label("monday")
        went = func.count(change.from_id).filter(change.to_id.is_(None))
        found = _changes(change, actor, span, person)
        return select(monday, func.count(change.to_id), went).where(*found).group_by(monday)

    return [Week(monday, *row) for monday, row in sorted(_added(await _of_all(session, of)).items())]


def _added(rows: Iterable[Any]) -> dict[Any, tuple[int, int]]:
    """How many came and went, by the first of each row."""
    sums: dict[Any, tuple[int, int]] = {}
    for key, came, went in rows:
        before = sums.get(key, (0, 0))
        sums[key] = (before[0] + came, before[1] + went)
    return sums


async def doubles(session: AsyncSession, actor: Actor, span: Span) -> Doubles:
    """How many of the customers entered in the time turned out to be known already."""
    scope = actor.require(Action.REPORT_READ)
    entered = select(func.count(), func.count(Customer.merged_into)).where(
        Customer.created_at >= span.since, Customer.created_at < span.until
    )
    merges = select(func.count()).where(
        CustomerMerge.at >= span.since, CustomerMerge.at < span.until, CustomerMerge.undone_at.is_(None)
    )
    if scope != Scope.ALL or span.region:
        regions = [span.region] if span.region else list(actor.regions)
        # A merged customer has no region of its own any more: it is counted where the one it lives on in is followed.
        lives = func.coalesce(Customer.merged_into, Customer.id)
        entered = entered.where(
            select(Assignment.customer_id)
            .where(Assignment.customer_id == lives, Assignment.region_id.in_(regions))
            .exists()
        )
        merges = merges.where(
            select(Assignment.customer_id)
            .where(Assignment.customer_id == CustomerMerge.survivor_id, Assignment.region_id.in_(regions))
            .exists()
        )
    counted = (await session.execute(entered)).one()
    return Doubles(counted[0], counted[1], await session.scalar(merges) or 0)


def summed(found: Iterable[Flow], key: Callable[[Flow], str | None]) -> list[Sum]:
    """The flows by a key, the most frequent first; those without one are left out."""
    rows: dict[str, list[Flow]] = {}
    for flow in found:
        name = key(flow)
        if name is not None:
            rows.setdefault(name, []).append(flow)
    sums = [_sum(name, flows) for name, flows in rows.items()]
    return sorted(sums, key=lambda one: (-one.changes, one.key))


def _sum(key: str, found: Sequence[Flow]) -> Sum:
    counted = sum(flow.counted for flow in found)
    seconds = sum(flow.seconds for flow in found)
    days = seconds / counted / 86_400 if counted else None
    return Sum(key, sum(flow.changes for flow in found), days, sum(flow.won for flow in found))
