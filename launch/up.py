"""`throughline up`: everything on one machine, from one terminal."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from itertools import dropwhile
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from launch.child import Child, give_way
from launch.console import Terminal
from launch.failure import LaunchFailed
from launch.home import data_folder
from launch.ports import require_free
from launch.servers import EmbeddedServers, full_environment, publish
from launch.supervisor import Supervisor
from launch.temporal import UI_PATH
from settings import Settings

COMMAND = [sys.executable, "-P", "-m", "launch.cli"]  # -P: a folder `launch` where the person stands is not ours
NICENESS = 10
"""Of the worker: people's pages and what comes in go before the processes that follow from them."""
READY = "worker.ready"
"""What the worker logs once it takes work."""
ANSWERS_WITHIN = 300.0  # a process that lives and is slow has a slow machine


class Program:
    """One of our own commands (`worker`, `web`) as a service; the nicer, the more it lets others go first."""

    def __init__(
        self, command: str, home: Path, environment: Mapping[str, str], terminal: Terminal, grace: float,
        niceness: int = 0,
    ) -> None:  # fmt: skip
        self.child = Child(command, home=home, on_line=self._heard)
        self._terminal = terminal
        self._environment = environment
        self._grace = grace
        self._niceness = niceness

    async def start(self) -> None:
        await self.child.start([*COMMAND, self.child.name], self._environment)

    def _heard(self, line: str) -> None:
        self._terminal.line(self.child.name, line)
        if self._niceness and READY in line:  # not before: it loads as quickly as the others
            give_way(self.child.pid, self._niceness)

    async def stop(self) -> None:
        await self.child.stop(signal.SIGTERM, self._grace)


async def up(settings: Settings, *, demo: bool, terminal: Terminal) -> None:
    """Start everything and keep it running until this task is cancelled. Raises LaunchFailed."""
    require_free(settings.host, settings.port)
    with data_folder(settings.home) as home:
        began = time.monotonic()
        supervisor = Supervisor(home, terminal.say)
        _stop_on_signals(asyncio.current_task(), supervisor, terminal)
        try:
            environment, sign_in = await _start(settings, home, supervisor, terminal, demo=demo)
            publish(home, environment)
            _announce(settings, home, terminal, sign_in, time.monotonic() - began)
            await supervisor.keep_running()
        finally:
            terminal.quiet = True
            await supervisor.stop()
            (home / "run" / "servers.json").unlink(missing_ok=True)


async def _start(
    settings: Settings, home: Path, supervisor: Supervisor, terminal: Terminal, *, demo: bool
) -> tuple[dict[str, str], list[str]]:
    """Returns the environment that tells our processes where the servers are, and how to sign in."""
    servers = EmbeddedServers.missing(home, settings, terminal.say, terminal.line)
    names = " and ".join(server.title for server in servers.all)
    if names:
        terminal.say(f"Starting {names} ...")
    await supervisor.start(*servers.all)
    environment = servers.environment()
    inherited = full_environment(environment) | {"THROUGHLINE_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    terminal.say("Preparing the database, starting the worker and the web server ...")
    # The grace is longer than the worker's own for its activities, which is 20 s.
    worker = Program("worker", home, inherited, terminal, grace=25, niceness=NICENESS)
    web = Program("web", home, inherited, terminal, grace=8)
    # Beside each other, since each takes seconds to load: worker and web wait for the database themselves.
    await supervisor.start(worker, web)
    said = await _run(home, inherited, "demo --if-empty" if demo else "migrate")
    await _answers(settings, web.child)
    return environment, list(dropwhile(lambda line: not line.startswith("Sign in"), said))


async def _run(home: Path, environment: Mapping[str, str], command: str) -> list[str]:
    """Run one of our commands to its end, and return what it said last. Raises LaunchFailed with its last line."""
    child = Child(command.split()[0], home=home)
    try:
        await child.start([*COMMAND, *command.split()], environment)
        if await child.wait() != 0:
            raise LaunchFailed(next(reversed(child.last_lines), f"`throughline {command}` failed: see {child.log}."))
        return list(child.last_lines)
    finally:
        await child.stop(signal.SIGTERM, grace=5)


async def _answers(settings: Settings, web: Child) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    deadline = time.monotonic() + ANSWERS_WITHIN
    while not await asyncio.to_thread(_healthy, f"http://{host}:{settings.port}/healthz"):
        if not web.running:
            await web.wait()
            raise LaunchFailed(f"The web server did not start: {next(reversed(web.last_lines), f'see {web.log}')}")
        if time.monotonic() > deadline:
            raise LaunchFailed(f"The web server does not answer: {web.log} may say why.")
        await asyncio.sleep(0.1)


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  (our own http address)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _stop_on_signals(main: asyncio.Task[Any] | None, supervisor: Supervisor, terminal: Terminal) -> None:
    """The first signal stops everything in order, the second at once."""
    stopping = False

    def stop() -> None:
        nonlocal stopping
        if stopping:
            supervisor.kill()
            return
        stopping = True
        terminal.quiet = True
        terminal.say("\nStopping; everything goes on from here at the next start ...")
        if main is not None:
            main.cancel()

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(each, stop)


def _announce(settings: Settings, home: Path, terminal: Terminal, sign_in: list[str], seconds: float) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_row("App", settings.base_url)
    table.add_row("Temporal UI", f"{settings.base_url}{UI_PATH}  (ops and administrators)")
    table.add_row("Data and logs", str(home))
    table.add_row("Stop", "Ctrl-C")
    how = "\n".join(sign_in) or "Sign in as somebody that `throughline user add` has taken on."
    about = Panel(Group(table, "", Text(how)), title=f"Throughline runs ({seconds:.1f} s)", expand=False)
    terminal.console.print(about)
