"""Trains the text model from the company's own answered tickets, and keeps it as a version of its own."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel
from temporalio import activity

from activities.process import ProcessActivities
from activities.ticket_routing import ticket_facts
from activities.ticket_trainer import Case, train_model
from db.document import remember_document
from db.engine import Database
from db.policy import current_policy
from db.ticket_routing import keep_model, past_tickets
from domain.policy import load
from domain.routing import RoutingPolicy
from domain.sentiment import sentiment
from domain.ticket_model import unpack

MOST_TICKETS = 20_000
"""The newest: what customers asked years ago says little about tomorrow."""
PULSE = 3.0
"""Seconds between two signs of life."""
MEDIA_TYPE = "application/x-npz"


class Training(BaseModel):
    """`by` is who asked for it; None: the clock."""

    by: str | None = None


class Trained(BaseModel):
    """`version` none: there was too little to learn from. `tickets` is how many there were."""

    tickets: int
    version: int | None = None


class TicketTrainingActivities(ProcessActivities):
    """`path` gives a document's place in the store by its hash."""

    def __init__(self, db: Database, zone: str, path: Callable[[str], Path]) -> None:
        super().__init__(db, zone)
        self._path = path

    @activity.defn
    async def train_ticket_model(self, asked: Training) -> Trained:
        """Once per run. Takes seconds, up to minutes where there is much to learn from."""
        cases, policy = await self._cases()
        training = asyncio.create_task(
            asyncio.to_thread(train_model, cases, policy.confidence / 100, policy.least_precision / 100)
        )
        while not training.done():
            activity.heartbeat()
            await asyncio.wait([training], timeout=PULSE)
        document = training.result()
        if not document:
            return Trained(tickets=len(cases))
        return Trained(tickets=len(cases), version=await self._keep(asked, document, len(cases)))

    async def _cases(self) -> tuple[list[Case], RoutingPolicy]:
        """Each ticket with the queue it had in the end, and what the rules in force would say of it."""
        async with self.db.session() as session:
            policy = load(RoutingPolicy, (await current_policy(session, RoutingPolicy.kind))[1])
            cases = []
            for ticket, words in await past_tickets(session, MOST_TICKETS):
                negative = sentiment(words).score * 100 <= -policy.negative
                ruled = policy.rule(await ticket_facts(session, policy, ticket, words, negative))
                queue = ticket.queue or ""
                if policy.queue(queue) is not None:
                    cases.append(Case(text=words, queue=queue, ruled=ruled.queue if ruled else None))
        return cases, policy

    async def _keep(self, asked: Training, document: bytes, rows: int) -> int:
        digest = sha256(document).hexdigest()
        await asyncio.to_thread(_lay_down, self._path(digest), document)
        header = unpack(document).header
        measure = {language: one.measure.model_dump() for language, one in header.languages.items()}
        now = datetime.now(UTC)
        async with self.db.session("ticket-training") as session:
            await remember_document(
                session, hash=digest, name=f"ticket-model-{now:%Y%m%d-%H%M}.npz", media_type=MEDIA_TYPE,
                size=len(document), added_by="ticket-training",
            )  # fmt: skip
            return await keep_model(
                session, document=digest, trained_at=now, trained_by=asked.by, rows=rows,
                origin=activity.info().workflow_run_id or digest, confidence=header.confidence, measure=measure,
            )  # fmt: skip


def _lay_down(path: Path, document: bytes) -> None:
    """Whole or not at all, as the document store keeps everything."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(document)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
