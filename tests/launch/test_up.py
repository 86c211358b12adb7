"""`throughline up` as a person at a terminal has it: the whole product, its real processes, their ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path

import psutil
import pytest

from launch.ports import free_port
from tests.launch.conftest import POLL, until
from tests.launch.terminal import PATIENCE, run, up


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("THROUGHLINE_", "TEMPORAL_"))}
    return kept | {"THROUGHLINE_HOME": str(home), "THROUGHLINE_PORT": str(free_port())}


async def test_it_survives_what_dies_goes_on_where_it_stood_and_leaves_nothing_behind(
    environment: dict[str, str],
) -> None:
    async with up(environment) as first:
        await first.runs()
        assert await first.answers() == b"HTTP/1.1 200 OK"
        assert "Sign in with the password throughline-demo as" in first.said
        assert "every case is seen as it stands" in await run(environment, "doctor")
        for name, words in {"postgres": ("bin/postgres",), "temporal": ("start-dev",), "worker": ("worker",)}.items():
            killed = first.child(*words)
            killed.kill()
            await until(lambda name=name: f"{name} ended (SIGKILL) and is started again." in first.said)  # type: ignore[misc]
        await until(lambda: len(psutil.Process(first.process.pid).children()) == 4, PATIENCE)
        while await first.answers("/readyz") != b"HTTP/1.1 200 OK":  # the database is still recovering
            await asyncio.sleep(POLL)
        added = await run(environment, "user", "add", "ada@example.com", "Ada", "--role", "administrator")
        assert "signs in with the password" in added
        family = first.family()
        first.process.send_signal(signal.SIGTERM)
        assert await first.process.wait() == 0
        assert not psutil.wait_procs(family, timeout=0)[1]

    async with up(environment) as second:
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
