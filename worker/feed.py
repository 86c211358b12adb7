"""Fetches a calendar from an address, from public hosts only, within limits of time and size."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpcore

from commands.calendar_feed import LARGEST, read_feed
from domain.refusal import invalid
from settings import Settings
from worker.webhook import NotSent, PublicNetwork

PATIENCE = {"connect": 5.0, "read": 10.0, "write": 5.0, "pool": 5.0}
FAILED = (
    NotSent, TimeoutError, OSError, ValueError, httpcore.NetworkError, httpcore.TimeoutException,
    httpcore.ProtocolError, httpcore.UnsupportedProtocol,
)  # fmt: skip
LONGEST = 30.0
"""Seconds for all of it: one that trickles keeps nobody waiting."""


def feed_reader(settings: Settings) -> Callable[[str, str, int, int], Awaitable[list[dict[str, Any]]]]:
    """What lies at an address, as commands.calendar_feed.read_feed reads it."""

    async def read(address: str, zone: str, first: int, last: int) -> list[dict[str, Any]]:
        return await read_feed(await fetch_feed(address, private=settings.webhook_private), zone, first, last)

    return read


async def fetch_feed(address: str, *, private: bool) -> bytes:
    """`private`: hosts that are not public are reached, too. Raises Refused (422) feed_unreachable."""
    if not address.lower().startswith(("http://", "https://", "webcal://")):
        raise invalid("feed_unreachable", "feed", why="http(s)")
    if address.lower().startswith("webcal://"):
        address = f"https://{address[9:]}"
    network = httpcore.AnyIOBackend() if private else PublicNetwork()
    try:
        async with (
            asyncio.timeout(LONGEST),
            httpcore.AsyncConnectionPool(network_backend=network) as pool,
            pool.stream("GET", address, extensions={"timeout": PATIENCE}) as answer,
        ):
            if answer.status != 200:
                raise invalid("feed_unreachable", "feed", why=str(answer.status))
            raw = b""
            async for part in answer.aiter_stream():
                raw += part
                if len(raw) > LARGEST:
                    break
            return raw
    except FAILED as error:
        raise invalid("feed_unreachable", "feed", why=str(error)[:100] or type(error).__name__) from error
