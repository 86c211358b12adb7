"""`throughline` as somebody types it at a terminal."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import psutil

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

    async def answers(self, path: str = "/healthz") -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
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


async def run(environment: Mapping[str, str], *words: str, code: int = 0) -> str:
    """What a command says; its exit code must be `code`."""
    asked = await asyncio.create_subprocess_exec(
        *COMMAND, *words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, _ = await asked.communicate()
    assert asked.returncode == code, said.decode()
    return said.decode()
