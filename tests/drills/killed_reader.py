"""A worker for documents that begins a check and never ends it: a test kills it in the middle.

Arguments: Temporal's address, the queue of documents, the database's address, a file that says once it reads.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker

from activities.clause import ClauseActivities
from commands.codec import data_converter
from db.engine import Database

KEY = bytes(32)


async def main(address: str, queue: str, database: str, reading: str) -> None:
    async def read(path: Path, file: str, standard: dict[str, Any] | None) -> list[dict[str, Any]]:
        await asyncio.to_thread(Path(reading).touch)
        await asyncio.Event().wait()
        return []

    client = await Client.connect(address, data_converter=data_converter(KEY))
    clauses = ClauseActivities(Database(database), "Asia/Shanghai", lambda _: Path(__file__), read)
    async with Worker(client, task_queue=queue, activities=[clauses.check_document], max_concurrent_activities=1):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
