"""Routing of tickets: which queue, and whose turn it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.process import ProcessActivities
from db.engine import Database
from db.person import OrgUnit
from db.policy import current_policy, documents
from db.ticket import Ticket
from db.ticket_routing import current_model, first_words, keep_route
from db.ticket_turn import agents_of, lock_ticket_turns, note_ticket_turn, pending_ticket_turn
from domain.policy import load
from domain.refusal import Refused
from domain.routing import By, Guess, Routing, RoutingPolicy, choose_queue
from domain.sentiment import sentiment
from domain.shift import next_start
from domain.ticket_model import TicketModel, unpack
from domain.ticket_text import plain
from domain.ticket_turn import Case, TicketChoice, choose_agent


class AskQueue(BaseModel):
    """`no` counts how often the ticket was routed. `queue` is what a person said already; `version` the policy's, the
    one in force where there is none yet."""

    ticket_id: str
    no: int
    version: int | None = None
    queue: str | None = None
    kind: str
    priority: str


class Routed(BaseModel):
    """`queue` none: a person must choose. `negative`: it sounds clearly so. `lead` is the person whom the queue names
    to be told, none: the region's leads."""

    version: int
    queue: str | None
    by: By
    row: str | None = None
    model: int | None = None
    confidence: float | None = None
    guesses: list[Guess] = []
    negative: bool = False


class AskTurn(BaseModel):
    """Who is to have the ticket at this instant; not one of `without`. `version` is the policy's it was routed by."""

    ticket_id: str
    region_id: str
    queue: str
    version: int | None = None
    tier: str
    language: str
    without: list[str]
    at: datetime


class TicketTurned(BaseModel):
    """Nobody: `next_at` is when somebody may be able to; `off_duty` whether nobody is on duty at all. `tell_after` and
    `lead`: when whom the policy has told."""

    owner_id: str | None
    why: TicketChoice
    next_at: datetime | None = None
    off_duty: bool = False
    tell_after: timedelta | None = None
    lead: str | None = None


class ModelShelf:
    """The newest model, kept in memory until there is a newer one. `path` gives a document's place by its hash."""

    def __init__(self, path: Callable[[str], Path]) -> None:
        self._path = path
        self._kept: tuple[int, TicketModel] | None = None

    async def newest(self, session: AsyncSession) -> tuple[int, TicketModel] | None:
        """None where there is none, or it cannot be read: the rules go on without it."""
        row = await current_model(session)
        if row is None:
            return None
        if self._kept is None or self._kept[0] != row.version:
            try:
                document = await asyncio.to_thread(self._path(row.document).read_bytes)
                self._kept = (row.version, await asyncio.to_thread(unpack, document))
            except (OSError, Refused):
                activity.logger.warning("ticket_model.unreadable", extra={"version": row.version})
                return None
        return self._kept


class TicketRoutingActivities(ProcessActivities):
    def __init__(self, db: Database, zone: str, path: Callable[[str], Path]) -> None:
        super().__init__(db, zone)
        self._models = ModelShelf(path)
        self._turns = asyncio.Lock()  # a rush waits for its turn here, and not in the database until it is cut off

    @activity.defn
    async def route_ticket(self, asked: AskQueue) -> Routed:
        """The queue, and how the ticket sounds; both kept with it. A repeat says the same."""
        async with self.db.session() as session:
            policy, version = await _policy(session, asked.version)
            ticket = await session.get_one(Ticket, asked.ticket_id)
            words = await first_words(session, ticket)
            heard = sentiment(words)
            negative = heard.score * 100 <= -policy.negative
            facts = await ticket_facts(session, policy, ticket, words, negative)
            ruled = policy.rule(facts | {"ticket_kind": asked.kind, "priority": asked.priority})
            found = await self._models.newest(session)
            guesses = found[1].guess(words) if found else []
            trusted = trusted_queues(found[1], words) if found else frozenset()
            if asked.queue is not None:
                routing = Routing(queue=asked.queue, by="person")
            else:
                routing = choose_queue(policy, ruled, guesses, trusted)
            model = found[0] if found else None
            best = guesses[0] if guesses else None
            await session.execute(
                update(Ticket)
                .where(Ticket.id == asked.ticket_id)
                .values(sentiment=heard.score, sentiment_words=list(heard.words))
            )
            await keep_route(
                session, ticket_id=asked.ticket_id, no=asked.no, by=routing.by, queue=routing.queue, row=routing.row,
                ruled=ruled.queue if ruled else None, guessed=best.queue if best else None,
                confidence=best.confidence if best else None,
                sure=bool(best and best.confidence * 100 >= policy.confidence and best.queue in trusted),
                guesses=[guess.model_dump() for guess in guesses], keywords=list(facts["keywords"]), model=model,
                policy=version,
            )  # fmt: skip
        return Routed(
            version=version, queue=routing.queue, by=routing.by, row=routing.row, confidence=routing.confidence,
            model=model if routing.by in ("model", "triage") else None, guesses=guesses, negative=negative,
        )  # fmt: skip

    @activity.defn
    async def take_ticket_turn(self, asked: AskTurn) -> TicketTurned:
        """Nobody where nobody of the queue is there and has room. A repeat for the same ticket gives the same."""
        async with self._turns, self.db.session() as session:
            await lock_ticket_turns(session)
            policy, _ = await _policy(session, asked.version)
            queue = policy.queue(asked.queue)
            if queue is None:  # a person gave it a queue that this version does not have yet, or no more
                policy, _ = await _policy(session, None)
                queue = policy.queue(asked.queue)
            if queue is None:
                return TicketTurned(owner_id=None, why=TicketChoice(), next_at=asked.at + policy.look_again)
            case = Case(queue, asked.tier, asked.language, asked.without)
            agents, duties = await agents_of(session, asked.region_id, asked.at)
            given = await pending_ticket_turn(session, asked.ticket_id, asked.without)
            if given is not None and any(one.person == given for one in agents):
                agents = [one._replace(open=0) for one in agents if one.person == given]
            owner, why = choose_agent(policy, case, agents)
            if owner is not None:
                await note_ticket_turn(session, asked.ticket_id, owner)
                return TicketTurned(owner_id=owner, why=why)
        able = {one.person for one in agents} - {one.person for one in why.over if one.why in ("skill", "language")}
        off_duty = all(one.why in ("off_duty", "away") for one in why.over if one.person in able)
        opening = next_start((duty for person in able for duty in duties.get(person, ())), asked.at)
        soon = asked.at + policy.look_again
        later = opening if opening is not None and opening > asked.at else None
        return TicketTurned(
            owner_id=None, why=why, off_duty=off_duty, tell_after=policy.tell_lead_after,
            next_at=later if off_duty and later else min(filter(None, (later, soon))),
            lead=queue.lead.person if queue.lead else None,
        )  # fmt: skip


async def ticket_facts(
    session: AsyncSession, policy: RoutingPolicy, ticket: Ticket, words: str, negative: bool
) -> dict[str, Any]:
    """What the rules may ask of a ticket."""
    region = await session.get(OrgUnit, ticket.region_id)
    return {
        "ticket_kind": ticket.kind, "channel": ticket.channel, "priority": ticket.priority, "tier": ticket.tier,
        "product": ticket.product, "language": ticket.language, "region": region.code if region else None,
        "fault_code": ticket.fault_code, "keywords": policy.keywords_in(plain(words)), "negative": negative,
    }  # fmt: skip


def trusted_queues(model: TicketModel, words: str) -> frozenset[str]:
    """The queues that the model has proved to know better than the rules, in the language of these words."""
    measured = model.measures(words)
    return frozenset(queue for queue, one in measured.items() if one.used)


async def _policy(session: AsyncSession, version: int | None) -> tuple[RoutingPolicy, int]:
    """The pinned version, or else the one in force."""
    if version is None:
        version, document = await current_policy(session, RoutingPolicy.kind)
    else:
        document = (await documents(session, RoutingPolicy.kind, [version]))[version]
    return load(RoutingPolicy, document), version
