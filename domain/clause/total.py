"""A contract's total against what it should be: that of its deal, of its quote, and what was submitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from domain.money import plain_amount


def differing(totals: list[str], currency: str, expected: Mapping[str, set[int]]) -> Iterator[tuple[str, str]]:
    """What none of the totals ("CNY 480000.00") is equal to, with both numbers: ("deal", "CNY 480000.00 / CNY ...").

    `expected` has the sums, in minor units, one of which would do. Nothing where the contract names no total in this
    currency.
    """
    said = [total for total in totals if total.startswith(f"{currency} ")]
    sums = {Decimal(total.split(" ")[1]) for total in said}
    for name, ways in expected.items():
        wanted = [plain_amount(way, currency) for way in sorted(ways)]
        if said and not sums.intersection(map(Decimal, wanted)):
            yield name, f"{', '.join(said)} / {currency} {wanted[0]}"
