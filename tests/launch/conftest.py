"""Data folders, and servers on them, that are gone after the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from launch import placement
from launch.embedded import temporary_home
from launch.placement import place_postgres
from launch.postgres import EmbeddedPostgres

POLL = 0.02


@pytest.fixture
def home() -> Iterator[Path]:
    with temporary_home() as folder:
        yield folder


@pytest.fixture
def state(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for the system's state directory."""
    folder = home / "state"
    monkeypatch.setattr(placement, "STATE", folder)
    return folder


@asynccontextmanager
async def postgres_on(home: Path) -> AsyncIterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(home, place_postgres(home, say=lambda _: None))
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


async def until(condition: Callable[[], bool], within: float = 20.0) -> None:
    deadline = asyncio.get_running_loop().time() + within
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "it did not come to pass"
        await asyncio.sleep(POLL)
