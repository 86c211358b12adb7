"""The embedded servers on a folder that is gone afterwards: for tests, drills and benchmarks."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from launch.home import data_folder
from launch.servers import EmbeddedServers
from settings import Settings


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
        servers = EmbeddedServers(folder, Settings(durability=durability, public_url=base_url), say=lambda _: None)
        try:
            await servers.start()
            found = servers.environment()
            yield Servers(
                found["THROUGHLINE_DATABASE_URL"], found["TEMPORAL_ADDRESS"], found["THROUGHLINE_TEMPORAL_UI_URL"]
            )
        finally:
            await servers.stop()


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
