"""When legal reads a contract's version, for how long, and what a standing exception covers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal

from pydantic import BaseModel

from domain.clause.standard import ClauseStandard, Level, Risk
from domain.clause.value import size_of
from domain.document import Duration, Key, Strict

Order = Literal["before", "beside"]
_RANK = {level: rank for rank, level in enumerate(Risk)}


class LegalRules(Strict):
    """`from_level`: the lowest risk of a finding that opens a legal task; a document that was not read as text always
    opens one. `order`: whether approvers are asked only once legal has cleared it, or beside legal. `allowed` and
    `remind` count in the working time of `calendar`; without one, around the clock.
    """

    from_level: Level = "medium"
    order: Order = "before"
    allowed: Duration = timedelta(hours=16)
    remind: Duration | None = timedelta(hours=8)
    calendar: Key | None = "office"


class Granted(BaseModel):
    """Legal accepts clauses of this kind up to `value` from one customer, to the end of the day `until`."""

    id: str
    kind: str
    value: str
    until: date


def reaches(level: str, least: str) -> bool:
    """Whether a risk is `least` or above it."""
    return _RANK[Risk(level)] >= _RANK[Risk(least)]


def highest(levels: Iterable[str]) -> str:
    return max((Risk(level) for level in levels), key=_RANK.__getitem__, default=Risk.OK).value


def no_worse(standard: ClauseStandard, kind: str, value: str, accepted: str) -> bool:
    """Whether what a clause says is as good for us as what was accepted, or better.

    Sizes are compared the way the standard bounds the kind: where it asks for a least, less is worse. What has no size
    must be the same.
    """
    if value == accepted:
        return True
    found, limit = size_of(kind, value), size_of(kind, accepted)
    if found is None or limit is None:
        return False
    rule = standard.rule(kind)
    return found >= limit if any(bound.least is not None for bound in rule.bounds) else found <= limit


def exception_for(
    standard: ClauseStandard, kind: str, value: str, granted: Iterable[Granted], today: date
) -> str | None:
    """The id of an exception that holds today and covers the clause; `today` in the company's zone."""
    return next(
        (
            one.id
            for one in granted
            if one.kind == kind and today <= one.until and no_worse(standard, kind, value, one.value)
        ),
        None,
    )
