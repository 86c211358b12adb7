"""Signs of life of an activity, whatever its statements take: who was killed is missed soon, who is slow is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from temporalio import activity

EVERY = 2.0
"""Seconds from one sign to the next."""


@asynccontextmanager
async def alive() -> AsyncIterator[None]:
    """Heartbeats as long as the block lasts."""

    async def say() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(EVERY)

    saying = asyncio.create_task(say())
    try:
        yield
    finally:
        saying.cancel()
        with suppress(asyncio.CancelledError):
            await saying
