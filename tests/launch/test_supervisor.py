"""Services that end are started again, those that keep ending end everything, and nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest

from launch import supervisor as supervising
from launch.child import Child
from launch.embedded import embedded_servers
from launch.failure import LaunchFailed
from launch.supervisor import Supervisor
from tests.launch.conftest import until


class StandIn:
    """A service that runs a shell command; `gate` closed, it takes as long as that to come up."""

    def __init__(self, name: str, home: Path, command: str = "exec sleep 60") -> None:
        self.child = Child(name, home=home)
        self.gate = asyncio.Event()
        self.gate.set()
        self._command = command

    async def start(self) -> None:
        await self.gate.wait()
        await self.child.start(["/bin/sh", "-c", self._command], {"PATH": os.defpath})

    async def stop(self) -> None:
        await self.child.stop(signal.SIGTERM, grace=1)

    def kill(self) -> int:
        pid = self.child.pid
        os.kill(pid, signal.SIGKILL)
        return pid


@asynccontextmanager
async def kept_running(supervisor: Supervisor) -> AsyncIterator[asyncio.Task[None]]:
    keeping = asyncio.create_task(supervisor.keep_running())
    try:
        yield keeping
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError, LaunchFailed):
            await keeping
        await supervisor.stop()


async def test_a_service_that_is_killed_is_started_again_and_said_so(home: Path) -> None:
    said: list[str] = []
    worker = StandIn("worker", home)
    supervisor = Supervisor(home, said.append)
    await supervisor.start(worker)
    async with kept_running(supervisor):
        killed = worker.kill()
        await until(lambda: worker.child.running and worker.child.pid != killed)
    assert said == ["worker ended (SIGKILL) and is started again."]
    assert not worker.child.running


async def test_a_service_that_keeps_ending_stops_the_launch_with_a_word_on_where_to_look(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "BACK_OFF", [0.0] * supervising.MOST_DEATHS)
    broken = StandIn("web", home, "echo no such table; exit 3")
    supervisor = Supervisor(home, say=lambda _: None)
    await supervisor.start(broken)
    async with kept_running(supervisor) as keeping:
        with pytest.raises(LaunchFailed, match=r"web ended 5 times .*logs/web\.log"):
            await keeping
    assert (home / "logs" / "web.log").read_text() == "no such table\n" * 5


async def test_what_needs_a_server_comes_back_only_after_it(home: Path) -> None:
    said: list[str] = []
    postgres, worker = StandIn("postgres", home), StandIn("worker", home)
    supervisor = Supervisor(home, said.append)
    await supervisor.start(postgres)
    await supervisor.start(worker)
    async with kept_running(supervisor):
        postgres.gate.clear()
        postgres.kill()
        await until(lambda: len(said) == 1)
        killed = worker.kill()
        await until(lambda: len(said) == 2)
        assert not worker.child.running
        postgres.gate.set()
        await until(lambda: worker.child.running and worker.child.pid != killed)


async def test_a_disk_that_fills_up_is_said_once_and_so_is_room_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    low = True
    monkeypatch.setattr(supervising, "LOOK_AT_DISK", 0.01)
    monkeypatch.setattr(supervising, "disk_low", lambda _: low)
    async with kept_running(Supervisor(home, said.append)):
        await until(lambda: len(said) == 1)
        low = False
        await until(lambda: len(said) == 2)
    assert "is nearly full: free some space" in said[0]
    assert "has room again" in said[1]


async def test_a_full_disk_ends_the_launch_when_a_server_dies_of_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "disk_full", lambda _: True)
    postgres = StandIn("postgres", home)
    supervisor = Supervisor(home, say=lambda _: None)
    await supervisor.start(postgres)
    async with kept_running(supervisor) as keeping:
        postgres.kill()
        with pytest.raises(LaunchFailed, match="is full: free some space and start again"):
            await keeping


async def test_a_stop_ends_what_a_service_has_started_too(home: Path) -> None:
    worker = StandIn("worker", home, "sleep 60 & trap '' TERM; echo ready; wait; wait")
    supervisor = Supervisor(home, say=lambda _: None)
    await supervisor.start(worker)
    await until(lambda: "ready" in worker.child.last_lines)
    family = [psutil.Process(worker.child.pid), *psutil.Process(worker.child.pid).children()]
    assert len(family) == 2
    await supervisor.stop()
    assert not psutil.wait_procs(family, timeout=5)[1]


SERVERS = """
import asyncio, sys
from pathlib import Path
from launch.embedded import embedded_servers
async def main():
    async with embedded_servers(Path(sys.argv[1])):
        print("ready", flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
async def test_a_launcher_killed_with_minus_nine_leaves_no_server_and_the_next_one_starts(home: Path) -> None:
    launcher = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVERS, str(home), stdout=subprocess.PIPE)
    assert launcher.stdout is not None
    assert await launcher.stdout.readline() == b"ready\n"
    servers = psutil.Process(launcher.pid).children(recursive=True)
    assert {"postgres", "temporal"} <= {server.name() for server in servers}
    launcher.kill()
    await launcher.wait()
    async with embedded_servers(home) as again:
        assert again.database_url
        assert not [server for server in servers if server.is_running() and server.status() != psutil.STATUS_ZOMBIE]
