"""What every command needs: the database, the processes, and the one way a running process is changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from commands.idempotency import claim
from commands.temporal import Processes, ProcessUnknown, update_id
from db.audit import record
from db.engine import Database
from db.process import Process
from db.scope import visible
from domain.access import Actor
from domain.process import Answer, Command
from domain.refusal import Refused
from settings import Settings


class Desk:
    def __init__(self, db: Database, processes: Processes, settings: Settings) -> None:
        self.db = db
        self.processes = processes
        self.settings = settings

    async def update(
        self,
        actor: Actor,
        key: str,
        kind: str,
        record_id: str,
        update: Any,
        message: type[Command],
        /,
        **fields: Any,
    ) -> Answer:
        """Sends the process of a record one command, with the actor as known now, once per key.

        Raises Refused: 404 where this person may not see the record, 422 for a key used otherwise, 503 where it is not
        confirmed, and whatever the process refuses; a refusal is noted in the audit log.
        """
        subject = f"{kind}/{record_id}"
        async with self.db.session(actor.id) as session:
            await visible(session, actor, kind, record_id)
            await claim(session, actor, key, message.__name__, subject, fields)
        return await self.send(actor, key, subject, update, message(actor=actor, key=update_id(actor, key), **fields))

    async def send(self, actor: Actor, key: str, workflow_id: str, update: Any, command: Command) -> Answer:
        """For a key already claimed."""
        try:
            return await self.processes.update(workflow_id, update, command)
        except Refused as refused:
            async with self.db.session(actor.id) as session:
                said = await _not_begun(session, workflow_id) if isinstance(refused, ProcessUnknown) else None
                said = said or refused
                await record(session, actor.id, type(command).__name__, workflow_id, refused=said.code)
            raise said from None


async def _not_begun(session: AsyncSession, workflow_id: str) -> Refused | None:
    """Of a process that Temporal does not know: it begins soon, unless its row says that it has ended."""
    row = await session.get(Process, workflow_id)
    return None if row and row.closed_at else Refused("not_confirmed", 503)
