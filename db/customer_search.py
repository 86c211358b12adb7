"""What customers are found by, in a table beside them, and what is still to be written there.

Triggers note in `customer_search_wanted` whose name, number, contacts or regions changed; many customers added at once
leave one entry that names nobody: who has no row yet is looked for. What a session of ours changes is written at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Select,
    and_,
    delete,
    event,
    false,
    func,
    or_,
    select,
    text,
    true,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, Session, mapped_column

from db.base import Base, Instant, Ref
from db.customer import Assignment, Contact, Customer
from domain.customer_search import PEOPLE, Word, digits_of, grams_of, region_gram, sought, words_of

WAKE = "customer_search"
"""Channel that wakes the worker at commit."""


class CustomerSearch(Base):
    """`words` and `digits` are compared, `grams` are what an index finds them by (domain.customer_search), and
    the regions that follow the customer. Below, `numbers`: whether those who ask may find it by phone numbers;
    `name_only`: neither by its people."""

    __tablename__ = "customer_search"

    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True)
    words: Mapped[str]
    digits: Mapped[str]
    grams: Mapped[list[int]] = mapped_column(ARRAY(Integer))

    __table_args__ = (Index("ix_customer_search_grams", "grams", postgresql_using="gin"),)


class CustomerSearchWanted(Base):
    """`customer_id` null: many were added at once."""

    __tablename__ = "customer_search_wanted"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    customer_id: Mapped[Ref | None]
    at: Mapped[Instant] = mapped_column(server_default=func.now())


class Lag(NamedTuple):
    """Customers not found yet under what they are called now, and since when the one that waits longest."""

    customers: int
    since: datetime | None


def named(text: str, *, name_only: bool = False, numbers: bool = True) -> Select[str]:
    """The ids of the customers in whom every word of a text is found; none for a text without a letter or digit."""
    words = sought(text, numbers=numbers and not name_only)
    fitting = (fits(word, name_only=name_only) for word in words)
    return select(CustomerSearch.customer_id).where(*fitting) if words else _nobody()


def is_named(text: str, customer_id: ColumnElement[Any] | Any, *, name_only: bool = False) -> ColumnElement[bool]:
    """Of one row at a time, where a name is only one of several things that may fit; no phone number is asked."""
    words = sought(text, numbers=False)
    if not words:
        return false()
    row = select(CustomerSearch.customer_id).where(CustomerSearch.customer_id == customer_id)
    return row.where(*(compared(word, name_only=name_only) for word in words)).exists()


def fits(word: Word, *, name_only: bool = False) -> ColumnElement[bool]:
    """By the index, and then by comparing."""
    if name_only:
        return and_(holds(word), compared(word, name_only=True))
    ways = [(grams, CustomerSearch.words) for grams in word.grams]
    if word.digits:
        ways.append((word.digits, CustomerSearch.digits))
    return or_(*(and_(CustomerSearch.grams.contains(list(grams)), _says(said, word)) for grams, said in ways))


def holds(word: Word, regions: Sequence[str] = ()) -> ColumnElement[bool]:
    """By the index alone, among all customers or those of regions: nearly all of them fit, and to compare the words of
    many takes longer than to find them."""
    ways = [*word.grams, word.digits] if word.digits else word.grams
    said = or_(*(CustomerSearch.grams.contains(list(grams)) for grams in ways))
    return and_(said, CustomerSearch.grams.overlap(list(map(region_gram, regions)))) if regions else said


def compared(word: Word, *, name_only: bool = False) -> ColumnElement[bool]:
    if name_only:
        return func.split_part(CustomerSearch.words, PEOPLE, 1).contains(word.text, autoescape=True)
    if word.exact:
        return or_(*(CustomerSearch.grams.contains(list(grams)) for grams in word.grams))
    ways = [_says(CustomerSearch.words, word)]
    if word.digits:
        ways.append(_says(CustomerSearch.digits, word))
    return or_(*ways)


def _says(column: Any, word: Word) -> ColumnElement[bool]:
    said: ColumnElement[bool] = true() if word.exact else column.contains(word.text, autoescape=True)
    return said


def _nobody() -> Select[str]:
    return select(CustomerSearch.customer_id).where(false())


async def lag(session: AsyncSession, among: ColumnElement[bool] | None = None) -> Lag:
    """Of all customers, or of some that were added together."""
    wanted = select(CustomerSearchWanted)
    since = await session.scalar(select(func.min(wanted.subquery().c.at)))
    if among is None and since is None:
        return Lag(0, None)
    without = select(func.count()).select_from(Customer).where(_without_row())
    if among is not None:
        missing = (await session.scalars(without.where(among))).one()
        return Lag(missing, since if missing else None)
    changed = select(func.count(CustomerSearchWanted.customer_id.distinct()))
    bulk = await session.scalar(select(CustomerSearchWanted.id).where(CustomerSearchWanted.customer_id.is_(None)))
    many = (await session.scalars(without)).one() if bulk is not None else 0
    return Lag(many + (await session.scalars(changed)).one(), since)


def _without_row() -> ColumnElement[bool]:
    return ~select(CustomerSearch.customer_id).where(CustomerSearch.customer_id == Customer.id).exists()


class Called(NamedTuple):
    """What a customer is found by."""

    customer_id: str
    name: str
    phone: str | None
    people: Sequence[str]
    numbers: Sequence[str]
    regions: Sequence[str] = ()

    def row(self) -> dict[str, Any]:
        words, digits = words_of(self.name, self.people), digits_of((self.phone, *self.numbers))
        row = {"words": words, "digits": digits, "grams": grams_of(words, digits, self.regions)}
        return {"customer_id": self.customer_id, **row}


_CALLED = text("""
    select cast(c.id as text), c.name, c.phone, coalesce(k.people, '{}'), coalesce(k.numbers, '{}'),
        array(select cast(region_id as text) from assignment where customer_id = c.id)
    from customer c
    left join lateral (
        select array_agg(name order by id) people, array_agg(phone order by id) filter (where phone is not null) numbers
        from contact where customer_id = c.id
    ) k on true
    where c.id = any(cast(:ids as uuid[]))
""")
_WRITE = text("""
    insert into customer_search (customer_id, words, digits, grams)
    select cast(customer_id as uuid), words, digits, cast(grams as integer[])
    from unnest(cast(:customer_id as text[]), cast(:words as text[]), cast(:digits as text[]), cast(:grams as text[]))
        rows (customer_id, words, digits, grams)
    order by 1
    on conflict (customer_id) do update
        set words = excluded.words, digits = excluded.digits, grams = excluded.grams
        where (customer_search.words, customer_search.digits, customer_search.grams)
            is distinct from (excluded.words, excluded.digits, excluded.grams)
""")


async def called(session: AsyncSession, customer_ids: Iterable[str]) -> list[Called]:
    """As they are called now, those that are gone left out."""
    return [Called(*row) for row in await session.execute(_CALLED, {"ids": list(customer_ids)})]


async def write_rows(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows of `Called.row`, new or instead of what was there."""
    await session.execute(_WRITE, _as_columns(rows))


def _as_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    texts = {name: [row[name] for row in rows] for name in ("customer_id", "words", "digits")}
    return texts | {"grams": ["{" + ",".join(map(str, row["grams"])) + "}" for row in rows]}


async def refresh(session: AsyncSession, customer_ids: Iterable[str]) -> None:
    """Writes at once what a few customers are found by, after a statement that no mapped object made."""
    rows = [one.row() for one in await called(session, customer_ids)]
    if rows:
        await write_rows(session, rows)


@event.listens_for(Session, "after_flush")
def _written_at_once(session: Session, _context: Any) -> None:
    """Who adds or renames a customer, or somebody there, or gives it to a region, finds them in the same breath."""
    ids: set[str] = set()
    for one in (*session.new, *session.dirty):
        if isinstance(one, Customer):
            ids.add(one.id)
        elif isinstance(one, Contact | Assignment):
            ids.add(one.customer_id)
    if ids:
        _refresh_in(session.connection(), ids)


def _refresh_in(connection: Connection, ids: set[str]) -> None:
    rows = [Called(*row).row() for row in connection.execute(_CALLED, {"ids": list(ids)})]
    if rows:
        connection.execute(_WRITE, _as_columns(rows))


async def take_wanted(session: AsyncSession, most: int) -> list[str]:
    """Customers to be written anew; the entries are gone with the transaction. What was read before them is stale."""
    entries = (
        select(CustomerSearchWanted.id)
        .where(CustomerSearchWanted.customer_id.is_not(None))
        .order_by(CustomerSearchWanted.id)
        .limit(most)
    )
    gone = delete(CustomerSearchWanted).where(CustomerSearchWanted.id.in_(entries.scalar_subquery()))
    taken = await session.scalars(gone.returning(CustomerSearchWanted.customer_id))
    return sorted({str(customer_id) for customer_id in taken})


async def additions(session: AsyncSession) -> list[int]:
    """The entries left by additions in bulk."""
    return list(
        await session.scalars(select(CustomerSearchWanted.id).where(CustomerSearchWanted.customer_id.is_(None)))
    )


async def additions_done(session: AsyncSession, entries: Sequence[int]) -> None:
    await session.execute(delete(CustomerSearchWanted).where(CustomerSearchWanted.id.in_(entries)))


async def without_row(session: AsyncSession, after: str | None, most: int) -> list[str]:
    """Customers that have no row, by id, after the last one seen."""
    query = select(Customer.id).where(_without_row()).order_by(Customer.id).limit(most)
    return list(await session.scalars(query.where(Customer.id > after) if after else query))


async def alone(session: AsyncSession) -> bool:
    """Whether nobody else fills just now; true until the transaction ends. Two at once could write the older words."""
    return bool(await session.scalar(text("select pg_try_advisory_xact_lock(hashtext('customer_search'))")))
