"""Keeps services running: what ends is started again, what keeps ending stops them all with a sentence."""

from __future__ import annotations

import asyncio
import signal
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, Protocol

from launch.child import Child
from launch.failure import LaunchFailed, together
from launch.home import disk_full, disk_low
from launch.placement import Say

MOST_DEATHS = 5
WITHIN = 120.0
BACK_OFF = [0.0, 0.5, 1.0, 2.0, 4.0]
"""Seconds before the first, second, ... restart within two minutes."""

LOOK_AT_DISK = 5.0
"""Seconds between two looks at how full it is."""


class Service(Protocol):
    """`start()` returns when the service can be used; `stop()` ends it, whatever state it is in."""

    @property
    def child(self) -> Child: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Supervisor:
    """Holds services in tiers: a later tier needs the earlier ones, so it starts after and stops before them."""

    def __init__(self, home: Path, say: Say) -> None:
        self._home = home
        self._say = say
        self._tiers: list[Sequence[Service]] = []
        self._up: dict[str, asyncio.Event] = {}

    async def start(self, *tier: Service) -> None:
        """Start these beside each other as the next tier. Raises LaunchFailed."""
        self._tiers.append(tier)
        await together(*(self._bring_up(service) for service in tier))

    async def keep_running(self) -> NoReturn:
        """Until cancelled. Raises LaunchFailed when a service keeps ending or the disk is full."""
        needed: list[asyncio.Event] = []
        watches = []
        for tier in self._tiers:
            watches += [self._watch(service, list(needed)) for service in tier]
            needed += [self._up[service.child.name] for service in tier]
        await together(*watches, self._watch_disk())
        raise AssertionError("a watch never ends by itself")

    async def stop(self) -> None:
        """Last tier first. Calling kill() meanwhile makes it quick."""
        for tier in reversed(self._tiers):
            await asyncio.gather(*(service.stop() for service in tier))

    def kill(self) -> None:
        for tier in self._tiers:
            for service in tier:
                service.child.kill()

    async def _watch_disk(self) -> NoReturn:
        """Servers that find no room refuse to write and recover by themselves; somebody has to make room."""
        low = False
        while True:
            if disk_low(self._home) != low:
                low = not low
                self._say(
                    f"The disk that holds {self._home} is nearly full: free some space, or nothing more can be saved."
                    if low
                    else f"The disk that holds {self._home} has room again."
                )
            await asyncio.sleep(LOOK_AT_DISK)

    async def _bring_up(self, service: Service) -> None:
        up = self._up.setdefault(service.child.name, asyncio.Event())
        await service.start()
        up.set()

    async def _watch(self, service: Service, needed: Sequence[asyncio.Event]) -> None:
        name = service.child.name
        deaths: deque[float] = deque(maxlen=MOST_DEATHS)
        while True:
            code = await service.child.wait()
            self._up[name].clear()
            if disk_full(self._home):
                raise LaunchFailed(f"The disk that holds {self._home} is full: free some space and start again.")
            now = asyncio.get_running_loop().time()
            deaths.append(now)
            recent = sum(death > now - WITHIN for death in deaths)
            if recent == MOST_DEATHS:
                raise LaunchFailed(f"{name} ended {recent} times within two minutes: {service.child.log} says why.")
            self._say(f"{name} ended ({_how(code)}) and is started again.")
            await asyncio.sleep(BACK_OFF[recent - 1])
            for server in needed:
                await server.wait()
            await self._bring_up(service)


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
