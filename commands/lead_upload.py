"""Files of leads: read in a child process, looked at and mapped by a person, taken in row by row by the relay."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

from commands.document import LARGEST
from commands.lead import LeadCommands
from commands.lead_intake import NewLead
from commands.sandbox import run_limited
from db.actor import actor_of
from db.audit import record
from db.lead_form import regions
from db.lead_upload import LeadUpload, LeadUploadRow, find_upload, keep_rows, settle, try_again, waiting_rows
from db.outbox import enqueue
from domain import lead_interest
from domain.access import Action, Actor, Scope
from domain.lead_columns import CUSTOM, FIELDS, IGNORED, NEEDED, guess, picked, region_of
from domain.money import parse_amount
from domain.refusal import Refused, invalid, not_found

BATCH = 500
STEP = 50
"""Rows of one step: the relay holds its entry's lock meanwhile, and another worker can go on after it."""
INTERESTS = {
    "industry": lead_interest.industry, "size": lead_interest.size, "intent": lead_interest.intent,
    "language": lead_interest.language,
}  # fmt: skip


class LeadUploads:
    def __init__(self, leads: LeadCommands) -> None:
        self.leads = leads
        self.db = leads.desk.db
        self.settings = leads.desk.settings

    async def add(self, actor: Actor, name: str, chunks: AsyncIterator[bytes]) -> str:
        """The id of the upload; of the one there was, where this person sent the very same file before.

        Raises Refused: 413 for a file that is too large, 422 for one that cannot be read.
        """
        actor.require(Action.LEAD_CREATE)
        folder = self.settings.home / "incoming"
        await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as place:
            path, rows = Path(place) / "sheet", Path(place) / "rows"
            digest = await _received(path, chunks)
            async with self.db.session(actor.id) as session:
                if known := await find_upload(session, actor.id, digest=digest):
                    return known.id
            read = await run_limited("commands.sheet_child:read_sheet", str(path), str(rows))
            return await self._keep(actor, name, digest, rows, read["rows"])

    async def _keep(self, actor: Actor, name: str, digest: str, path: Path, count: int) -> str:
        """Rows go from file to table in batches: however many there are, few are in memory."""
        with path.open(encoding="utf-8") as lines:
            headings = json.loads(next(lines))
            upload = LeadUpload(
                by_id=actor.id, file_name=name[-120:], hash=digest, headings=headings, mapping=guess(headings),
                rows=count,
            )  # fmt: skip
            async with self.db.session(actor.id) as session:
                session.add(upload)
                await session.flush()
                no = 1
                for rows in _batches(lines):
                    await keep_rows(session, upload.id, no, rows)
                    no += len(rows)
                await record(session, actor.id, "UploadLeads", f"lead_upload/{upload.id}", rows=count, file=name[-120:])
        return upload.id

    async def take(
        self, actor: Actor, upload_id: str, *, mapping: list[str], region: str, campaign: str | None
    ) -> None:
        """Begins to take its rows in; those that failed before are tried anew. Sent twice it begins once.

        Raises Refused: 404, 422 naming what the mapping lacks or a region that is not theirs.
        """
        self._check(mapping)
        async with self.db.session(actor.id) as session:
            upload = await _own(session, actor, upload_id)
            if region not in await self._regions(session, actor):
                raise invalid("region_unknown", "region", region=region)
            if len(mapping) != len(upload.headings):
                raise invalid("columns_other", "mapping")
            if upload.status == "taking":
                return
            await try_again(session, upload_id)
            upload.mapping, upload.region, upload.campaign = mapping, region, campaign or None
            upload.status, upload.taken_at = "taking", datetime.now(UTC)
            await self._next(session, upload_id)
            await record(session, actor.id, "TakeUploadedLeads", f"lead_upload/{upload_id}", region=region)

    def _check(self, mapping: list[str]) -> None:
        said = [field for field in mapping if field not in (IGNORED, CUSTOM)]
        if unknown := [field for field in said if field not in FIELDS]:
            raise invalid("field_unknown", "mapping", name=unknown[0])
        if missing := [field for field in NEEDED if field not in said]:
            raise invalid("columns_missing", "mapping", name=missing[0])
        if "phone" not in said and "email" not in said:
            raise invalid("columns_contact", "mapping")

    async def _regions(self, session: Any, actor: Actor) -> dict[str, list[str]]:
        """What each region is called that this person brings leads into, by its code."""
        everywhere = actor.scope(Action.LEAD_CREATE) is Scope.ALL
        known = await regions(session)
        return {u.code: [u.name_zh, u.name_en] for u in known if everywhere or u.id in actor.regions}

    @staticmethod
    async def _next(session: Any, upload_id: str) -> None:
        await enqueue(session, f"lead_upload/{upload_id}/{datetime.now(UTC).timestamp()}", "upload", {"id": upload_id})

    async def carry(self, key: str, payload: dict[str, Any]) -> None:
        """One step of an upload that is being taken in, and word for the next. Each row is one lead once, whatever is
        repeated: its contents are its key."""
        upload_id = payload["id"]
        async with self.db.session("relay") as session:
            upload = await session.get(LeadUpload, upload_id)
            if upload is None or upload.status != "taking":
                return
            actor = await actor_of(session, upload.by_id)
            known = await self._regions(session, actor)
            rows = await waiting_rows(session, upload_id, STEP)
        for row in rows:
            await self._row(actor, upload, row, known)
        async with self.db.session("relay") as session:
            held = await session.get_one(LeadUpload, upload_id, with_for_update=True)
            if len(rows) < STEP:
                held.status = "done"
            else:
                await self._next(session, upload_id)

    async def _row(self, actor: Actor, upload: LeadUpload, row: LeadUploadRow, known: dict[str, list[str]]) -> None:
        try:
            lead = self._lead(upload, row, known)
            said = json.dumps(lead.model_dump(exclude_defaults=True), sort_keys=True, ensure_ascii=False)
            key = f"upload/{sha256(said.encode()).hexdigest()}"
            async with self.db.session(actor.id) as session:
                taken = await self.leads.take_in_within(session, lead, actor, key)
                await settle(session, row, status="fresh" if taken.fresh else "touch", lead_id=taken.lead_id)
        except Refused as refused:
            async with self.db.session(actor.id) as session:
                why = {"code": refused.code, "field": refused.field, "params": refused.params}
                await settle(session, row, status="failed", **why)

    def _lead(self, upload: LeadUpload, row: LeadUploadRow, known: dict[str, list[str]]) -> NewLead:
        own, custom = picked(upload.mapping, upload.headings, row.cells)
        for field in NEEDED:
            if not own.get(field):
                raise invalid("field_needed", field)
        if not own.get("phone") and not own.get("email"):
            raise invalid("contact_needed", "phone")
        region = upload.region or ""
        if said := own.pop("region", ""):
            region = region_of(said, known) or ""
            if not region:
                raise invalid("region_unknown", "region", region=said)
        amount = own.pop("budget", None)
        source = own.pop("source", None)
        interests = {name: read(own.pop(name)) for name, read in INTERESTS.items() if name in own}
        own["campaign"] = own.get("campaign") or upload.campaign or ""
        lead = NewLead(
            source="upload", region=region, utm={"utm_source": source[:200]} if source else {}, custom=custom,
            amount=parse_amount(amount, self.settings.currency, "budget") if amount else None,
            **interests, **{name: value for name, value in own.items() if value},
        )  # fmt: skip
        return self.leads.reachable(lead)


async def _own(session: Any, actor: Actor, upload_id: str) -> LeadUpload:
    actor.require(Action.LEAD_CREATE)
    found = await find_upload(session, actor.id, upload_id=upload_id)
    if found is None:
        raise not_found("lead_upload")
    await session.refresh(found, with_for_update=True)
    return found


async def _received(path: Path, chunks: AsyncIterator[bytes]) -> str:
    digest, size = sha256(), 0
    with path.open("wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > LARGEST:
                raise Refused("document_too_large", 413, field="file", most=LARGEST // 1024**2)
            digest.update(chunk)
            await asyncio.to_thread(file.write, chunk)
    if not size:
        raise invalid("document_empty", "file")
    return digest.hexdigest()


def _batches(lines: Iterator[str]) -> Iterator[list[list[str]]]:
    while batch := [json.loads(line) for line in islice(lines, BATCH)]:
        yield batch
