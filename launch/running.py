"""How a command runs beside its servers, and ends."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

from rich.console import Console

from launch.servers import reached_servers
from settings import Settings


def run_with_servers(run: Callable[[Settings], Awaitable[None]], *, start: bool, temporal: bool = True) -> None:
    """Run it with settings that name its servers, until it ends or SIGINT or SIGTERM cancels it.

    `start`: where nothing runs on the data folder, start the servers for as long as this lasts.
    """

    async def main() -> None:
        task = asyncio.current_task()
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, lambda: task and task.cancel())
        say = Console(stderr=True, highlight=False, markup=False).print
        async with reached_servers(start=start, temporal=temporal, say=say) as settings:
            await run(settings)

    with suppress(asyncio.CancelledError):
        asyncio.run(main())
