"""Bank statements and their lines as pages show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection as Ids
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.bank import Booking, Statement, StatementLine
from db.collection import Collection
from db.customer import Customer
from domain.refusal import not_found

Counts = dict[str, int]
"""Lines by status."""


class Listed(NamedTuple):
    statement: Statement
    counts: Counts


class Target(NamedTuple):
    """A collection that a line pays, or may."""

    id: str
    number: str
    title: str
    customer: str
    currency: str
    owed: int


async def list_statements(session: AsyncSession, *, after: str | None = None, limit: int = 50) -> list[Listed]:
    """The latest first; `after` is the id of the last one seen."""
    query = select(Statement).order_by(Statement.uploaded_at.desc(), Statement.id.desc()).limit(limit)
    if after:
        last = await find_statement(session, after)
        query = query.where(tuple_(Statement.uploaded_at, Statement.id) < (last.uploaded_at, last.id))
    found = (await session.scalars(query)).all()
    counts = await _counts(session, [statement.id for statement in found])
    return [Listed(statement, counts.get(statement.id, {})) for statement in found]


async def find_statement(session: AsyncSession, statement_id: str) -> Statement:
    """Raises Refused (404)."""
    statement = await session.get(Statement, statement_id)
    if statement is None:
        raise not_found("bank_statement")
    return statement


async def counts_of(session: AsyncSession, statement_id: str) -> Counts:
    return (await _counts(session, [statement_id])).get(statement_id, {})


async def _counts(session: AsyncSession, ids: Ids[str]) -> dict[str, Counts]:
    query = (
        select(StatementLine.statement_id, StatementLine.status, func.count())
        .where(StatementLine.statement_id.in_(ids))
        .group_by(StatementLine.statement_id, StatementLine.status)
    )
    found: defaultdict[str, Counts] = defaultdict(dict)
    for statement_id, status, lines in await session.execute(query):
        found[statement_id][status] = lines
    return dict(found)


async def list_lines(
    session: AsyncSession, statement_id: str, *, status: str = "", after: int = 0, limit: int = 100
) -> Sequence[StatementLine]:
    """In the file's order; `after` is the number of the last one seen."""
    query = select(StatementLine).where(StatementLine.statement_id == statement_id, StatementLine.no > after)
    if status:
        query = query.where(StatementLine.status == status)
    return (await session.scalars(query.order_by(StatementLine.no).limit(limit))).all()


async def count_doubts(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).where(_doubt())) or 0


async def list_doubts(session: AsyncSession, *, limit: int = 50) -> Sequence[StatementLine]:
    """The oldest first."""
    query = select(StatementLine).where(_doubt()).order_by(StatementLine.booked_on, StatementLine.id).limit(limit)
    return (await session.scalars(query)).all()


def _doubt() -> ColumnElement[bool]:
    return StatementLine.status == "doubt"


async def find_line(session: AsyncSession, line_id: str) -> StatementLine:
    """Raises Refused (404)."""
    line = await session.get(StatementLine, line_id)
    if line is None:
        raise not_found("bank_line")
    return line


async def bookings_of(session: AsyncSession, lines: Sequence[StatementLine]) -> dict[str, list[Booking]]:
    """By line, in the order they were made."""
    query = (
        select(Booking).where(Booking.line_id.in_([line.id for line in lines])).order_by(Booking.line_id, Booking.no)
    )
    found: defaultdict[str, list[Booking]] = defaultdict(list)
    for booking in await session.scalars(query):
        found[booking.line_id].append(booking)
    return dict(found)


async def targets(session: AsyncSession, ids: Ids[str]) -> dict[str, Target]:
    query = select(Collection, Customer.name).join(Customer, Customer.id == Collection.customer_id)
    found = await session.execute(query.where(Collection.id.in_(ids)))
    return {one.id: _target(one, customer) for one, customer in found}


async def find_targets(session: AsyncSession, numbers: Sequence[str]) -> dict[str, str]:
    """Collections' ids by their numbers."""
    query = select(Collection.number, Collection.id).where(Collection.number.in_(numbers))
    return {key: value for key, value in await session.execute(query)}  # noqa: C416 - rows, not pairs


async def search_targets(session: AsyncSession, text: str, currency: str, *, limit: int = 8) -> list[Target]:
    """Open collections of a currency by number, title or customer."""
    columns = (Customer.name, Collection.number, Collection.title)
    fits = or_(*(column.icontains(text, autoescape=True) for column in columns))
    query = (
        select(Collection, Customer.name)
        .join(Customer, Customer.id == Collection.customer_id)
        .where(Collection.closed_at.is_(None), Collection.currency == currency, fits)
        .order_by(Collection.next_due_on.nulls_last(), Collection.id)
        .limit(limit)
    )
    return [_target(one, customer) for one, customer in await session.execute(query)]


def _target(one: Collection, customer: str) -> Target:
    owed = one.amount - one.paid - one.credited - one.written_off
    return Target(one.id, one.number, one.title, customer, one.currency, owed)
