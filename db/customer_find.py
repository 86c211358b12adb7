"""The newest customers in whom a text is found, quick among millions for rare words and for common ones.

A rare word is looked up in the index. Of a common one the index holds most customers: they are walked instead, the
newest first, until enough fit. Which it is, the table's statistics tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, literal_column, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Customer
from db.customer_search import CustomerSearch, compared, fits
from domain.customer_search import Word, sought

RARE = 10_000
"""Rows of the index that are compared at most, as far as statistics tell."""
WALK = 20_000
"""Customers walked at most. If they hold less than a page, so few fit that the index is quick after all."""
COMMON = 50_000
"""Of a word that more hold than these, only those are found that stand among the `WALK` walked."""

_KNOWN = text("""
    select e.gram, e.share, c.reltuples
    from pg_class c
    left join pg_stats s on s.schemaname = current_schema() and s.tablename = 'customer_search' and s.attname = 'grams'
    left join lateral (
        select gram, share
        from unnest(cast(cast(s.most_common_elems as text) as integer[]), s.most_common_elem_freqs) as e (gram, share)
        where gram = any(cast(:grams as integer[]))
    ) e on true
    where c.oid = to_regclass('customer_search')
""")
_UNKNOWN = 0.0005
"""The share of a gram that is not among the commonest."""


async def found(
    session: AsyncSession,
    within: Sequence[ColumnElement[bool]],
    typed: str,
    *,
    after: str | None = None,
    limit: int,
    oldest_first: bool = False,
) -> list[str]:
    """Ids, the newest first, of those `within` the conditions; all of them for an empty text."""
    base = select(Customer.id).where(*within).order_by(Customer.id if oldest_first else Customer.id.desc())
    if after is not None:
        base = base.where(Customer.id > after if oldest_first else Customer.id < after)
    if not typed.strip():
        return list(await session.scalars(base.limit(limit)))
    words = sought(typed)
    if not words:
        return []
    holders = await likely(session, words)
    if holders > RARE:
        ids = list(await session.scalars(_walked(base, words, limit, oldest_first)))
        if len(ids) == limit or holders > COMMON or await session.scalar(base.offset(WALK).limit(1)) is None:
            return ids
    return list(await session.scalars(_looked_up(within, words, after, limit, oldest_first)))


def _looked_up(
    within: Sequence[ColumnElement[bool]], words: Sequence[Word], after: str | None, limit: int, oldest_first: bool
) -> Select[str]:
    """By the index, before anything else is asked of them; then one at a time in their order until there are enough."""
    id_ = CustomerSearch.customer_id
    rows = select(id_.label("id")).where(*map(fits, words)).order_by(id_ if oldest_first else id_.desc())
    if after is not None:
        rows = rows.where(id_ > after if oldest_first else id_ < after)
    named = rows.cte("named").prefix_with("materialized")
    each: Any = select(Customer.id).where(Customer.id == named.c.id, *within).offset(0).lateral("found")
    order = named.c.id if oldest_first else named.c.id.desc()
    return select(named.c.id).join(each, true()).order_by(order).limit(limit)


def _walked(base: Select[str], words: Sequence[Word], limit: int, oldest_first: bool) -> Select[str]:
    walked = base.limit(WALK).subquery("walked")
    row: Select[str] = select(literal_column("1").label("fits")).where(
        CustomerSearch.customer_id == walked.c.id, *map(compared, words)
    )
    # One row at a time: the offset keeps the planner from reading the whole table for a join.
    each = row.offset(0).lateral("found")
    order = walked.c.id if oldest_first else walked.c.id.desc()
    return select(walked.c.id).join(each, true()).order_by(order).limit(limit)


async def likely(session: AsyncSession, words: Sequence[Word]) -> float:
    """How many customers hold the rarest of the words, roughly."""
    grams = {gram for word in words for way in (*word.grams, word.digits) for gram in way}
    rows = (await session.execute(_KNOWN, {"grams": list(grams)})).all()
    shares = {row.gram: row.share for row in rows if row.gram is not None}
    customers = max((row.reltuples for row in rows), default=0)
    return min(sum(_share(way, shares) for way in (*word.grams, word.digits) if way) for word in words) * customers


def _share(way: Sequence[int], shares: dict[int, float]) -> float:
    """Of those who hold all grams: the rarest counts, each commoner one less, since neighbours go together."""
    share, weight = 1.0, 1.0
    for known in sorted(shares.get(gram, _UNKNOWN) for gram in way):
        share *= known**weight
        weight /= 2
    return share
