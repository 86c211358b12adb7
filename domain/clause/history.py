"""How a clause compares with what the company has agreed to before: with this customer, and with others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.clause.standard import ClauseStandard, Risk
from domain.clause.value import size_of

FEWEST = 8
"""Contracts that make a usual range."""
SELDOM = Decimal("0.10")
"""Below this share of contracts a value is unusual, and as much is left out at each end of a usual range."""
_OF_ITS_OWN = {"total_amount", "conflict", "amount_mismatch", "hidden_text"}
"""What each contract has of its own."""
BANDS = (10_000_000, 100_000_000)
"""Where contracts begin to be of middle size, and large: minor units."""


@dataclass(frozen=True)
class Agreed:
    """A value that a contract of ours holds. `own`: it is of the customer at hand."""

    kind: str
    value: str
    region: str
    tier: str
    band: int
    own: bool


@dataclass(frozen=True)
class Place:
    """Of the contract at hand."""

    region: str
    tier: str
    band: int


def band_of(amount: int) -> int:
    return sum(amount >= limit for limit in BANDS)


def unusual(
    kind: str, value: str, standard: ClauseStandard, place: Place, agreed: Sequence[Agreed]
) -> list[dict[str, Any]]:
    """Why a value is out of the ordinary; empty: it is not. `agreed` is the newest first, of any kind.

    Reasons: outside_standard (`level`), band_jump (`before`, the customer's last value, its level `was`, and `now`),
    outside_usual (`least` and `most`, or `share` and the `usual` value; of `count` contracts of the same `group`).
    """
    level = standard.risk(kind, value)
    reasons: list[dict[str, Any]] = []
    if level in (Risk.MEDIUM, Risk.HIGH):
        reasons.append({"reason": "outside_standard", "level": level.value})
    same = [each for each in agreed if each.kind == kind and kind not in _OF_ITS_OWN]
    before = next((each.value for each in same if each.own), None)
    if before is not None:
        was = standard.risk(kind, before)
        if list(Risk).index(level) > list(Risk).index(was):
            reasons.append({"reason": "band_jump", "before": before, "was": was.value, "now": level.value})
    group, values = _compared(place, same)
    if group and (range_ := _outside(kind, value, values)):
        reasons.append({"reason": "outside_usual", "group": group, "count": len(values), **range_})
    return reasons


_GROUPS: tuple[tuple[str, Callable[[Place, Agreed], bool]], ...] = (
    ("alike", lambda place, each: (place.region, place.tier, place.band) == (each.region, each.tier, each.band)),
    ("region", lambda place, each: place.region == each.region),
    ("tier", lambda place, each: place.tier == each.tier),
    ("size", lambda place, each: place.band == each.band),
    ("all", lambda place, each: True),
)


def _compared(place: Place, same: Iterable[Agreed]) -> tuple[str, list[str]]:
    """The narrowest group with enough contracts, and what they say."""
    known = list(same)
    for group, belongs in _GROUPS:
        values = [each.value for each in known if belongs(place, each)]
        if len(values) >= FEWEST:
            return group, values
    return "", []


def _outside(kind: str, value: str, values: list[str]) -> dict[str, str] | None:
    size = size_of(kind, value)
    sizes = sorted((number, each) for each in values if (number := size_of(kind, each)) is not None)
    if size is not None and len(sizes) >= FEWEST:
        cut = int(len(sizes) * SELDOM)
        least, most = sizes[cut], sizes[-1 - cut]
        return None if least[0] <= size <= most[0] else {"least": least[1], "most": most[1]}
    counted = Counter(values)
    if Decimal(counted[value]) / len(values) >= SELDOM:
        return None
    share = Decimal(counted[value]) / len(values)
    return {"usual": counted.most_common(1)[0][0], "share": f"{share:.2f}"}
