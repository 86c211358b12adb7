"""The newest customers in whom a text is found, quick among millions for rare words and for common ones.

A rare word is looked up in the index. Of a common one the index holds most customers: they are walked instead, the
newest first, until enough fit. Which it is, the table's statistics tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, SelectBase, literal_column, select, text, true, union
from sqlalchemy.ext.asyncio import AsyncSession

from db.customer import Assignment, Customer
from db.customer_search import CustomerSearch, compared, holds, named
from db.scope import CustomerPaths
from domain.customer_search import Word, sought

RARE = 10_000
"""Rows of the index that are compared at most, as far as statistics tell."""
FEW = 4_000
"""Of so many it is asked one by one whether somebody may see them; of more, only where they may be are looked at."""
GLANCE = 3_000
"""The newest customers that are looked at first of all for a common word: mostly they hold a page, or show that it is
not as common as it seemed."""
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


class _Asked(NamedTuple):
    """Customers of `words` that are `within` conditions, beyond the id `after` in their order."""

    words: Sequence[Word]
    within: Sequence[ColumnElement[bool]]
    after: str | None
    limit: int
    oldest_first: bool
    name_only: bool = False

    def beyond(self, id_: Any) -> ColumnElement[bool]:
        if self.after is None:
            return true()
        said: ColumnElement[bool] = id_ > self.after if self.oldest_first else id_ < self.after
        return said

    def order(self, id_: Any) -> Any:
        return id_ if self.oldest_first else id_.desc()

    @property
    def base(self) -> Select[str]:
        return select(Customer.id).where(self.beyond(Customer.id), *self.within).order_by(self.order(Customer.id))


async def found(
    session: AsyncSession,
    within: Sequence[ColumnElement[bool]],
    typed: str,
    *,
    paths: CustomerPaths | None = None,
    after: str | None = None,
    limit: int,
    oldest_first: bool = False,
    numbers: bool = True,
) -> list[str]:
    """Ids, the newest first, of those `within` the conditions; all of them for an empty text. `paths` lead to all of
    them, where they are not everywhere. Without `numbers` phone numbers find nobody."""
    words = sought(typed, numbers=numbers)
    asked = _Asked(words, within, after, limit, oldest_first)
    if not typed.strip():
        known = paths.all_of_them if paths else None
        return list(await session.scalars(asked.base.limit(limit) if known is None else _one_by_one(asked, known)))
    if not words:
        return []
    holders = await likely(session, words)
    if paths is not None:
        return (
            list(await session.scalars(_looked_up(asked)))
            if holders <= FEW
            else await _along(session, asked, paths, glance=holders > COMMON)
        )
    if holders > RARE:
        common = holders > COMMON and len(words) == 1  # how often several stand together only the newest tell
        ids = list(await session.scalars(_walked(asked, 0, GLANCE)))
        if len(ids) < limit and (common or len(ids) * WALK >= limit * GLANCE):
            ids += await session.scalars(_walked(asked._replace(limit=limit - len(ids)), GLANCE, WALK))
            if common or await session.scalar(asked.base.offset(WALK).limit(1)) is None:
                return ids
        if len(ids) >= limit:
            return ids
    return list(await session.scalars(_looked_up(asked)))


async def glanced(
    session: AsyncSession, within: Sequence[ColumnElement[bool]], paths: CustomerPaths, *, after: str | None,
    limit: int, oldest_first: bool,
) -> list[str]:  # fmt: skip
    """As `found` for an empty text, but only among the newest that the paths lead to: mostly they hold a page."""
    return list(await session.scalars(_glanced(_Asked((), within, after, limit, oldest_first), paths)))


async def called(
    session: AsyncSession, typed: str, *, name_only: bool = False, numbers: bool = True
) -> ColumnElement[bool]:
    """Whom a text finds, for all of them batch by batch: a common word is compared customer by customer, for to look
    it up anew for each batch takes as long as all of them together."""
    words = sought(typed, numbers=numbers and not name_only)
    if await likely(session, words) <= RARE:
        return Customer.id.in_(named(typed, name_only=name_only, numbers=numbers))
    return _compared(_Asked(words, (), None, 0, True, name_only), literal_column("customer.id")).offset(0).exists()


async def _along(session: AsyncSession, asked: _Asked, paths: CustomerPaths, *, glance: bool) -> list[str]:
    """The newest are looked at first, where many fit; then all that the paths lead to."""
    if glance:
        ids = list(await session.scalars(_glanced(asked, paths)))
        if len(ids) == asked.limit:
            return ids
    known = paths.others if paths.elsewhere is None else union(paths.others, paths.elsewhere)
    ways = [_one_by_one(asked, known)]
    if paths.regions:
        ways.append(_looked_up(asked, paths.regions))
    met = union(*(select(way.subquery().c.id) for way in ways)).subquery("met")
    return list(await session.scalars(select(met.c.id).order_by(asked.order(met.c.id)).limit(asked.limit)))


def _looked_up(asked: _Asked, regions: Sequence[str] = ()) -> Select[str]:
    """By the index, before anything else is asked of them; then one at a time in their order until there are enough."""
    id_ = CustomerSearch.customer_id
    held = (holds(word, regions) for word in asked.words)
    rows = select(id_.label("id")).where(*held, asked.beyond(id_))
    return _until_enough(rows, asked, compare=not all(word.exact for word in asked.words))


def _one_by_one(asked: _Asked, ids: SelectBase) -> Select[str]:
    """Of few customers, whose ids are known: each is compared, in their order until there are enough."""
    known = ids.subquery("known")
    id_ = known.c[0]
    return _until_enough(select(id_.label("id")).where(asked.beyond(id_)), asked)


def _glanced(asked: _Asked, paths: CustomerPaths) -> Select[str]:
    """The newest of all customers, or of those that the paths lead to."""
    if paths.places is None:
        return _until_enough(_newest(asked, Customer.id).limit(GLANCE), asked)
    each = (_newest(asked, Assignment.customer_id).where(place).limit(GLANCE) for place in paths.places)
    known = union(paths.others, *(select(one.subquery().c.id) for one in each)).subquery("known")
    return _until_enough(_newest(asked, known.c[0]).limit(GLANCE), asked)


def _newest(asked: _Asked, id_: Any) -> Select[str]:
    return select(id_.label("id")).where(asked.beyond(id_)).order_by(asked.order(id_))


def _compared(asked: _Asked, id_: ColumnElement[Any]) -> Select[Any]:
    row: Select[Any] = select(literal_column("1").label("fits"))
    fitting = (compared(word, name_only=asked.name_only) for word in asked.words)
    return row.where(CustomerSearch.customer_id == id_, *fitting)


def _until_enough(rows: Select[str], asked: _Asked, *, compare: bool = True) -> Select[str]:
    """Each is looked at by itself: the offsets keep the planner from reading whole tables for a join."""
    listed = rows.order_by(asked.order(rows.selected_columns.id)).cte().prefix_with("materialized")
    id_ = listed.c.id
    seen = select(Customer.id).where(Customer.id == id_, *asked.within).offset(0).lateral()
    several = select(id_)
    if compare and asked.words:
        several = several.join(_compared(asked, id_).offset(0).lateral(), true())
    return several.join(seen, true()).order_by(asked.order(id_)).limit(asked.limit)


def _walked(asked: _Asked, first: int, last: int) -> Select[str]:
    """Among the customers from one place in their order to another."""
    walked = asked.base.offset(first).limit(max(last - first, 0)).subquery("walked")
    each = _compared(asked, walked.c.id).offset(0).lateral("found")
    return select(walked.c.id).join(each, true()).order_by(asked.order(walked.c.id)).limit(asked.limit)


async def likely(session: AsyncSession, words: Sequence[Word]) -> float:
    """How many customers hold the rarest of the words, roughly."""
    grams = {gram for word in words for way in (*word.grams, word.digits) for gram in way}
    rows = (await session.execute(_KNOWN, {"grams": list(grams)})).all()
    shares = {row.gram: row.share for row in rows if row.gram is not None}
    customers = max((row.reltuples for row in rows), default=0)
    share = min(sum(_share(way, shares, word) for way in (*word.grams, word.digits) if way) for word in words)
    return share * customers


def _share(way: Sequence[int], shares: dict[int, float], word: Word) -> float:
    """Of those who hold all grams: the rarest counts, each commoner one less, since neighbours go together; those of
    a word in Latin letters nearly always."""
    share, weight = 1.0, 1.0
    for known in sorted(shares.get(gram, _UNKNOWN) for gram in way):
        share *= known**weight
        weight /= 8 if word.text.isascii() else 2
    return share
