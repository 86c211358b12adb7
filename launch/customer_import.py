"""What `throughline customers import` does: a file sent in, mapped and begun by the app's commands, then watched."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from uuid import uuid4

from rich.console import Console
from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError

from commands.customer_import import ImportCommands
from commands.database import open_database
from commands.desk import Desk
from commands.document import DocumentStore
from commands.temporal import Processes, connect
from db.actor import actor_of
from db.customer_import import CustomerImport
from db.customer_import_known import regions_of
from db.engine import Database
from db.person import person_with_email
from domain.access import Actor
from domain.customer_import import RUNNING, Choices
from domain.person import email_address
from domain.refusal import Refused
from domain.spreadsheet import Value, defused
from launch.failure import LaunchFailed
from locales.refusals import refusal_text
from settings import Settings

CHUNK = 1024 * 1024
PULSE = 1.0
"""Seconds between two looks at how far it is."""
PATIENCE = 120.0
LEFT_OUT = ("rejected", "double", "exists", "missing", "elsewhere")


@dataclass(frozen=True)
class Wanted:
    """`columns`: the field of a heading, instead of the guess. `whose`: pool, pool:KEY, rule, or an e-mail address."""

    by: str
    region: str
    columns: Mapping[str, str]
    whose: str
    mode: str
    bulk: bool
    look: bool
    rejected: Path | None


async def take_in(settings: Settings, file: Path, wanted: Wanted, say: Console) -> None:
    """Raises LaunchFailed for what is not there, and where the import failed; Refused as the commands do."""
    db = open_database(settings)
    try:
        desk = Desk(db, Processes(await connect(settings), settings.task_queue), settings)
        imports = ImportCommands(desk, DocumentStore(settings.home / "imports"))
        actor = await _actor(db, wanted.by)
        import_id = (await imports.add(actor, file.name, _chunks(file))).id
        row = await _row(db, import_id)
        mapping = await _mapping(imports, actor, row, wanted.columns)
        for heading, field in zip(row.headings, mapping, strict=True):
            say.print(f"{heading or '(no heading)'}: {field or 'left out'}")
        if not wanted.look:
            await imports.start(actor, str(uuid4()), import_id, await _choices(db, actor, mapping, wanted))
            await _watch(imports, import_id, wanted.rejected, say)
    finally:
        await db.close()


async def _mapping(imports: ImportCommands, actor: Actor, row: CustomerImport, columns: Mapping[str, str]) -> list[str]:
    if unknown := [heading for heading in columns if heading not in row.headings]:
        raise LaunchFailed(f"The file has no column {unknown[0]}: it has {', '.join(row.headings)}.")
    async with imports.db.session(actor.id) as session:
        able = [one.key for one in await imports.fields(session, actor)]
    if unknown := [field for field in columns.values() if field and field not in able]:
        raise LaunchFailed(f"There is no field {unknown[0]}: there are {', '.join(able)}.")
    chosen = set(columns.values())
    guessed = ["" if field in chosen else field for field in row.mapping]
    return [columns.get(heading, guess) for heading, guess in zip(row.headings, guessed, strict=True)]


async def _choices(db: Database, actor: Actor, mapping: list[str], wanted: Wanted) -> Choices:
    async with db.session(actor.id) as session:
        regions = {unit.code: unit.id for unit in await regions_of(session, actor)}
    if wanted.region not in regions:
        raise LaunchFailed(
            f"There is no region {wanted.region} to import into: there are {', '.join(sorted(regions))}."
        )
    target, pool, owner = wanted.whose, None, None
    if wanted.whose.startswith("pool:"):
        target, pool = "pool", wanted.whose.removeprefix("pool:")
    elif wanted.whose not in ("pool", "rule"):
        target, owner = "owner", (await _actor(db, wanted.whose)).id
    asked = {"mode": wanted.mode, "target": target, "pool": pool, "owner_id": owner, "bulk": wanted.bulk}
    return Choices.model_validate({"mapping": mapping, "region_id": regions[wanted.region], **asked})


async def _watch(imports: ImportCommands, import_id: str, rejected: Path | None, say: Console) -> None:
    db = imports.db
    with say.status("About to begin") as status:
        row = await _row(db, import_id)
        while row.stage == "uploaded" or row.stage in RUNNING:
            paused = ", paused" if row.paused else ""
            done = row.read if row.step == "reading" else row.merged
            status.update(f"{row.step or 'waiting'}{paused}: {done:,} of {row.rows:,} rows")
            await asyncio.sleep(PULSE)
            row = await _row_soon(db, import_id)
    say.print(
        f"{row.stage}: {row.created:,} new, {row.updated:,} updated, {row.unchanged:,} unchanged,"
        f" {row.doubled:,} twice in the file, {row.left_out:,} left out, {row.rejected:,} rejected"
    )
    if rejected:
        await _write(imports, row, rejected)
    if row.problem:
        raise LaunchFailed(refusal_text(Refused(row.problem["code"], 422, **row.problem["params"]), "en"))


async def _write(imports: ImportCommands, row: CustomerImport, path: Path) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "verdict", "field", "reason", *row.headings])
        async for told in imports.rows_as_sent(row, LEFT_OUT):
            for one, cells in told:
                other = f"as row {row.heading_row + one.other_no}" if one.other_no is not None else ""
                reason = one.code or other
                said: list[Value] = [row.heading_row + one.no, one.verdict, one.field or "", reason, *cells]
                writer.writerow([defused(value) for value in said])


async def _row_soon(db: Database, import_id: str) -> CustomerImport:
    """A server that is gone is waited for: it is started again, and so goes on what this looks at."""
    ends = monotonic() + PATIENCE
    while True:
        try:
            return await _row(db, import_id)
        except (OperationalError, InterfaceError):
            if monotonic() > ends:
                raise
        await asyncio.sleep(PULSE)


async def _row(db: Database, import_id: str) -> CustomerImport:
    async with db.session() as session:
        return (await session.scalars(select(CustomerImport).where(CustomerImport.id == import_id))).one()


async def _actor(db: Database, email: str) -> Actor:
    async with db.session() as session:
        person = await person_with_email(session, email_address(email))
        if person is None:
            raise LaunchFailed(f"Nobody has the e-mail address {email}: `throughline user list` shows everybody.")
        return await actor_of(session, person.id)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
