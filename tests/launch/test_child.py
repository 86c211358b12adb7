"""A process that the launcher owns, and one that an earlier launcher left."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from launch.child import Child

SLEEP = ["/bin/sleep", "60"]


@pytest.fixture
async def leftover(home: Path) -> AsyncIterator[Child]:
    """A process that runs under another name, so that nothing of ours ends it by the way."""
    child = Child("leftover", home=home)
    await child.start(SLEEP, {})
    yield child
    await child.stop(signal.SIGKILL, grace=1)


def note(home: Path, name: str, pid: int, began: float) -> None:
    (home / "run" / f"{name}.pid").write_text(f"{pid} {began}")


async def started_and_stopped(home: Path) -> None:
    child = Child("worker", home=home)
    await child.start(SLEEP, {})
    assert child.running
    await child.stop(signal.SIGTERM, grace=1)


async def test_what_a_killed_launcher_left_is_ended_before_its_successor_starts(home: Path, leftover: Child) -> None:
    note(home, "worker", leftover.pid, psutil.Process(leftover.pid).create_time())
    await started_and_stopped(home)
    await leftover.wait()  # its code says nothing: whoever of us two asks the kernel first gets it
    assert not psutil.pid_exists(leftover.pid)


async def test_a_stranger_that_has_the_pid_by_now_is_left_alone(home: Path, leftover: Child) -> None:
    note(home, "worker", leftover.pid, psutil.Process(leftover.pid).create_time() - 3600)
    await started_and_stopped(home)
    assert leftover.running


async def test_all_it_says_is_in_its_log_even_a_line_that_is_far_too_long(home: Path) -> None:
    child = Child("worker", home=home)
    await child.start(["/bin/sh", "-c", "echo first; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last 100%"], {})
    assert await child.wait() == 0
    lines = child.log.read_text().splitlines()
    assert (lines[0], lines[-1]) == ("first", "last 100%")
