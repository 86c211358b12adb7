"""Opens what comes from outside in a child process with hard limits, so that no file can take the server down.

    rows = await run_limited("commands.lead_sheet:read_rows", str(path), limits=Limits(wall=30))

The function gets JSON values and gives one back; what is large it writes to a file whose path it was given. It may
raise `Refused`, which arrives here as it was raised. The child knows none of the server's settings or secrets.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.refusal import Refused

MIB = 1024 * 1024
OURS = Path(__file__).parents[1]
OUT_OF_MEMORY = 3
"""The child's exit code; a library that cannot go on without memory aborts instead."""


@dataclass(frozen=True)
class Limits:
    """`memory`, `answer` and `file` in bytes; `cpu` and `wall` in seconds. `file`: the largest file it may write."""

    memory: int = 768 * MIB
    cpu: int = 20
    wall: float = 40.0
    answer: int = 16 * MIB
    file: int = 256 * MIB


async def run_limited(function: str, *args: Any, limits: Limits | None = None) -> Any:
    """What `module:function` returns for these arguments.

    Raises Refused: 413 sandbox_memory, 422 sandbox_time where a limit was hit; 422 file_unreadable where it failed;
    or what the function itself refused.
    """
    within = limits or Limits()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "commands.sandbox_child", function, str(within.memory), str(within.cpu),
        str(within.file),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        cwd=OURS, env=_environment(), start_new_session=True, limit=within.answer,
    )  # fmt: skip
    try:
        async with asyncio.timeout(within.wall):
            answer = await _talk(child, json.dumps(args).encode(), within.answer)
            code = await child.wait()
    except TimeoutError:
        raise Refused("sandbox_time", 422, field="file", seconds=int(within.wall)) from None
    finally:
        await _end(child)
    return _result(code, answer, within)


def _environment() -> dict[str, str]:
    """Enough to find our modules and the libraries, and nothing that names a server or a key."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ", "VIRTUAL_ENV") if name in os.environ}
    return kept | {"PYTHONPATH": str(OURS), "PYTHONUTF8": "1"}


async def _talk(child: asyncio.subprocess.Process, asked: bytes, most: int) -> bytes:
    assert child.stdin is not None  # noqa: S101 - both are pipes
    assert child.stdout is not None  # noqa: S101
    with suppress(BrokenPipeError, ConnectionResetError):
        child.stdin.write(asked)
        await child.stdin.drain()
    child.stdin.close()
    answer = bytearray()
    while chunk := await child.stdout.read(65_536):
        answer += chunk
        if len(answer) > most:
            raise Refused("sandbox_memory", 413, field="file", most=most // MIB)
    return bytes(answer)


async def _end(child: asyncio.subprocess.Process) -> None:
    """Also when we were cancelled: nothing is left running."""
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()


def _result(code: int, answer: bytes, within: Limits) -> Any:
    if code in (OUT_OF_MEMORY, -signal.SIGABRT):
        raise Refused("sandbox_memory", 413, field="file", most=within.memory // MIB)
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        raise Refused("sandbox_time", 422, field="file", seconds=within.cpu)
    try:
        said = json.loads(answer) if code == 0 else {}
    except ValueError:
        said = {}
    if "refused" in said:
        refused = said["refused"]
        raise Refused(refused["code"], refused["status"], field=refused["field"], **refused["params"])
    if "result" not in said:
        raise Refused("file_unreadable", 422, field="file")
    return said["result"]
