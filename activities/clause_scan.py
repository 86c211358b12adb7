"""Scanned pages of a contract's version: OCR reads them, and what they seem to say joins what was found before."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Protocol

from temporalio import activity

from activities.clause import MOST_READINGS, CheckOutcome, CheckRequest, ClauseActivities, Shelf, outcome_of
from activities.scan_reader import read_scans, tesseract
from db.contract_check import add_from_ocr, kept_check
from db.engine import Database
from db.policy import documents
from domain.clause.standard import ClauseStandard
from domain.policy import load


class ScanReader(Protocol):
    """Reads a file with what OCR read of its pages, which lies in the folder `scans`: rows as `activities.clause_rows`
    makes them."""

    async def __call__(
        self, path: Path, file: str, standard: dict[str, Any] | None, our_party: str = "", scans: Path | None = None
    ) -> list[dict[str, Any]]: ...


class ScanActivities(ClauseActivities):
    """On a queue of their own: a page takes seconds. `pages` is the folder of page images, a folder for each hash."""

    def __init__(self, db: Database, zone: str, shelf: Shelf, reader: ScanReader, pages: Path) -> None:
        super().__init__(db, zone, shelf, reader)
        self.scan_reader = reader
        self.pages = pages

    @activity.defn
    async def read_scan(self, asked: CheckRequest) -> CheckOutcome:
        """The check that was kept, with what OCR found beside it where tesseract is installed. It adds, and never
        changes what was found. A document that ended `MOST_READINGS` tries is left to people."""
        return await self.beating(lambda spent: self._read_scan(asked, spent))

    async def _read_scan(self, asked: CheckRequest, spent: int) -> CheckOutcome:
        async with self.db.session() as session:
            kept = await kept_check(session, asked.contract_id, asked.version_no)
            assert kept is not None  # noqa: S101 - the check comes first
            standard = (await documents(session, asked.kind, [asked.standard]))[asked.standard]
        check, _ = kept
        path = self.shelf(asked.document)
        if check.by_ocr or spent >= MOST_READINGS or await asyncio.to_thread(tesseract) is None:
            return outcome_of(kept)
        folder = self.pages / asked.document
        said, *_ = await self.reader(path, asked.document, standard)
        complete = await read_scans(path, said.get("unread", ()), folder)
        said, *found = await self.scan_reader(path, asked.document, standard, scans=folder)
        if said.get("by_ocr"):
            await self._add(asked, said, found, load(ClauseStandard, standard), "" if complete else "ocr")
        async with self.db.session() as session:
            kept = await kept_check(session, asked.contract_id, asked.version_no)
            assert kept is not None  # noqa: S101 - it was there before
            return outcome_of(kept)

    async def _add(
        self,
        asked: CheckRequest,
        said: dict[str, Any],
        found: list[dict[str, Any]],
        measure: ClauseStandard,
        limit: str,
    ) -> None:
        found = await self.compared(asked, found, measure)
        added = [row | {"unusual": [{"reason": "by_ocr"}, *row["unusual"]]} for row in found if row.get("by_ocr")]
        async with self.db.session(f"workflow:{activity.info().workflow_id}") as session:
            await add_from_ocr(
                session, asked.contract_id, asked.version_no, added, limit=limit, our_party=said.get("our_party", "")
            )
