"""The embedded PostgreSQL, through what happens to a database on somebody's machine."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import psycopg
import pytest

from launch import placement
from launch.child import Child
from launch.failure import LaunchFailed
from launch.placement import place_postgres
from launch.postgres import EmbeddedPostgres
from tests.launch.conftest import postgres_on

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user keeps everything in the data folder")


def ask(server: EmbeddedPostgres, question: str) -> object:
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(question.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


async def test_a_fresh_database_finds_chinese_text_and_knows_accents(home: Path) -> None:
    async with postgres_on(home) as server:
        assert ask(server, "SELECT cardinality(show_trgm('上海'))") == 3
        assert ask(server, "SELECT lower('É')") == "é"
        assert ask(server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        assert ask(server, "CREATE EXTENSION btree_gin") is None
        assert ask(server, "CREATE DATABASE another") is None


async def test_what_was_written_is_there_after_a_stop_and_a_second_start(home: Path) -> None:
    async with postgres_on(home) as server:
        ask(server, "CREATE TABLE deal AS SELECT 42 AS amount")
    async with postgres_on(home) as server:
        assert ask(server, "SELECT amount FROM deal") == 42


async def test_a_server_killed_with_minus_nine_recovers_under_the_same_address(home: Path) -> None:
    async with postgres_on(home) as server:
        ask(server, "CREATE TABLE deal AS SELECT 42 AS amount")
        os.kill(server.child.pid, signal.SIGKILL)
        await server.child.wait()
        address = server.url
        await server.start()
        assert (server.url, ask(server, "SELECT amount FROM deal")) == (address, 42)


async def test_a_lock_file_naming_somebody_elses_process_does_not_keep_it_from_starting(home: Path) -> None:
    async with postgres_on(home) as server:
        ask(server, "CREATE TABLE deal AS SELECT 42 AS amount")
        lock = home / "postgres" / "data" / "postmaster.pid"
        left = lock.read_text()
        os.kill(server.child.pid, signal.SIGKILL)
        await server.child.wait()
    stranger = Child("stranger", home=home, user=place_postgres(home, say=lambda _: None).account)
    await stranger.start(["/bin/sleep", "60"], {})
    try:
        lock.write_text("\n".join([str(stranger.pid), *left.splitlines()[1:]]) + "\n")
        async with postgres_on(home) as server:
            assert ask(server, "SELECT amount FROM deal") == 42
        assert stranger.running
    finally:
        await stranger.stop(signal.SIGKILL, grace=1)


async def test_a_database_of_another_major_version_is_refused_and_left_alone(home: Path) -> None:
    async with postgres_on(home):
        pass
    version = home / "postgres" / "data" / "PG_VERSION"
    version.write_text("16\n")
    with pytest.raises(LaunchFailed, match=r"is PostgreSQL 16 and this is PostgreSQL 18.*THROUGHLINE_DATABASE_URL"):
        async with postgres_on(home):
            pass
    assert version.read_text() == "16\n"


async def test_a_server_that_cannot_start_gives_its_own_reason(home: Path) -> None:
    async with postgres_on(home):
        pass
    with (home / "postgres" / "data" / "postgresql.conf").open("a") as settings:
        settings.write("nonsense\n")
    said = r'^PostgreSQL did not start: configuration file ".*" contains errors \(more in .*postgres\.log\)$'
    with pytest.raises(LaunchFailed, match=said):
        async with postgres_on(home):
            pass


async def test_a_lost_password_is_said_and_no_new_one_is_made_up(home: Path) -> None:
    async with postgres_on(home):
        pass
    password = home / "postgres" / "password"
    assert password.stat().st_mode & 0o777 == 0o600
    password.unlink()
    with pytest.raises(LaunchFailed, match="is missing"):
        async with postgres_on(home):
            pass
    assert not password.exists()


@as_root
async def test_below_a_closed_folder_roots_database_goes_elsewhere_and_the_folder_stays_closed(
    home: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reachable = placement._reachable
    # As if this Python, with PostgreSQL's programs in it, were below a closed folder too.
    monkeypatch.setattr(placement, "_reachable", lambda path: sys.prefix not in str(path) and reachable(path))
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    (closed / "home").mkdir()
    said: list[str] = []
    place = place_postgres(closed / "home", say=said.append)
    assert place.folder.parent == state
    assert str(place.folder) in said[-1]
    assert place.programs.is_relative_to(state)
    server = EmbeddedPostgres(closed / "home", place)
    try:
        await server.start()
        assert ask(server, "SELECT 1") == 1
    finally:
        await server.stop()
    assert closed.stat().st_mode & 0o777 == 0o700
    assert place_postgres(closed / "home", say=said.append).folder == place.folder
