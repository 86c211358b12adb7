"""The servers the app needs: those it brings along, and how a command reaches them.

A server whose address is configured (THROUGHLINE_DATABASE_URL, TEMPORAL_ADDRESS) is used and never started.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from domain.search import SEARCH_ATTRIBUTES
from launch.failure import LaunchFailed, together
from launch.home import data_folder, in_use
from launch.placement import Say, place_postgres
from launch.postgres import EmbeddedPostgres
from launch.temporal import NAMESPACE, EmbeddedTemporal
from settings import Settings

OnLine = Callable[[str, str], None]
"""Called with the name of a child and a line it wrote."""


class EmbeddedServers:
    """PostgreSQL and Temporal on one data folder, or the one of them that no setting names an address for."""

    def __init__(
        self,
        home: Path,
        settings: Settings,
        say: Say,
        on_line: OnLine = lambda name, line: None,
        *,
        postgres: bool = True,
        temporal: bool = True,
    ) -> None:
        self.postgres = self.temporal = None
        if postgres:
            self.postgres = EmbeddedPostgres(home, place_postgres(home, say), lambda line: on_line("postgres", line))
        if temporal:
            self.temporal = EmbeddedTemporal(
                home,
                durability=settings.durability,
                base_url=settings.base_url,
                search_attributes=SEARCH_ATTRIBUTES,
                on_line=lambda line: on_line("temporal", line),
            )

    @classmethod
    def missing(
        cls,
        home: Path,
        settings: Settings,
        say: Say,
        on_line: OnLine = lambda name, line: None,
        *,
        temporal: bool = True,
    ) -> EmbeddedServers:
        """Those that the settings and the environment name no address for."""
        with_temporal = temporal and not _temporal_configured()
        return cls(home, settings, say, on_line, postgres=settings.database_url is None, temporal=with_temporal)

    @property
    def all(self) -> list[EmbeddedPostgres | EmbeddedTemporal]:
        return [server for server in (self.postgres, self.temporal) if server is not None]

    async def start(self) -> None:
        """Raises LaunchFailed for the first that does not start; the other may run then: stop() ends it."""
        await together(*(server.start() for server in self.all))

    async def stop(self) -> None:
        await together(*(server.stop() for server in self.all))

    def environment(self) -> dict[str, str]:
        """What tells the app's processes where these servers are."""
        found = {}
        if self.postgres:
            found["THROUGHLINE_DATABASE_URL"] = self.postgres.url
        if self.temporal:
            found["TEMPORAL_ADDRESS"] = self.temporal.address
            found["TEMPORAL_NAMESPACE"] = NAMESPACE
            found["TEMPORAL_CONFIG_FILE"] = os.devnull  # a person's own one means another server
            found["THROUGHLINE_TEMPORAL_UI_URL"] = self.temporal.ui_url
        return found


@asynccontextmanager
async def reached_servers(*, start: bool, say: Say, temporal: bool = True) -> AsyncIterator[Settings]:
    """Yield settings that name both servers: configured ones, else those of the `throughline up` that runs on the data
    folder, else (with `start`) ones started for as long as this lasts. Without `temporal` PostgreSQL is enough.
    Changes os.environ, which Temporal's SDK reads. Raises LaunchFailed.
    """
    settings = Settings()
    home = settings.home.absolute()
    if settings.database_url is not None and (_temporal_configured() or not temporal):
        yield settings
    elif in_use(home):
        _adopt(_published(home))
        yield Settings()
    elif start:
        with data_folder(home):
            servers = EmbeddedServers.missing(home, settings, say, temporal=temporal)
            try:
                await servers.start()
                _adopt(servers.environment())
                yield Settings()
            finally:
                await servers.stop()
    else:
        raise LaunchFailed(
            f"Nothing runs on the data folder {home}: start `throughline up` first, "
            "or set THROUGHLINE_DATABASE_URL and TEMPORAL_ADDRESS to servers of your own."
        )


def full_environment(found: Mapping[str, str]) -> dict[str, str]:
    """Ours with these servers' addresses: where Temporal is embedded, its other settings mean another server."""
    embedded = "TEMPORAL_ADDRESS" in found
    kept = {name: value for name, value in os.environ.items() if not (embedded and name.startswith("TEMPORAL_"))}
    return kept | dict(found)


def _adopt(found: Mapping[str, str]) -> None:
    environment = full_environment(found)
    os.environ.clear()
    os.environ.update(environment)


def publish(home: Path, environment: dict[str, str]) -> None:
    """Leave word for commands that are run beside the app."""
    file = home / "run" / "servers.json"
    file.unlink(missing_ok=True)
    with open(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as opened:
        json.dump(environment, opened)


def _published(home: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads((home / "run" / "servers.json").read_text())
    except (FileNotFoundError, ValueError):
        raise LaunchFailed(f"Throughline is only just starting on {home}: try again in a moment.") from None
    return found


def _temporal_configured() -> bool:
    return bool(os.environ.get("TEMPORAL_ADDRESS"))
