"""A process that this one owns: it ends with us, however we end, and its output goes to a log of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging.handlers
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

TETHER = Path(__file__).with_name("tether.py")
LOG_BYTES, LOG_FILES = 10_000_000, 3
LONGEST_LINE = 1 << 20


class Child:
    """One process in a session of its own, so that Ctrl-C reaches us alone and we stop it in order.

    `orphan_signal` is what the kernel sends it when we die without stopping it (Linux).
    Start it from the main thread: Linux takes the end of the starting *thread* for the parent's death.
    """

    def __init__(
        self,
        name: str,
        *,
        home: Path,
        user: str = "",
        orphan_signal: signal.Signals = signal.SIGKILL,
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        self.name = name
        self.log = home / "logs" / f"{name}.log"
        self._pid_file = home / "run" / f"{name}.pid"
        self._user = user
        self._orphan_signal = orphan_signal
        self._on_line = on_line
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self.last_lines: deque[str] = deque(maxlen=20)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        return self._started.pid

    @property
    def _started(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process

    async def start(self, command: Sequence[str | Path], env: Mapping[str, str]) -> None:
        await self._end_leftover()
        self.last_lines.clear()
        tether = [sys.executable, "-I", "-S", str(TETHER), str(int(self._orphan_signal)), str(os.getpid()), self._user]
        self._process = await asyncio.create_subprocess_exec(
            *tether,
            *map(str, command),
            env=dict(env),
            cwd="/" if self._user else None,  # another user may not be allowed into our folder
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=LONGEST_LINE,
        )
        self._reader = asyncio.create_task(self._keep_output(self._process.stdout))
        self._remember()

    async def wait(self) -> int:
        """Return the exit code once the process has ended and all it said is in the log."""
        code = await self._started.wait()
        if self._reader is not None:
            # A grandchild may hold the pipe open; it gets no say in when this child has ended.
            await asyncio.wait([self._reader], timeout=1)
            self._reader.cancel()
        return code

    async def stop(self, how: signal.Signals, grace: float) -> None:
        """Ask it to end; after `grace` seconds end it and all it has started."""
        if self._process is None:
            return
        if self.running:
            self._process.send_signal(how)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), grace)
        # The whole session, also when the process itself has gone: it may have left children of its own.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self.wait()
        self._process = None
        self._pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """End it and all it has started, now."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    async def _keep_output(self, output: asyncio.StreamReader | None) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        file = _RotatingLog(self.log, maxBytes=LOG_BYTES, backupCount=LOG_FILES)
        try:
            while output and (line := await _line(output)):
                text = line.decode(errors="replace").rstrip()
                self.last_lines.append(text)
                file.emit(logging.LogRecord(self.name, logging.INFO, "", 0, text, (), None))
                if self._on_line is not None:
                    self._on_line(text)
        finally:
            file.close()

    def _remember(self) -> None:
        """Note who runs, with the instant it began: a pid alone may be another process's tomorrow."""
        self._pid_file.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(psutil.NoSuchProcess):
            self._pid_file.write_text(f"{self.pid} {psutil.Process(self.pid).create_time()}")

    async def _end_leftover(self) -> None:
        """End the one of a launcher that was killed: at once, or where the kernel has not seen to it."""
        try:
            pid, began = self._pid_file.read_text().split()
            leftover = psutil.Process(int(pid))
            if abs(leftover.create_time() - float(began)) > 1 or leftover.status() == psutil.STATUS_ZOMBIE:
                return
            leftover.send_signal(signal.SIGINT if self._orphan_signal == signal.SIGINT else signal.SIGKILL)
            await asyncio.to_thread(leftover.wait, 30)
        except psutil.TimeoutExpired:
            leftover.kill()
        except (OSError, ValueError, psutil.NoSuchProcess):
            return


class _RotatingLog(logging.handlers.RotatingFileHandler):
    """A logging handler for its rotation only: the lines arrive finished."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """A full disk must not fill the console with tracebacks: the servers themselves say that it is full."""


async def _line(output: asyncio.StreamReader) -> bytes:
    try:
        return await output.readline()
    except ValueError:  # longer than LONGEST_LINE: what was read of it is gone, go on with the rest
        return b"(a line too long to keep)\n"


def give_way(pid: int, niceness: int) -> None:
    """Let others go first, also those of other sessions: Linux shares the processors among sessions (autogroups)
    before it looks at a process's niceness. Where the system does not let us, everybody is equal."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, niceness)
        Path(f"/proc/{pid}/autogroup").write_text(str(niceness))
