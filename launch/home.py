"""The data folder of an installation: one launcher at a time, room on its disk, written by no newer version."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import importlib.metadata
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from launch.failure import LaunchFailed

FULL = (errno.ENOSPC, errno.EDQUOT)
ROOM_TO_WRITE = 10_000_000
ROOM_LOW = 100_000_000
ROOM_NEEDED = 300_000_000  # bytes: two empty databases, and some hours of work before anybody looks


@contextlib.contextmanager
def data_folder(home: Path) -> Iterator[Path]:
    """Yield the folder's absolute path, locked for this process. Raises LaunchFailed with one sentence."""
    home = home.absolute()
    with ExitStack() as held:
        try:
            _make(home)
            lock = held.enter_context((home / "lock").open("a+"))
            _take(lock.fileno(), home)
            _refuse_newer(home)
            _refuse_full_disk(home)
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            (home / "version").write_text(_ours())
        except OSError as error:
            raise LaunchFailed(_sentence(error, home)) from error
        try:
            yield home
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise LaunchFailed(_sentence(error, home)) from error


def in_use(home: Path) -> bool:
    """Whether a launcher runs on this data folder now."""
    with contextlib.suppress(FileNotFoundError), (home / "lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def disk_full(home: Path) -> bool:
    return shutil.disk_usage(home).free < ROOM_TO_WRITE


def disk_low(home: Path) -> bool:
    return shutil.disk_usage(home).free < ROOM_LOW


def _make(home: Path) -> None:
    if not home.is_dir():
        home.mkdir(parents=True)
        # Root's database runs as another user, who must pass through; what lies inside is closed one by one.
        home.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _take(lock: int, home: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = (home / "lock").read_text().strip() or "unknown"
        raise LaunchFailed(
            f"Throughline already runs on the data folder {home} (process {holder}): "
            "use that one, or set THROUGHLINE_HOME to another folder."
        ) from None


def _refuse_newer(home: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        theirs = (home / "version").read_text().strip()
        if theirs and _order(theirs) > _order(_ours()):
            raise LaunchFailed(
                f"The data folder {home} was last used by Throughline {theirs} and this is {_ours()}: "
                "use that version or a newer one."
            )


def _refuse_full_disk(home: Path) -> None:
    free = shutil.disk_usage(home).free
    if free < ROOM_NEEDED:
        raise LaunchFailed(
            f"The disk that holds {home} has {free // 1_000_000} MB left and {ROOM_NEEDED // 1_000_000} MB are needed: "
            "free some space and start again."
        )


def _sentence(error: OSError, home: Path) -> str:
    """What to tell somebody whose disk is full, read-only or not theirs."""
    if error.errno in FULL:
        return f"The disk that holds {home} is full: free some space and start again."
    return f"The data folder {home} cannot be used: {error.strerror or error} ({error.filename or home})."


def _ours() -> str:
    return importlib.metadata.version("throughline")


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
