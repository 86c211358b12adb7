"""Carries out the outbox: starts and tells processes, sends mail and webhooks. At least once: all are idempotent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from psycopg import AsyncConnection, OperationalError
from sqlalchemy.exc import SQLAlchemyError

from commands.collection import CollectionCommands
from commands.desk import Desk
from commands.lead import LeadCommands
from commands.lead_upload import LeadUploads
from commands.maintenance import Maintenance
from commands.signing_link import InvitationLinks
from commands.temporal import Processes
from commands.ticket_intake import TicketIntake
from db.engine import Database, plain_url
from db.outbox import WAKE, done, failed, take
from db.record import Outbox
from keys import master_key
from worker.allocation_schedule import AllocationSchedules
from worker.bank import BankBooker
from worker.letter import LetterSender
from worker.mail import Mailer
from worker.signing_code import CodeSender
from worker.webhook import WebhookSender

BATCH = 50
IDLE = 5.0
"""Seconds between looks when no notification came: retries fall due, and a lost connection misses some."""

log = structlog.get_logger()


class Relay:
    def __init__(self, db: Database, processes: Processes, mailer: Mailer, webhooks: WebhookSender) -> None:
        self.db = db
        self.processes = processes
        self.acts: dict[str, Callable[[str, dict[str, Any]], Awaitable[None]]] = {
            "start": self._start, "signal": self._signal, "mail": mailer.send,
            "letter": LetterSender(db, mailer).send,
            "bank": BankBooker(db, CollectionCommands(Desk(db, processes, mailer.settings))).book,
            "webhook": webhooks.send,
            "signing_code": CodeSender(db, mailer, InvitationLinks(master_key(mailer.settings))).send,
            "maintenance": Maintenance(TicketIntake(Desk(db, processes, mailer.settings))).open_ticket,
            "allocation_schedule": AllocationSchedules(processes.client, db, mailer.settings).keep,
            "upload": LeadUploads(LeadCommands(Desk(db, processes, mailer.settings))).carry,
        }  # fmt: skip
        self.woken = {kind: asyncio.Event() for kind in self.acts}

    async def run(self) -> None:
        """Until cancelled. Starting and mailing go on beside each other: a slow mail server delays no process."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            for kind, act in self.acts.items():
                group.create_task(self._carry(kind, act))

    async def carry_waiting(self) -> None:
        """Carries out what is due now, once."""
        for kind, act in self.acts.items():
            await self._carry_batch(kind, act)

    async def _listen(self) -> None:
        while True:
            try:
                async with await AsyncConnection.connect(plain_url(self.db.url), autocommit=True) as connection:
                    await connection.execute(f"listen {WAKE}")
                    async for notification in connection.notifies():
                        if event := self.woken.get(notification.payload):
                            event.set()
            except OperationalError as error:
                log.warning("relay.deaf", error=str(error).strip())
            await asyncio.sleep(1)

    async def _carry(self, kind: str, act: Callable[[str, dict[str, Any]], Awaitable[None]]) -> None:
        woken = self.woken[kind]
        while True:
            woken.clear()
            try:
                full = await self._carry_batch(kind, act)
            except (SQLAlchemyError, TimeoutError) as error:
                log.warning("relay.database_away", kind=kind, error=str(error)[:200])
                full = False
            if not full:
                try:
                    await asyncio.wait_for(woken.wait(), IDLE)
                except TimeoutError:
                    continue

    async def _carry_batch(self, kind: str, act: Callable[[str, dict[str, Any]], Awaitable[None]]) -> bool:
        """Takes what is due under a row lock and carries it out; says whether there may be more at once."""
        async with self.db.session("relay") as session:
            entries = await take(session, kind, BATCH)
            ends = await asyncio.gather(*(act(e.key, e.payload) for e in entries), return_exceptions=True)
            good: list[Outbox] = []
            for entry, end in zip(entries, ends, strict=True):
                if end is None:
                    good.append(entry)
                elif isinstance(end, Exception):
                    log.warning("relay.failed", key=entry.key, attempt=entry.attempts + 1, error=str(end)[:200])
                    await failed(session, entry, f"{type(end).__name__}: {end}")
                else:
                    raise end
            await done(session, [e.id for e in good])
        return len(entries) == BATCH

    async def _start(self, key: str, payload: dict[str, Any]) -> None:
        """With a signal it is news for a process, which begins (again) where it does not run."""
        of_it = payload["workflow"], payload["input"], payload["id"]
        if "signal" in payload:
            await self.processes.tell_or_begin(*of_it, payload["signal"], payload["message"])
        else:
            await self.processes.start(*of_it)

    async def _signal(self, key: str, payload: dict[str, Any]) -> None:
        await self.processes.signal(payload["id"], payload["signal"], payload["input"])
