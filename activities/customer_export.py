"""Customers written to a file, a part at a time, as far as whoever asked may see them at that moment."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.customer_export_file import PART_ROWS, put_together, rows_text
from activities.process import ProcessActivities
from db.actor import actor_of
from db.base import new_id
from db.customer import Assignment, Customer
from db.customer_export import CustomerExport, change_export
from db.customer_page import next_ids
from db.customer_reader import CustomerReader, reader_of, seen_values
from db.customer_sought import Sought
from db.engine import Database
from db.notification import tell
from db.person import people_by_id, units
from domain.access import Action, person_key
from domain.customer_field import plain
from domain.customer_filter import read_filter
from domain.field import SEVERAL, Field
from domain.process import Notice
from domain.refusal import Refused
from domain.spreadsheet import Value
from locales import N_, translate

BATCH = 1_000
OURS = (
    N_("Number"),
    N_("Owner"),
    N_("Region"),
    N_("Tier"),
    N_("Goes back on"),
    N_("Last follow-up"),
    N_("Customer since"),
)


class ExportFile(BaseModel):
    export_id: str


class Written(BaseModel):
    """`over`: nothing is left to write, or it was refused (`failed`)."""

    rows: int
    over: bool
    failed: bool = False


class Kept(BaseModel):
    until: datetime


class CustomerExportActivities(ProcessActivities):
    def __init__(self, db: Database, zone: str, folder: Path, keep: timedelta) -> None:
        super().__init__(db, zone)
        self.folder = folder
        self.keep = keep

    @activity.defn
    async def write_customers(self, file: ExportFile) -> Written:
        """The next part. Done once more, it goes on after the last part that was kept."""
        async with self.db.session("export") as session:
            export = await session.get_one(CustomerExport, file.export_id)
        if export.status != "running":
            return Written(rows=export.rows, over=True)
        home = self.folder / export.id
        await asyncio.to_thread(home.mkdir, 0o700, True, True)
        name = f"{len(export.parts):05d}-{new_id()}"
        try:
            rows, position = await self._write_part(export, home / name)
        except Refused as refused:
            async with self.db.session("export") as session:
                await change_export(session, export.id, status="failed", problem=refused.code)
            return Written(rows=export.rows, over=True, failed=True)
        if not rows:
            return Written(rows=export.rows, over=True)
        async with self.db.session("export") as session:
            kept = await change_export(
                session, export.id, after=export.parts, parts=[*export.parts, name], position=position,
                rows=export.rows + rows,
            )  # fmt: skip
        return Written(rows=export.rows + (rows if kept else 0), over=False)

    async def _write_part(self, export: CustomerExport, path: Path) -> tuple[int, str | None]:
        written, position = 0, export.position
        with path.open("w", encoding="utf-8", newline="") as out:
            while written < PART_ROWS:
                rows, position_after = await self._rows(export, position)
                if not rows:
                    break
                await asyncio.to_thread(out.write, rows_text(rows, export.format))
                written, position = written + len(rows), position_after
                activity.heartbeat(written)
        return written, position

    async def _rows(self, export: CustomerExport, after: str | None) -> tuple[list[list[Value]], str | None]:
        """Raises Refused where they may not export any more."""
        async with self.db.session(export.by_id) as session:
            await session.execute(text("set local statement_timeout = '60s'"))
            actor = await actor_of(session, export.by_id)
            actor.require(Action.CUSTOMER_EXPORT)
            started = activity.info().started_time
            reader = await reader_of(session, actor, self.zone.key, started, export.filter)
            conditions = read_filter(export.filter, reader.facts, reader.reading)
            sought = Sought(reader.looking, export.text, conditions)
            ids = await next_ids(session, sought, after, BATCH, picked=export.picked)
            customers = await session.scalars(select(Customer).where(Customer.id.in_(ids)).order_by(Customer.id))
            theirs = select(Assignment).where(Assignment.customer_id.in_(ids), reader.sight.places())
            followed: dict[str, Assignment] = {}
            for one in await session.scalars(theirs.order_by(Assignment.since.desc())):
                followed[one.customer_id] = one
            known = await _called(session, followed.values(), export.language)
            hidden = await reader.sight.hidden(session, ids)
            rows = [
                self._row(one, followed.get(one.id), export.fields, reader, known, hidden.get(one.id, ()))
                for one in customers
            ]
        return rows, (ids[-1] if ids else None)

    def _row(
        self, customer: Customer, followed: Assignment | None, keys: Sequence[str], reader: CustomerReader,
        known: Mapping[str, str], hidden: Iterable[str],
    ) -> list[Value]:  # fmt: skip
        values = seen_values(customer, reader.readable, hidden)
        ours: list[Value] = [
            customer.number,
            known.get(followed.owner_id or "", "") if followed else "",
            known.get(followed.region_id, "") if followed else "",
            followed.tier if followed else "",
            _day(followed.due_at) if followed else "",
            _day(followed.followed_at) if followed else "",
            _day(customer.created_at),
        ]
        return [*ours, *(_text(reader, key, values, known) for key in keys)]

    @activity.defn
    async def finish_export(self, file: ExportFile) -> Kept:
        """Puts the file together and says that it is there; done once more, it makes the same file."""
        async with self.db.session("export") as session:
            export = await session.get_one(CustomerExport, file.export_id)
            actor = await actor_of(session, export.by_id)
            reader = await reader_of(session, actor, self.zone.key, activity.info().started_time)
        home = self.folder / export.id
        target = self.folder / f"{export.id}.{export.format}"
        head = _head(export, reader)
        parts = [home / name for name in export.parts]
        if export.status == "running":
            size = await asyncio.to_thread(put_together, target, parts, head, export.format)
            now = activity.info().started_time
            until = now + self.keep
            async with self.db.session("export") as session:
                await change_export(session, export.id, status="done", size=size, finished_at=now, expires_at=until)
                notice = Notice(
                    id=export.id, kind="export.done", holders=[person_key(export.by_id)],
                    params={"rows": export.rows}, revision=1,
                )  # fmt: skip
                await tell(session, notice, kind="customers/export", record_id=export.id)
        else:
            until = export.expires_at or activity.info().started_time
        await asyncio.to_thread(shutil.rmtree, home, True)
        return Kept(until=until)

    @activity.defn
    async def drop_export(self, file: ExportFile) -> None:
        async with self.db.session("export") as session:
            export = await session.get_one(CustomerExport, file.export_id)
            if export.status != "failed":
                await change_export(session, export.id, status="expired")
        await asyncio.to_thread((self.folder / f"{export.id}.{export.format}").unlink, True)
        await asyncio.to_thread(shutil.rmtree, self.folder / export.id, True)


async def _called(session: AsyncSession, followed: Any, language: str) -> dict[str, str]:
    people = await people_by_id(session, {one.owner_id for one in followed if one.owner_id})
    return {one.id: one.called(language) for one in people.values()} | {
        unit.id: unit.called(language) for unit in await units(session)
    }


def _head(export: CustomerExport, reader: CustomerReader) -> list[str]:
    gettext = translate(export.language).gettext
    english = export.language == "en"
    labels = {field.key: field.label.en if english else field.label.zh for field in reader.readable.fields}
    return [*(gettext(label) for label in OURS), *(labels.get(key, key) for key in export.fields)]


def _text(reader: CustomerReader, key: str, values: Mapping[str, Any], known: Mapping[str, str]) -> Value:
    """Of a field that may no longer be seen: nothing."""
    field: Field | None = reader.readable.field(key)
    value = values.get(key)
    if field is None or value is None:
        return ""
    if key in reader.readable.masked or field.type not in ("number", "integer", "percent", "rating"):
        if isinstance(value, list) and field.type in SEVERAL:
            return ", ".join(known.get(str(one), str(one)) for one in value)
        if isinstance(value, str):
            return known.get(value, value)
        try:
            return plain(field, value)
        except (TypeError, ValueError):  # kept while its field was of another kind
            return str(value)
    return value if isinstance(value, int | float) else str(value)


def _day(instant: datetime | None) -> str:
    return instant.date().isoformat() if instant else ""
