"""A page of the customers that somebody looks for, in either direction from where they are; and how many there are.

Pages are kept by the last row's own sort values, so that rows that come and go move nothing that was not read yet.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_, union_all
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Assignment, Customer
from db.customer_find import called, found, glanced
from db.customer_order import BY_ID, ORDERS, Order
from db.customer_sought import Sought
from db.scope import CustomerPaths, paths_to_customers
from domain.customer_filter import tests
from domain.customer_search import sought as searched
from domain.ids import is_id
from domain.refusal import Refused, invalid
from domain.text import is_storable

COUNTED = 10_000
"""More than these are not counted; with a text, more than `COUNTED_BY_TEXT`."""
COUNTED_BY_TEXT = 1_000
_TOO_LONG = "57014"


class Row(NamedTuple):
    customer: Customer
    assignment: Assignment | None


class Page(NamedTuple):
    """`before` and `after` are where the pages around this one begin; empty: there are none."""

    rows: Sequence[Row]
    before: str
    after: str


EMPTY = Page([], "", "")


class Count(NamedTuple):
    number: int
    more: bool


async def page(session: AsyncSession, sought: Sought, *, after: str = "", before: str = "", limit: int = 50) -> Page:
    """Raises Refused: 422 for a place that no page gave, or conditions that take too long to look through."""
    back = bool(before)
    place = _read(before or after, sought) if before or after else None
    async with in_time():
        rows = await _rows(session, sought, place, back, limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    if back:
        rows.reverse()
    has_before, has_after = (more, True) if back else (place is not None, more)
    if not rows:
        return EMPTY
    return Page(
        rows,
        _write(rows[0], sought) if has_before else "",
        _write(rows[-1], sought) if has_after else "",
    )


async def count(session: AsyncSession, sought: Sought) -> Count:
    """How many customers there are, up to a bound."""
    most = COUNTED_BY_TEXT if sought.text.strip() else COUNTED
    async with in_time():
        if sought.text.strip():
            number = len(await ids_of(session, sought, None, most + 1))
        else:
            number = 0
            for limb in _counted(sought):
                some = limb.limit(most + 1).subquery()
                number += (await session.scalars(select(func.count()).select_from(some))).one()
    return Count(min(number, most), number > most)


def _counted(sought: Sought) -> list[Select[Any]]:
    """Who is counted, each once. Of whom one sees for few rows beside the customers, only those rows are read."""
    pooled = sought.pooled()
    paths = paths_to_customers(sought.looking.actor)
    theirs = paths.all_of_them if paths else None
    if theirs is None or any(tests(sought.conditions)):
        return [select(Customer.id).where(*limb) for limb in (sought.within(), pooled) if limb is not None]
    own = theirs.subquery()
    lists = [select(own.c[0])]
    if pooled is not None:
        lying = select(Assignment.customer_id).where(sought.lying).distinct().subquery()
        lists.append(select(lying.c[0]).where(lying.c[0].not_in(select(own.c[0]))))
    return lists


async def next_ids(
    session: AsyncSession, sought: Sought, after: str | None, limit: int, *, picked: Sequence[str] = ()
) -> list[str]:
    """All that fit, or those `picked` among them; the oldest first, a batch at a time: what comes meanwhile comes at
    the end. Nobody is left out, however common a text is."""
    words = searched(sought.text)
    if sought.text.strip() and not words:
        return []
    more = [Customer.id.in_(picked)] if picked else []
    theirs = [*sought.within(), *more]
    pooled = sought.pooled(few=bool(words))
    if words:
        theirs.append(await called(session, sought.text, numbers=sought.numbers))
    if pooled is not None:
        pooled += [*more, *([await called(session, sought.text, name_only=True)] if words else [])]
    return await _all_of(session, theirs, pooled, None, after, limit, oldest_first=True)


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """Raises Refused (422) `filter_slow` where PostgreSQL gave up."""
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") == _TOO_LONG:
            raise invalid("filter_slow", "filter") from None
        raise


async def _rows(session: AsyncSession, sought: Sought, place: list[Any] | None, back: bool, limit: int) -> list[Row]:
    if sought.text.strip() or sought.sort in BY_ID:
        oldest_first = (sought.sort == "oldest" and not sought.text.strip()) != back
        after = place[-1] if place else None
        ids = await ids_of(session, sought, after, limit, oldest_first=oldest_first)
        by_id = {one.id: one for one in await session.scalars(select(Customer).where(Customer.id.in_(ids)))}
        return [Row(by_id[one], None) for one in ids if one in by_id]
    if sought.sort == "name":
        keys: tuple[Any, ...] = (Customer.company_key, Customer.id)
        limbs = [select(Customer.id).where(*limb) for limb in (sought.within(), sought.pooled()) if limb is not None]
        first = [select(_from(limb, keys, place, back).limit(limit).subquery().c.id) for limb in limbs]
        either = Customer.id.in_(union_all(*first)) if len(first) > 1 else Customer.id.in_(first[0])
        named = await session.scalars(_from(select(Customer).where(either), keys, None, back).limit(limit))
        return [Row(one, None) for one in named]
    return await _by_region(session, sought, ORDERS[sought.sort], place, back, limit)


async def _by_region(
    session: AsyncSession, sought: Sought, order: Order, place: list[Any] | None, back: bool, limit: int
) -> list[Row]:
    """One stretch after the other until there are enough: of each part of their own places, and of their pools'."""
    down = order.down != back
    begin = order.standing(place[0]) if place else len(order.stretches) - 1 if down else 0
    rows: list[Row] = []
    for no in range(begin, -1, -1) if down else range(begin, len(order.stretches)):
        stretch = order.stretches[no]
        there = place[-len(stretch.keys) :] if place and no == begin else None
        some: list[Row] = []
        for conditions in sought.places(pools=order.pools, apart=stretch.apart):
            both = select(Customer, Assignment).join(Assignment, Assignment.customer_id == Customer.id)
            query = _from(both.where(*conditions, *stretch.hold), stretch.keys, there, down)
            some += [Row(*row) for row in await session.execute(query.limit(limit - len(rows)))]
        some.sort(key=lambda row: [getattr(row.assignment, key.key) for key in stretch.keys], reverse=down)
        rows += some[: limit - len(rows)]
        if len(rows) == limit:
            break
    return rows


async def ids_of(
    session: AsyncSession, sought: Sought, after: str | None, limit: int, *, oldest_first: bool = False
) -> list[str]:  # fmt: skip
    """Beyond the id `after`: theirs, and those of their pools between them."""
    if sought.text.strip():
        return await found(
            session, sought.seen, sought.text, paths=sought.paths, after=after, limit=limit,
            oldest_first=oldest_first, numbers=sought.numbers,
        )  # fmt: skip
    if (paths := sought.paths) and paths.places is not None:
        ids = await glanced(session, sought.seen, paths, after=after, limit=limit, oldest_first=oldest_first)
        if len(ids) == limit:
            return ids
    return await _all_of(session, sought.within(), sought.pooled(), paths, after, limit, oldest_first=oldest_first)


async def _all_of(
    session: AsyncSession, theirs: Sequence[ColumnElement[bool]], pooled: Sequence[ColumnElement[bool]] | None,
    paths: CustomerPaths | None, after: str | None, limit: int, *, oldest_first: bool,
) -> list[str]:  # fmt: skip
    """Whatever they are called; `paths` lead to theirs."""
    ids = await found(session, theirs, "", paths=paths, after=after, limit=limit, oldest_first=oldest_first)
    if pooled is not None:
        ids += await found(session, pooled, "", after=after, limit=limit, oldest_first=oldest_first)
    return sorted(ids, reverse=not oldest_first)[:limit]


def _from(query: Any, keys: tuple[Any, ...], place: list[Any] | None, back: bool) -> Any:
    if place is not None:
        here = tuple_(*keys)
        there = tuple_(*(literal(value, key.type) for value, key in zip(place, keys, strict=True)))
        query = query.where(here < there if back else here > there)
    return query.order_by(*(key.desc() if back else key for key in keys))


def _write(row: Row, sought: Sought) -> str:
    if sought.text.strip() or sought.sort in BY_ID:
        place: list[str] = [row.customer.id]
    elif row.assignment is None:
        place = [row.customer.company_key, row.customer.id]
    else:
        place = [ORDERS[sought.sort].written(row.assignment), row.customer.id, row.assignment.region_id]
    return urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode().rstrip("=")


def _read(place: str, sought: Sought) -> list[Any]:
    try:
        read = json.loads(urlsafe_b64decode(place + "=" * (-len(place) % 4)))
        if not isinstance(read, list) or not all(isinstance(one, str) and is_storable(one) for one in read):
            raise ValueError
        ids = read if len(read) == 1 else read[1:]
        if not 1 <= len(read) <= 3 or not all(map(is_id, ids)):
            raise ValueError
        by_id = bool(sought.text.strip()) or sought.sort in BY_ID
        if len(read) != (1 if by_id else 2 if sought.sort == "name" else 3):
            raise ValueError
        return [ORDERS[sought.sort].read(read[0]), *read[1:]] if len(read) == 3 else read
    except (ValueError, binascii.Error, RecursionError):
        raise Refused("place_unknown", 422, field="after") from None
