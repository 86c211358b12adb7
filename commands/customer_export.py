"""Customers taken out as a file: asked for by whoever may, written by a process, fetched by nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import func, select

from commands.desk import Desk
from commands.idempotency import claim_once
from db.audit import record
from db.customer_export import CustomerExport, export_of
from db.customer_reader import reader_of
from db.outbox import enqueue
from domain.access import Action, Actor
from domain.customer_filter import read_filter
from domain.ids import is_id
from domain.refusal import Refused, invalid, not_found

Format = Literal["csv", "xlsx"]
AT_ONCE = 3
"""Exports of one person under way."""
PICKED = 1_000
MEDIA: dict[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class CustomerExports:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.folder = desk.settings.home / "exports"

    async def begin(
        self, actor: Actor, key: str, *, file_format: Format, language: str, text: str = "", filter_text: str = "",
        picked: Sequence[str] = (),
    ) -> str:  # fmt: skip
        """Of all that fit, or of those `picked` among them; the export's id. It says when the file is there.

        Raises Refused: 403, 409 exports_under_way, 422 for a filter that cannot be used.
        """
        actor.require(Action.CUSTOMER_EXPORT)
        if len(picked) > PICKED or not all(map(is_id, picked)):
            raise invalid("filter_value", "picked")
        asked = {"format": file_format, "text": text, "filter": filter_text, "picked": sorted(picked)}
        async with self.desk.db.session(actor.id) as session:
            reader = await reader_of(session, actor, self.desk.settings.zone, datetime.now(UTC))
            read_filter(filter_text, reader.facts, reader.reading)
            claimed = await claim_once(session, actor, key, "ExportCustomers", "export", asked)
            if not claimed.fresh:
                return claimed.id
            under_way = select(func.count()).where(CustomerExport.by_id == actor.id, CustomerExport.status == "running")
            if (await session.scalars(under_way)).one() >= AT_ONCE:
                raise Refused("exports_under_way", 409, most=AT_ONCE)
            session.add(
                CustomerExport(
                    id=claimed.id, by_id=actor.id, format=file_format, language=language, text=text,
                    filter=filter_text, picked=sorted(picked),
                    fields=[field.key for field in reader.readable.fields if field.type not in ("formula", "files")],
                )
            )  # fmt: skip
            process = {
                "workflow": "CustomerExportWorkflow", "id": f"export/{claimed.id}",
                "input": {"export_id": claimed.id},
            }  # fmt: skip
            await enqueue(session, f"export/{claimed.id}", "start", process)
        return claimed.id

    async def fetch(self, actor: Actor, export_id: str) -> tuple[CustomerExport, Path]:
        """Its file, which stands in the audit log. Raises Refused (404) where it is not there (any more)."""
        actor.require(Action.CUSTOMER_EXPORT)
        async with self.desk.db.session(actor.id) as session:
            export = await export_of(session, actor, export_id)
            path = self.folder / f"{export.id}.{export.format}"
            if export.status != "done" or not path.is_file():
                raise not_found("export")
            await record(session, actor.id, "FetchExport", f"export/{export.id}", rows=export.rows)
        return export, path
