"""`throughline up` as a person at a terminal has it: the whole product, its real processes, their ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from launch.ports import free_port
from tests.launch.conftest import until

COMMAND = [sys.executable, "-P", "-m", "launch.cli"]
PATIENCE = 240.0


class Up:
    """A running `throughline up`; `said` is all it has printed so far."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port
        self.said = ""

    async def read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.said += line.decode()

    async def runs(self) -> None:
        await until(lambda: "Throughline runs" in self.said or self.process.returncode is not None, PATIENCE)
        assert self.process.returncode is None, self.said

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, *words: str) -> psutil.Process:
        """The one of its own children whose command line has these words."""
        children = psutil.Process(self.process.pid).children()
        (found,) = [child for child in children if all(word in " ".join(child.cmdline()) for word in words)]
        return found

    async def answers(self) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
        answer = await reader.read()
        writer.close()
        return answer.splitlines()[0]


@asynccontextmanager
async def up(environment: Mapping[str, str], *options: str) -> AsyncIterator[Up]:
    started = await asyncio.create_subprocess_exec(
        *COMMAND, "up", *options, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    running = Up(started, int(environment["THROUGHLINE_PORT"]))
    reading = asyncio.create_task(running.read())
    try:
        yield running
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()
        await reading


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("THROUGHLINE_", "TEMPORAL_"))}
    return kept | {"THROUGHLINE_HOME": str(home), "THROUGHLINE_PORT": str(free_port())}


async def test_it_survives_what_dies_goes_on_where_it_stood_and_leaves_nothing_behind(
    environment: dict[str, str],
) -> None:
    async with up(environment, "--no-demo") as first:
        await first.runs()
        assert await first.answers() == b"HTTP/1.1 200 OK"
        for name, words in {"postgres": ("bin/postgres",), "temporal": ("start-dev",), "worker": ("worker",)}.items():
            killed = first.child(*words)
            killed.kill()
            await until(lambda name=name: f"{name} ended (SIGKILL) and is started again." in first.said)  # type: ignore[misc]
        await until(lambda: len(psutil.Process(first.process.pid).children()) == 4, PATIENCE)
        added = await run(environment, "user", "add", "ada@example.com", "Ada", "--role", "administrator")
        assert "signs in with the password" in added
        family = first.family()
        first.process.send_signal(signal.SIGTERM)
        assert await first.process.wait() == 0
        assert not psutil.wait_procs(family, timeout=0)[1]

    async with up(environment, "--no-demo") as second:
        await second.runs()
        assert "ada@example.com" in await run(environment, "user", "list")
        family = second.family()
        second.process.kill()
        await second.process.wait()
        assert not psutil.wait_procs(family, timeout=20)[1]


async def test_a_port_in_use_is_one_sentence_before_anything_is_started(
    environment: dict[str, str], home: Path
) -> None:
    with socket.create_server(("127.0.0.1", int(environment["THROUGHLINE_PORT"]))):
        said = await run(environment, "up", code=1)
    assert said == (
        f"Port {environment['THROUGHLINE_PORT']} is already in use: "
        "stop what uses it, or set THROUGHLINE_PORT to another.\n"
    )
    assert not files(home)


async def test_a_setting_that_makes_no_sense_is_one_sentence(environment: dict[str, str]) -> None:
    said = await run(environment | {"THROUGHLINE_DURABILITY": "some"}, "up", code=1)
    assert said == "The setting THROUGHLINE_DURABILITY is not valid: Input should be 'full' or 'normal'.\n"


async def test_a_worker_by_itself_says_what_it_needs(environment: dict[str, str], home: Path) -> None:
    said = await run(environment, "worker", code=1)
    assert said.startswith(f"Nothing runs on the data folder {home}: start `throughline up` first, or set")


def files(home: Path) -> list[Path]:
    return list(home.iterdir())


async def run(environment: Mapping[str, str], *words: str, code: int = 0) -> str:
    """What a command says; its exit code must be `code`."""
    asked = await asyncio.create_subprocess_exec(
        *COMMAND, *words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, _ = await asked.communicate()
    assert asked.returncode == code, said.decode()
    return said.decode()
