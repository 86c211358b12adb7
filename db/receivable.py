"""What is to come in, counted: lanes of a board, how old it is, and in which week it should come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Date, Integer, and_, case, cast, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from db.bank_match import OWED
from db.collection import Collection, Instalment
from db.customer import Customer
from db.person import OrgUnit, Person
from db.scope import Whose, narrowed
from domain.access import Actor

By = Literal["customer", "owner", "region"]
BUCKETS = ("not_due", "d30", "d60", "d90", "older")
"""By days overdue: none, 1-30, 31-60, 61-90, more."""
SOON = 14
"""Days: what falls due within them is on the board, and what was paid within them."""
CARDS = 40
"""Cards a lane shows; the list has them all."""
LANES = ("due", "late", "later", "latest", "promised", "disputed", "paid")
"""`late`: overdue below level 2; `later`: level 2; `latest`: above."""


@dataclass(frozen=True)
class Within:
    """What is looked at: whose, in which region, of which owner or customer."""

    whose: Whose = "all"
    region: str | None = None
    owner: str | None = None
    customer: str | None = None

    def of(self, actor: Actor) -> list[ColumnElement[bool]]:
        found = [narrowed(actor, "collection", self.whose)]
        chosen = {
            Collection.region_id: self.region, Collection.owner_id: self.owner, Collection.customer_id: self.customer,
        }  # fmt: skip
        return found + [column == value for column, value in chosen.items() if value]


class LaneSum(NamedTuple):
    """How many stand in a lane, and what they owe (or, paid ones, were) in minor units of a currency."""

    lane: str
    currency: str
    cases: int
    amount: int


class Card(NamedTuple):
    lane: str
    collection: Collection
    customer: str
    owner: Person | None
    owed: int


def _owed_of() -> ColumnElement[int]:
    return Collection.amount - Collection.paid - Collection.credited - Collection.written_off


def _lane(today: date) -> ColumnElement[str]:
    late = Collection.status == "overdue"
    return case(
        (Collection.closed_at.is_not(None), "paid"),
        (Collection.disputed_at.is_not(None), "disputed"),
        (Collection.promised_on.is_not(None), "promised"),
        (and_(late, Collection.level > 2), "latest"),
        (and_(late, Collection.level == 2), "later"),
        (late, "late"),
        (Collection.next_due_on <= today + timedelta(days=SOON), "due"),
        else_="",
    )


def _on_board(actor: Actor, within: Within, today: date) -> list[ColumnElement[bool]]:
    since = today - timedelta(days=SOON)
    recent = case(
        (Collection.closed_at.is_(None), True),
        else_=and_(Collection.status == "paid", cast(Collection.closed_at, Date) >= since),
    )
    return [*within.of(actor), recent, _lane(today) != ""]


async def sum_lanes(session: AsyncSession, actor: Actor, within: Within, today: date) -> list[LaneSum]:
    lane = _lane(today)
    amount = case((lane == "paid", Collection.amount), else_=_owed_of())
    query = (
        select(lane, Collection.currency, func.count(), cast(func.sum(amount), BigInteger))
        .where(*_on_board(actor, within, today))
        .group_by(lane, Collection.currency)
    )
    return [LaneSum(*row) for row in await session.execute(query)]


async def list_cards(session: AsyncSession, actor: Actor, within: Within, today: date) -> list[Card]:
    """The first of each lane: by due date, promised ones by their day, paid ones the last first."""
    lane = _lane(today)
    when = case((lane == "promised", Collection.promised_on), else_=Collection.next_due_on)
    place = func.row_number().over(
        partition_by=lane, order_by=(Collection.closed_at.desc(), when.nulls_last(), Collection.id)
    )
    ranked = select(Collection.id, lane.label("lane"), place.label("place")).where(*_on_board(actor, within, today))
    first = ranked.subquery()
    query = (
        select(first.c.lane, Collection, Customer.name, Person, _owed_of())
        .join(first, first.c.id == Collection.id)
        .join(Customer, Customer.id == Collection.customer_id)
        .outerjoin(Person, Person.id == Collection.owner_id)
        .where(first.c.place <= CARDS)
        .order_by(first.c.lane, first.c.place)
    )
    return [Card(*row) for row in await session.execute(query)]


class Aged(NamedTuple):
    """What one customer, owner or region owes in a currency, by how long it is overdue (`BUCKETS`)."""

    id: str
    name: str
    currency: str
    amounts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.amounts.values())

    @property
    def overdue(self) -> int:
        return self.total - self.amounts["not_due"]


def bucket(due_on: Any, today: date) -> ColumnElement[str]:
    days = cast(literal(today, Date) - due_on, Integer)
    return case(
        (due_on.is_(None), "not_due"), (days <= 0, "not_due"), (days <= 30, "d30"), (days <= 60, "d60"),
        (days <= 90, "d90"), else_="older",
    )  # fmt: skip


async def list_aged(
    session: AsyncSession, actor: Actor, within: Within, by: By, language: str, today: date
) -> list[Aged]:
    """Who owes most overdue money first, each currency by itself."""
    columns = {"customer": Collection.customer_id, "owner": Collection.owner_id, "region": Collection.region_id}
    key, late = columns[by], bucket(Instalment.due_on, today)
    query = (
        select(key, Collection.currency, late, cast(func.sum(OWED), BigInteger))
        .join(Collection, Collection.id == Instalment.collection_id)
        .where(*within.of(actor), Collection.closed_at.is_(None), OWED > 0)
        .group_by(key, Collection.currency, late)
    )
    found: dict[tuple[str, str], dict[str, int]] = {}
    for one, currency, which, amount in await session.execute(query):
        found.setdefault((one, currency), dict.fromkeys(BUCKETS, 0))[which] = amount
    called = await _called(session, by, {one for one, _ in found}, language)
    rows = [Aged(one, called.get(one, "–"), currency, amounts) for (one, currency), amounts in found.items()]
    return sorted(rows, key=lambda row: (-row.overdue, -row.total, row.name))


async def _called(session: AsyncSession, by: By, ids: set[str], language: str) -> dict[str, str]:
    if by == "customer":
        query = select(Customer.id, Customer.name).where(Customer.id.in_(ids))
        return {key: value for key, value in await session.execute(query)}  # noqa: C416 - rows, not pairs
    if by == "owner":
        people = await session.scalars(select(Person).where(Person.id.in_(ids)))
        return {person.id: person.called(language) for person in people}
    units = await session.scalars(select(OrgUnit).where(OrgUnit.id.in_(ids)))
    return {unit.id: unit.called(language) for unit in units}


class AgedInstalment(NamedTuple):
    """One open instalment behind a figure of the ageing."""

    collection: Collection
    customer: str
    no: int
    due_on: date | None
    owed: int


async def list_aged_instalments(
    session: AsyncSession, actor: Actor, within: Within, which: str, currency: str, today: date, *, limit: int = 200
) -> list[AgedInstalment]:
    """Behind one figure: a bucket (empty: all) and a currency; the longest overdue first."""
    query = (
        select(Collection, Customer.name, Instalment.no, Instalment.due_on, OWED)
        .join(Collection, Collection.id == Instalment.collection_id)
        .join(Customer, Customer.id == Collection.customer_id)
        .where(*within.of(actor), Collection.closed_at.is_(None), OWED > 0)
        .order_by(Instalment.due_on.nulls_last(), Collection.id, Instalment.no)
        .limit(limit)
    )
    if currency:
        query = query.where(Collection.currency == currency)
    if which:
        query = query.where(bucket(Instalment.due_on, today) == which)
    return [AgedInstalment(*row) for row in await session.execute(query)]


class Expected(NamedTuple):
    """`kind`: promised, due, overdue (nobody knows when), disputed, waiting (for an event). `week`: its Monday."""

    kind: str
    week: date | None
    currency: str
    amount: int


async def sum_expected(session: AsyncSession, actor: Actor, within: Within, today: date) -> Sequence[Expected]:
    """Open instalments by due week; what is promised stands in the promise's week, oldest instalments first."""
    before = func.sum(OWED).over(
        partition_by=Instalment.collection_id, order_by=(Instalment.due_on.nulls_last(), Instalment.no)
    )
    promised = func.coalesce(Collection.promised, 0)
    part = func.least(func.greatest(promised - (before - OWED), 0), OWED)
    shown = (
        Collection.currency.label("currency"),
        Instalment.due_on.label("due_on"),
        Instalment.disputed.label("disputed"),
        Collection.promised_on.label("promised_on"),
        part.label("promised"),
        (OWED - part).label("rest"),
    )
    open_parts = (
        select(*shown)
        .join(Collection, Collection.id == Instalment.collection_id)
        .where(*within.of(actor), Collection.closed_at.is_(None), OWED > 0)
        .subquery()
    )
    monday = cast(func.date_trunc("week", literal(today, Date)), Date)
    kind = case(
        (open_parts.c.disputed, "disputed"), (open_parts.c.due_on.is_(None), "waiting"),
        (open_parts.c.due_on < today, "overdue"), else_="due",
    )  # fmt: skip
    week = case((kind == "due", cast(func.date_trunc("week", open_parts.c.due_on), Date)), else_=None)
    rest = select(kind.label("kind"), week.label("week"), open_parts.c.currency, open_parts.c.rest.label("amount"))
    word = select(
        literal("promised").label("kind"),
        func.greatest(cast(func.date_trunc("week", open_parts.c.promised_on), Date), monday).label("week"),
        open_parts.c.currency,
        open_parts.c.promised.label("amount"),
    ).where(open_parts.c.promised > 0)
    both = union_all(rest.where(open_parts.c.rest > 0), word).subquery()
    query = (
        select(both.c.kind, both.c.week, both.c.currency, cast(func.sum(both.c.amount), BigInteger))
        .group_by(both.c.kind, both.c.week, both.c.currency)
        .order_by(both.c.week.nulls_first(), both.c.kind)
    )
    return [Expected(*row) for row in await session.execute(query)]
