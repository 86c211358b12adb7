"""Fetches a calendar from an address, from public hosts only, within limits of time and size."""

from __future__ import annotations

import httpcore

from commands.calendar_feed import LARGEST
from domain.refusal import invalid
from worker.webhook import NotSent, PublicNetwork

PATIENCE = {"connect": 5.0, "read": 10.0, "write": 5.0, "pool": 5.0}


async def fetch_feed(address: str, *, private: bool) -> bytes:
    """`private`: hosts that are not public are reached, too. Raises Refused (422) feed_unreachable."""
    if not address.lower().startswith(("http://", "https://", "webcal://")):
        raise invalid("feed_unreachable", "feed", why="http(s)")
    if address.lower().startswith("webcal://"):
        address = f"https://{address[9:]}"
    network = httpcore.AnyIOBackend() if private else PublicNetwork()
    try:
        async with (
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
    except (NotSent, OSError, ValueError, httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError,
            httpcore.UnsupportedProtocol) as error:  # fmt: skip
        raise invalid("feed_unreachable", "feed", why=str(error)[:100] or type(error).__name__) from error
