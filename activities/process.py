"""What activities share: the database, the company's zone, and the way a process's whole state becomes rows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from db.engine import Database
from db.projection import write_process
from domain.process import ProcessState


class ProcessActivities:
    def __init__(self, db: Database, zone: str) -> None:
        self.db = db
        self.zone = ZoneInfo(zone)

    @asynccontextmanager
    async def projecting(self, kind: str, state: ProcessState) -> AsyncIterator[AsyncSession | None]:
        """One transaction for all rows of a process; None where they already show this revision or a later one."""
        workflow_id = activity.info().workflow_id or ""
        async with self.db.session(f"workflow:{workflow_id}") as session:
            applied = await write_process(session, kind, workflow_id, state)
            yield session if applied else None

    def year(self, state: ProcessState) -> int:
        """The year in the company's zone that a record's number carries."""
        opened = state.opened_at
        assert opened is not None  # noqa: S101 - set when the process began
        return opened.astimezone(self.zone).year
