"""The orders of a list of customers that regions give: each place where one is followed is a row of its own.

An order is cut into stretches, one after the other: so what is empty has its place in it, and each stretch is read by
an index of its own as far as a page needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, literal

from db.customer import Assignment
from domain.customer_pool import TIERS

Sort = Literal["newest", "oldest", "name", "due", "unfollowed", "followed", "tier", "tier_low"]
BY_ID = frozenset({"newest", "oldest"})
USUAL = "C"
"""The tier of most, which no index of the others has."""
_PLACE = (Assignment.customer_id, Assignment.region_id)


class Stretch(NamedTuple):
    """The rows that `hold`, in the order of their `keys`. `apart`: by an index, of one region or one person each."""

    hold: tuple[ColumnElement[bool], ...]
    keys: tuple[Any, ...]
    apart: bool = False


class Order(NamedTuple):
    """The `column` says in which of the `stretches` a row stands; `down`: they are read from the end. `pools`: what
    lies in pools is among them, too."""

    column: Any
    stretches: tuple[Stretch, ...]
    down: bool = False
    pools: bool = False

    def value(self, row: Assignment) -> Any:
        return getattr(row, self.column.key)

    def standing(self, value: Any) -> int:
        """The number of the stretch in which this value stands."""
        if self.column is Assignment.tier:
            return TIERS.index(value)
        return 0 if value is None else len(self.stretches) - 1

    def written(self, row: Assignment) -> str:
        value = self.value(row)
        return "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)

    def read(self, text: str) -> Any:
        """Raises ValueError for what no row of this order has."""
        if self.column is Assignment.tier:
            return TIERS[TIERS.index(text)]
        if not text and len(self.stretches) > 1:
            return None
        return datetime.fromisoformat(text)


def _filled(column: Any, *, apart: bool = False) -> Stretch:
    return Stretch((column.is_not(None),), (column, *_PLACE), apart)


def _tier(tier: str) -> Stretch:
    usual: ColumnElement[bool] = Assignment.tier != literal(USUAL, literal_execute=True)
    return Stretch((Assignment.tier == tier, *([usual] if tier != USUAL else [])), _PLACE)


_FOLLOWED = (
    Stretch((Assignment.owner_id.is_not(None), Assignment.followed_at.is_(None)), _PLACE),
    _filled(Assignment.followed_at, apart=True),
)
_TIERS = tuple(map(_tier, TIERS))
ORDERS: Mapping[str, Order] = {
    "due": Order(Assignment.due_at, (_filled(Assignment.due_at),)),
    "unfollowed": Order(Assignment.followed_at, _FOLLOWED),
    "followed": Order(Assignment.followed_at, _FOLLOWED, down=True),
    "tier": Order(Assignment.tier, _TIERS, pools=True),
    "tier_low": Order(Assignment.tier, _TIERS, down=True, pools=True),
}
