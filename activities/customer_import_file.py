"""Reads an import's file through child processes: frames of rows that are ready for COPY, or as they stand there."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from activities.customer_import_child import HEAD
from db.actor import actor_of
from db.customer_field import field_policy
from db.customer_import import CustomerImport
from db.customer_import_known import departments_known, known_to, people_known
from domain.customer_import_columns import OWN
from domain.refusal import Refused

OURS = Path(__file__).parents[1]
MEMORY = 1536 * 1024**2
CPU_SECONDS = 3600
SILENCE = 120.0
"""Seconds that a stretch of rows may take."""
FRAME_MOST = 512 * 1024**2


PEOPLE, UNIT = frozenset({"person", "people"}), "department"
"""Types of own fields whose values are others' ids."""


Again = Callable[[Sequence[int]], Awaitable[list[list[str]]]]


class Stretch(NamedTuple):
    """The `no`th stretch of `length` rows of the file, in COPY's text format; `bad` of them are rejected."""

    no: int
    length: int
    rows: bytes
    rejected: bytes
    bad: int


async def asked_of(session: AsyncSession, row: CustomerImport, country: str, zone: str) -> dict[str, Any]:
    """What the child is told of an import: how its file is written, and what the words in it mean here."""
    known = await known_to(session, await actor_of(session, row.by_id))
    own = [field for field in (await field_policy(session)).fields if OWN + field.key in row.mapping]
    return {
        "id": row.id, "encoding": row.encoding, "delimiter": row.delimiter, "mapping": list(row.mapping),
        "country": country, "zone": zone, "regions": known.regions, "owners": known.owners,
        "fields": [field.model_dump(mode="json") for field in own],
        "people": await people_known(session) if any(field.type in PEOPLE for field in own) else {},
        "departments": await departments_known(session) if any(field.type == UNIT for field in own) else {},
    }  # fmt: skip


async def stretches(asked: dict[str, Any]) -> AsyncIterator[Stretch]:
    """`asked` as the child takes it. Raises Refused for what cannot be read on."""
    async with _child("activities.customer_import_child") as child:
        await child.tell(asked)
        rows = rejected = b""
        while True:
            kind, body = await child.hear()
            match kind:
                case b"R":
                    rows = body
                case b"X":
                    rejected = body
                case b"P":
                    said = json.loads(body)
                    yield Stretch(said["no"], said["rows"], rows, rejected, said["rejected"])
                    rows = rejected = b""
                case _:
                    return


@asynccontextmanager
async def rows_again(path: str, encoding: str, delimiter: str) -> AsyncIterator[Again]:
    """Gives the cells of rows as they stand in the file by their numbers, which only grow: of as many, from the first
    on, as are not too much at once. Raises Refused for what cannot be read."""
    async with _child("activities.customer_import_again") as child:
        await child.tell({"path": path, "encoding": encoding, "delimiter": delimiter})

        async def cells(numbers: Sequence[int]) -> list[list[str]]:
            await child.tell(numbers)
            _, body = await child.hear()
            found: list[list[str]] = json.loads(body)
            return found

        yield cells


class _Child(NamedTuple):
    told: asyncio.StreamWriter
    heard: asyncio.StreamReader

    async def tell(self, what: Any) -> None:
        with suppress(ConnectionError):  # what it said before it went is still to be heard
            self.told.write(json.dumps(what).encode() + b"\n")
            await self.told.drain()

    async def hear(self) -> tuple[bytes, bytes]:
        """The kind of the next frame, and the frame. Raises Refused."""
        try:
            kind, body = await asyncio.wait_for(_frame(self.heard), SILENCE)
        except (TimeoutError, asyncio.IncompleteReadError):
            raise _unreadable() from None
        if kind == b"E":
            refused = json.loads(body)
            raise Refused(refused["code"], 422, field=refused["field"], **refused["params"])
        return kind, body


@asynccontextmanager
async def _child(module: str) -> AsyncIterator[_Child]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", module, str(MEMORY), str(CPU_SECONDS),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        cwd=OURS, env=_environment(), start_new_session=True, limit=4 * 1024**2,
    )  # fmt: skip
    try:
        assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018 - both are pipes
        yield _Child(child.stdin, child.stdout)
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()


async def _frame(stream: asyncio.StreamReader) -> tuple[bytes, bytes]:
    kind, length = HEAD.unpack(await stream.readexactly(HEAD.size))
    if length > FRAME_MOST:
        raise _unreadable()
    return kind, await stream.readexactly(length)


def _unreadable() -> Refused:
    return Refused("import_unreadable", 422, field="file")


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ", "VIRTUAL_ENV") if name in os.environ}
    return kept | {"PYTHONPATH": str(OURS), "PYTHONUTF8": "1"}
