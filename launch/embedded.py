"""The embedded servers as one context: for the tests, and for commands that run while the app does not."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from domain.search import SEARCH_ATTRIBUTES
from launch.failure import LaunchFailed
from launch.home import data_folder
from launch.placement import place_postgres
from launch.postgres import EmbeddedPostgres
from launch.temporal import EmbeddedTemporal


class Servers(NamedTuple):
    database_url: str
    """`postgresql://...`, a role that owns its database and may create others."""
    temporal_address: str
    """host:port; the namespace is `default`."""
    temporal_ui_url: str


@asynccontextmanager
async def embedded_servers(
    home: Path,
    durability: Literal["full", "normal"] = "normal",
    base_url: str = "http://127.0.0.1:8000",
) -> AsyncIterator[Servers]:
    """Start PostgreSQL and Temporal on this data folder and stop them at the end.

    Raises LaunchFailed. Start it from the main thread (`launch.child` says why).
    """
    with data_folder(home) as folder:
        postgres = EmbeddedPostgres(folder, place_postgres(folder, say=lambda _: None))
        temporal = EmbeddedTemporal(
            folder, durability=durability, base_url=base_url, search_attributes=SEARCH_ATTRIBUTES
        )
        try:
            await start_together(postgres.start(), temporal.start())
            yield Servers(postgres.url, temporal.address, temporal.ui_url)
        finally:
            await asyncio.gather(temporal.stop(), postgres.stop())


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A data folder that is gone afterwards, with its database wherever that was put."""
    home = Path(tempfile.mkdtemp(prefix="throughline-"))
    home.chmod(0o711)  # so that root's database user passes through, and the database lies inside
    try:
        yield home
    finally:
        database = home / "postgres"
        if database.is_symlink():
            shutil.rmtree(database.resolve(), ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


async def start_together(*starts: Coroutine[None, None, None]) -> None:
    """Await them all; the first that fails stops the others and is raised as it is, not in a group."""
    try:
        async with asyncio.TaskGroup() as group:
            for start in starts:
                group.create_task(start)
    except* LaunchFailed as failures:
        raise failures.exceptions[0] from None
