"""Imports of customers: sent in, looked at, mapped by a person, then carried out by their process."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from activities.customer_import_file import rows_again
from activities.customer_import_sheet import COLUMNS_MOST
from commands.desk import Desk
from commands.document import DocumentStore, bare_name
from commands.idempotency import claim
from commands.sandbox import MIB, Limits, run_limited
from commands.temporal import ProcessEnded, update_id
from db.audit import record
from db.base import new_id
from db.customer_field import field_policy, readable_by
from db.customer_import import (
    ABOVE,
    CustomerImport,
    CustomerImportRow,
    find_import,
    find_unbegun,
    keep_template,
    rows_told,
    template_for,
)
from db.customer_import_known import owners_in, pools_of, regions_of
from domain.access import Action, Actor
from domain.customer_field import CustomerFieldPolicy
from domain.customer_import import MAY_UNDO, Choices
from domain.customer_import_columns import IGNORED, Known, choices, column_of, guess, must_have, never
from domain.process import Answer, Command
from domain.refusal import Refused, invalid
from workflows.customer_import import ImportStart, ImportWorkflow, import_workflow_id

LARGEST = 4 * 1024 * MIB
"""Bytes of a file: ten million rows of 400 characters."""
LIMITS = Limits(memory=3 * 1024 * MIB, cpu=600, wall=900, file=2 * LARGEST)
CHUNK = 1024 * 1024
AT_ONCE = 2_000
"""Rows that are given back at a time."""
TRIES, PAUSE = 50, 0.1
"""How often, and after how many seconds, an undo asks again whether the import has wholly ended."""


class Sent(NamedTuple):
    """`known`: it was there before."""

    id: str
    known: bool


class ImportCommands:
    """`store` holds what is sent in to be imported, and nothing else."""

    def __init__(self, desk: Desk, store: DocumentStore) -> None:
        self.desk = desk
        self.db = desk.db
        self.store = store

    async def fields(self, session: AsyncSession, actor: Actor) -> list[Known]:
        """What a column may be: what this person may enter of a customer, and what an import knows beside it."""
        return choices((await readable_by(session, actor)).writable)

    async def never(self, session: AsyncSession, actor: Actor) -> list[tuple[Known, Literal["files", "made"]]]:
        """Fields that this person may see and no column may be, each with the reason."""
        return never((await readable_by(session, actor)).fields)

    async def add(self, actor: Actor, name: str, chunks: AsyncIterator[bytes]) -> Sent:
        """An import of which nothing is carried out yet; the one there is, where this person sent the same rows before
        and has not begun it.

        Raises Refused: 403; 413, 422 for a file that is no table, or cannot be read to its end, naming the place.
        """
        actor.require(Action.CUSTOMER_IMPORT)
        digest, size = await self.store.put(chunks, most=LARGEST)
        looked = await self._look(digest, size)
        async with self.db.session(actor.id) as session:
            if known := await find_unbegun(session, actor.id, looked["hash"]):
                return Sent(known, known=True)
            headings, sample = looked["headings"], looked["sample"]
            mapping = await template_for(session, actor.id, fingerprint(headings))
            row = CustomerImport(
                id=new_id(), by_id=actor.id, file_name=bare_name(name), hash=looked["hash"], size=looked["size"],
                encoding=looked["encoding"], delimiter=looked["delimiter"], headings=headings, sample=sample,
                rows=looked["rows"], noted={ABOVE: looked["above"]} if looked["above"] else {},
                mapping=mapping or guess(headings, sample, await self.fields(session, actor)),
            )  # fmt: skip
            session.add(row)
            await record(session, actor.id, "UploadCustomers", f"import/{row.id}", file=row.file_name, rows=row.rows)
            return Sent(row.id, known=False)

    async def _look(self, digest: str, size: int) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="throughline-import-") as folder:
            out = Path(folder) / "rows"
            path = str(self.store.path(digest).absolute())
            looked: dict[str, Any] = await run_limited(
                "activities.customer_import_sheet:look", path, str(out), limits=LIMITS
            )
            if looked.pop("written", False):
                digest, size = await self.store.put(_chunks(out), most=2 * LARGEST)
        return looked | {"hash": digest, "size": size}

    async def start(self, actor: Actor, key: str, import_id: str, chosen: Choices) -> Answer:
        """Begins to carry it out. Raises Refused: 404; 422 naming what does not fit; 409 import_begun."""
        actor.require(Action.CUSTOMER_IMPORT)
        async with self.db.session(actor.id) as session:
            row = await find_import(session, actor, import_id, lock=True)
            _check_mapping(chosen, row, await self.fields(session, actor), await field_policy(session))
            await self._check_place(session, actor, chosen)
            await claim(session, actor, key, "ImportCustomers", f"import/{import_id}", chosen.model_dump(mode="json"))
            if row.stage == "uploaded":
                for name, value in chosen:
                    setattr(row, name, value)
                row.started_at = row.started_at or datetime.now(UTC)
                await keep_template(session, actor.id, fingerprint(row.headings), chosen.mapping)
            start = ImportStart(import_id=import_id, by_id=row.by_id, region_id=chosen.region_id)
        return await self._open(actor, key, start)

    async def _check_place(self, session: AsyncSession, actor: Actor, chosen: Choices) -> None:
        region = next((unit for unit in await regions_of(session, actor) if unit.id == chosen.region_id), None)
        if region is None:
            raise invalid("region_unknown", "region_id", region="")
        if chosen.pool is not None and chosen.pool not in {one.key for one in await pools_of(session, region)}:
            raise invalid("pool_unknown", "pool", pool=chosen.pool)
        if chosen.target == "owner":
            able = {person.id for person in await owners_in(session, chosen.region_id)}
            if chosen.owner_id not in able:
                raise invalid("import_owner_unfit", "owner_id")
        else:
            chosen.owner_id = None

    async def rows_as_sent(
        self, row: CustomerImport, verdicts: Sequence[str]
    ) -> AsyncIterator[list[tuple[CustomerImportRow, Sequence[str]]]]:
        """What is told of its rows, a page after the other, each with the cells as they stood in the file; once that is
        put away, as they were understood. Raises Refused where it cannot be read."""
        path, after = self.store.path(row.hash), 0
        async with AsyncExitStack() as stack:
            kept = path.exists()
            again = (
                await stack.enter_async_context(rows_again(str(path.absolute()), row.encoding, row.delimiter))
                if kept
                else None
            )
            while True:
                async with self.db.session() as session:
                    found = await rows_told(session, row.id, verdicts, after=after, limit=AT_ONCE)
                if not found:
                    return
                sent = await again([one.no for one in found]) if again else [one.cells or [] for one in found]
                yield list(zip(found, sent, strict=False))
                after = found[len(sent) - 1].no

    async def undo(self, actor: Actor, key: str, import_id: str) -> Answer:
        """Takes back what it made and changed. Raises Refused: 404; 409 import_not_undone."""
        actor.require(Action.CUSTOMER_IMPORT)
        async with self.db.session(actor.id) as session:
            row = await find_import(session, actor, import_id)
            if row.stage not in (*MAY_UNDO, "undoing", "undone"):
                raise Refused("import_not_undone", 409)
            await claim(session, actor, key, "UndoImport", f"import/{import_id}", {})
            if row.stage == "undone":
                return Answer(revision=row.revision, seen=True)
            start = ImportStart(import_id=import_id, by_id=row.by_id, region_id=row.region_id, stage="undoing")
        for _ in range(TRIES):
            with suppress(ProcessEnded):  # asked of the run that did the import, in the moment in which it was over
                answer = await self._open(actor, key, start, again=True)
                async with self.db.session(actor.id) as session:
                    if (await find_import(session, actor, import_id)).stage not in MAY_UNDO:
                        return answer
            await asyncio.sleep(PAUSE)
        raise Refused("not_confirmed", 503)

    async def _open(self, actor: Actor, key: str, start: ImportStart, *, again: bool = False) -> Answer:
        return await self.desk.processes.open(
            ImportWorkflow.run, start, import_workflow_id(start.import_id), ImportWorkflow.opened,
            Command(actor=actor, key=update_id(actor, key)), again=again,
        )  # fmt: skip

    async def pause(self, actor: Actor, key: str, import_id: str) -> Answer:
        """Raises Refused: 404; 409 where it has not begun, or has ended."""
        return await self._tell(actor, key, import_id, "PauseImport", ImportWorkflow.pause)

    async def resume(self, actor: Actor, key: str, import_id: str) -> Answer:
        return await self._tell(actor, key, import_id, "ResumeImport", ImportWorkflow.resume)

    async def cancel(self, actor: Actor, key: str, import_id: str) -> Answer:
        """What was merged stays, and can be undone. Raises Refused: 404; 409."""
        return await self._tell(actor, key, import_id, "CancelImport", ImportWorkflow.cancel)

    async def _tell(self, actor: Actor, key: str, import_id: str, act: str, update: Any) -> Answer:
        actor.require(Action.CUSTOMER_IMPORT)
        async with self.db.session(actor.id) as session:
            if (await find_import(session, actor, import_id)).stage == "uploaded":
                raise Refused("import_not_begun", 409)
            await claim(session, actor, key, act, f"import/{import_id}", {})
        command = Command(actor=actor, key=update_id(actor, key))
        try:
            return await self.desk.send(actor, key, import_workflow_id(import_id), update, command)
        except Refused as refused:
            raise Refused("import_ended", 409) if refused.code == "process_ended" else refused from None


def _check_mapping(chosen: Choices, row: CustomerImport, able: list[Known], policy: CustomerFieldPolicy) -> None:
    said = [field for field in chosen.mapping if field != IGNORED]
    known = {one.key: {"zh": one.zh, "en": one.en} for one in able}
    if len(chosen.mapping) != len(row.headings) or len(chosen.mapping) > COLUMNS_MOST:
        raise invalid("columns_other", "mapping")
    if unknown := [field for field in said if field not in known]:
        raise invalid("field_unknown", "mapping", name=unknown[0])
    if twice := [field for field in said if said.count(field) > 1]:
        raise invalid("import_field_twice", "mapping", name=known[twice[0]])
    if "name" not in said:
        raise invalid("columns_missing", "mapping", name=known["name"])
    for field in must_have(policy, chosen.mode):
        if column_of(field) not in said:
            raise invalid("columns_missing", "mapping", name={"zh": field.label.zh, "en": field.label.en})


def fingerprint(headings: list[str]) -> str:
    return sha256("\x1f".join(headings).encode()).hexdigest()


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
