"""What stops a launch, in one sentence for the person at the terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine


class LaunchFailed(Exception):
    """Shown as it is, without a traceback; the process then ends with exit code 1."""


async def together(*acts: Coroutine[None, None, None]) -> None:
    """Await them all; the first that fails stops the others and is raised as it is, not in a group."""
    try:
        async with asyncio.TaskGroup() as group:
            for act in acts:
                group.create_task(act)
    except* Exception as failures:
        raise failures.exceptions[0] from None
