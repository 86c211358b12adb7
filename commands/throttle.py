"""How often one address may do what nobody has to sign in for."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil

from domain.refusal import Refused

REMEMBERED = 10_000
"""Addresses at most: whoever makes up new ones pushes out the oldest, never the server's memory."""


class Throttle:
    """A bucket of `per_minute` tokens for each address, filled again evenly. One process's view: several each allow
    as many."""

    def __init__(self, code: str, *, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._code = code
        self._size = float(per_minute)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> None:
        """Raises Refused (429) with the seconds to wait."""
        now, key = self._clock(), _household(address)
        level, last = self._buckets.pop(key, (self._size, now))
        level = min(self._size, level + (now - last) * self._size / 60)
        left = level - 1
        self._buckets[key] = (level if left < 0 else left, now)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        if left < 0:
            raise Refused(self._code, 429, seconds=ceil(-left * 60 / self._size))


def _household(address: str) -> str:
    """An IPv6 household has 2^64 addresses: it counts as one."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)
