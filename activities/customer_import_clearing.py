"""Files that no import needs any more, and imports that nobody began, put away."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio import activity

from activities.process import ProcessActivities
from db.customer_import import files_needed, forget_unbegun
from db.engine import Database


class CustomerImportClearingActivities(ProcessActivities):
    """`folder` holds nothing but what was sent in to be imported; `keep` is how long that stays."""

    def __init__(self, db: Database, zone: str, folder: Path, keep: timedelta) -> None:
        super().__init__(db, zone)
        self.folder = folder
        self.keep = keep

    @activity.defn
    async def clear_customer_imports(self) -> int:
        """How many imports there are no more."""
        before = datetime.now(UTC) - self.keep
        async with self.db.session("import") as session:
            gone = await forget_unbegun(session, before)
        async with self.db.session("import") as session:
            needed = await files_needed(session)
        await asyncio.to_thread(self._clear, needed, before.timestamp())
        return gone

    def _clear(self, needed: frozenset[str], before: float) -> None:
        """A file sent in again is young again, so none goes that somebody is about to need."""
        for path in self.folder.rglob("*"):
            if path.is_file() and path.name not in needed and path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
