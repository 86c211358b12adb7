"""Failures counted in memory, for what has no row to count them in: an address, an e-mail nobody has."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from domain.person import LONGEST_WAIT, wait_after
from domain.refusal import Refused

REMEMBERED = 10_000
"""Keys at most: whoever makes up new ones pushes out the oldest, never the server's memory."""


def too_many_attempts(wait: timedelta) -> Refused:
    seconds = ceil(wait.total_seconds())
    return Refused("too_many_attempts", 429, seconds=seconds, minutes=ceil(seconds / 60))


@dataclass
class _Count:
    failures: int = 0
    last: float = 0.0
    until: float = 0.0


class Attempts:
    """One process's view: several each allow as many. A key is forgotten an hour after its last failure."""

    def __init__(
        self, *, free: int, longest: timedelta = LONGEST_WAIT, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._free = free
        self._longest = longest
        self._clock = clock
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def require(self, key: str) -> None:
        """Raises Refused (429) while the key has to wait."""
        left = self._count(key).until - self._clock()
        if left > 0:
            raise too_many_attempts(timedelta(seconds=left))

    def failed(self, key: str) -> None:
        count = self._count(key)
        count.failures += 1
        count.last = self._clock()
        if wait := wait_after(count.failures, free=self._free, longest=self._longest):
            count.until = count.last + wait.total_seconds()
        self._counts[key] = count
        self._counts.move_to_end(key)
        if len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)

    def _count(self, key: str) -> _Count:
        count = self._counts.get(key, _Count())
        return count if self._clock() - count.last < LONGEST_WAIT.total_seconds() else _Count()
