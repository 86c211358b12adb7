"""Waiting for a database that another process is bringing up to date."""

from __future__ import annotations

import asyncio

import structlog

from commands.database import open_database
from db.migrate import is_current
from settings import Settings

EVERY = 0.3
"""Seconds between two looks."""

log = structlog.get_logger()


async def until_migrated(settings: Settings) -> None:
    """Raises Alembic's CommandError where a newer version made the database."""
    url = open_database(settings).url
    said = False
    while True:
        if await asyncio.to_thread(is_current, url):
            return
        if not said:
            log.info("waiting until `throughline migrate` has brought the database up to date")
            said = True
        await asyncio.sleep(EVERY)
