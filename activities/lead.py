"""Leads: scored, given to somebody, timed, and what a qualified one becomes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.process import ProcessActivities
from db.calendar import calendars
from db.customer import convert_lead
from db.customer_assignment import assign_by_rule
from db.customer_portrait import tell_owners
from db.customer_search import refresh
from db.engine import Database
from db.lead import Lead
from db.lead_fact import facts_of
from db.lead_touch import move_touches
from db.lead_turn import as_candidates, candidates, lock_turns, note_turn, pending_turn, sells_in, settle_turns
from db.ownership import take_free
from db.policy import current_policy, documents
from domain.lead import Grade, LeadPolicy
from domain.lead_assignment import Choice, LeadAssignmentPolicy
from domain.lead_score import LeadScorePolicy, Reckoned, Score
from domain.policy import P, load
from domain.process import ProcessState

Versions = dict[str, int]
"""Of the policies a lead runs under, by their kinds."""


class Why(BaseModel):
    """Why its owner has a lead.

    `how`: turn, hand (taken in so), claimed (out of the pool), given (by a manager, `by`), kept (it was theirs when it
    slept or was closed). `choice` goes with a turn.
    """

    how: Literal["turn", "hand", "claimed", "given", "kept"]
    by: str | None = None
    choice: Choice | None = None


class Match(BaseModel):
    """A lead or a customer that is likely the same; `why` are codes of what they share."""

    kind: Literal["lead", "customer"]
    id: str
    why: list[str] = []


class Rules(BaseModel):
    """What of the lead policy the process itself goes by."""

    passes: int = 0
    counts: tuple[str, ...] = ()
    to_last_owner: timedelta | None = None


class Former(BaseModel):
    """How a lead that had ended stood: it comes back."""

    stage: str
    owner_id: str | None
    closed_at: datetime | None
    customer_id: str | None
    deal_id: str | None


class LeadState(ProcessState):
    """`tried` are the people it was assigned to and not kept by, in order; `turned` everybody whom a turn gave it to.

    `to_weigh`: its score is to be reckoned (anew). `wake_at` is when the process acts by itself, `due_at` what people
    see. `prefer` is who is to get it if they can. `deal` is what the person who qualified it asked for.
    """

    stage: str = "new"
    rules: Rules = Rules()
    to_weigh: bool = True
    score: int | None = None
    grade: Grade | None = None
    reasons: tuple[Reckoned, ...] = ()
    due_at: datetime | None = None
    due_since: datetime | None = None
    wake_at: datetime | None = None
    tried: list[str] = []
    turned: list[str] = []
    passed: int = 0
    prefer: str | None = None
    why: Why | None = None
    touches: list[str] = []
    former: Former | None = None
    reopened_by: str | None = None
    deal_id: str | None = None
    deal: dict[str, Any] = {}
    contact_id: str | None = None
    pipeline: str | None = None
    matches: list[Match] = []
    reviewed: bool = False
    close_key: str | None = None
    close_reason: str | None = None
    merged_into: str | None = None


class Weighing(BaseModel):
    """`policies`: the versions to go by; those in force where there are none yet."""

    lead_id: str
    policies: Versions = {}


class Weighed(BaseModel):
    policies: Versions
    rules: Rules
    score: Score
    former: Former | None = None


class Turn(BaseModel):
    """Who is to have the lead at this instant; not one of `without`. `prefer` has it before everybody's turn."""

    lead_id: str
    region_id: str
    version: int
    grade: Grade
    without: list[str]
    at: datetime
    prefer: str | None = None


class Turned(BaseModel):
    """`why` also says whom there was, where nobody could."""

    owner_id: str | None
    why: Why | None = None


class Allowed(BaseModel):
    """Which time is asked for: that for first contact of a grade or, without one, that for a lead in the pool."""

    version: int
    since: datetime
    grade: Grade | None = None


class Instants(BaseModel):
    remind: datetime
    due: datetime


class Conversion(BaseModel):
    """`customer_id` and `contact_id` are those there are already; None: made from the lead."""

    lead_id: str
    owner_id: str
    region_id: str
    customer_id: str | None = None
    contact_id: str | None = None


class Merger(BaseModel):
    """`into` is the lead that this one turned out to be."""

    lead_id: str
    into: str


class LeadActivities(ProcessActivities):
    def __init__(self, db: Database, zone: str) -> None:
        super().__init__(db, zone)
        self._turns = asyncio.Lock()  # a rush waits for its turn here, and not in the database until it is cut off

    @activity.defn
    async def project_lead(self, state: LeadState) -> None:
        async with self.projecting("lead", state) as session:
            if session is None:
                return
            shown = {
                "owner_id", "stage", "due_at", "due_since", "score", "grade", "customer_id", "close_key",
                "close_reason", "closed_at", "merged_into", "revision",
            }  # fmt: skip
            row = state.model_dump(include=shown) | {
                "reasons": [reason.model_dump() for reason in state.reasons],
                "matches": [match.model_dump() for match in state.matches],
                "why": state.why.model_dump(mode="json", exclude_none=True) if state.why else {},
                "deal_id": state.deal_id if state.stage == "converted" else None,
            }
            await session.execute(update(Lead).where(Lead.id == state.record_id).values(row))
            await settle_turns(session, state.record_id, state.turned, state.owner_id)

    @activity.defn
    async def weigh_lead(self, asked: Weighing) -> Weighed:
        """The score, and the policies it and all else goes by from now on."""
        async with self.db.session() as session:
            versions: Versions = {}
            scores, versions["lead_score"] = await _policy(session, LeadScorePolicy, asked.policies)
            _, versions["lead_assignment"] = await _policy(session, LeadAssignmentPolicy, asked.policies)
            policy, versions["lead"] = await _policy(session, LeadPolicy, asked.policies)
            lead = await session.get_one(Lead, asked.lead_id)
            score = scores.score(await facts_of(session, lead, policy.calendar))
        former = None
        if lead.stage in ("closed", "converted"):
            told = {"stage", "owner_id", "closed_at", "customer_id", "deal_id"}
            former = Former(**{name: getattr(lead, name) for name in told})
        keeps = policy.returns_within if policy.returns == "last_owner" else None
        rules = Rules(passes=policy.passes, counts=policy.counts, to_last_owner=keeps)
        return Weighed(policies=versions, rules=rules, score=score, former=former)

    @activity.defn
    async def take_turn(self, turn: Turn) -> Turned:
        """Nobody where none of the policy's groups has anybody left. A repeat for the same lead gives the same."""
        async with self._turns, self.db.session() as session:
            await lock_turns(session)
            policy, _ = await _policy(session, LeadAssignmentPolicy, {"lead_assignment": turn.version})
            turned = await _turned(session, turn, policy)
            if turned.owner_id is not None:
                await note_turn(session, turn.lead_id, turned.owner_id)
        return turned

    @activity.defn
    async def reckon_contact(self, asked: Allowed) -> Instants:
        """When to remind and when time is up, in the policy's working time."""
        async with self.db.session() as session:
            policy, _ = await _policy(session, LeadPolicy, {"lead": asked.version})
            clock = (await calendars(session)).working_time(policy.calendar) if policy.calendar else None
        target = policy.targets.of(asked.grade) if asked.grade else policy.pool
        remind, due = target.instants(asked.since, clock)
        return Instants(remind=remind, due=due)

    @activity.defn
    async def convert_lead(self, conversion: Conversion) -> str:
        """Makes of the lead what is not there yet: customer, contact, assignment; once. Gives the customer's id."""
        async with self.db.session() as session:
            customer_id = await convert_lead(session, **conversion.model_dump(exclude={"owner_id"}))
            place = (customer_id, conversion.region_id)
            await take_free(session, [place], to=conversion.owner_id, how="lead", at=datetime.now(UTC))
            others = await assign_by_rule(
                session, [customer_id], way="lead", home=conversion.region_id, at=datetime.now(UTC)
            )
            await tell_owners(session, others)
            await refresh(session, [customer_id])
            return customer_id

    @activity.defn
    async def merge_lead(self, merger: Merger) -> None:
        """The other lead hears of it as of another touch, also where it had ended. Once."""
        async with self.db.session() as session:
            await move_touches(session, merger.lead_id, merger.into)


async def _policy(session: AsyncSession, kind: type[P], pinned: Versions) -> tuple[P, int]:
    """The pinned version, or else the one in force."""
    version = pinned.get(kind.kind)
    if version is None:
        version, document = await current_policy(session, kind.kind)
    else:
        document = (await documents(session, kind.kind, [version]))[version]
    return load(kind, document), version


async def _turned(session: AsyncSession, turn: Turn, policy: LeadAssignmentPolicy) -> Turned:
    given = await pending_turn(session, turn.lead_id, turn.without)
    if turn.prefer and turn.prefer not in turn.without and await _can_keep(session, turn):
        return Turned(owner_id=turn.prefer, why=Why(how="kept"))
    lead = await session.get_one(Lead, turn.lead_id)
    facts = await facts_of(session, lead, None) | {"grade": turn.grade}
    last: Choice | None = None
    for row, group in policy.groups(facts):
        able = await candidates(session, group, turn.region_id, turn.at)
        if given is not None and any(one.person == given for one in able):
            able = [one._replace(open=0) for one in able if one.person == given]  # the lead itself fills no hands
        owner, last = policy.choose(row, able, turn.without)
        if owner is not None:
            return Turned(owner_id=owner, why=Why(how="turn", choice=last))
    return Turned(owner_id=None, why=Why(how="turn", choice=last) if last else None)


async def _can_keep(session: AsyncSession, turn: Turn) -> bool:
    """Whether they still sell there, and are not away."""
    assert turn.prefer is not None  # noqa: S101 - asked by the caller
    found = await as_candidates(session, [turn.prefer], turn.at)
    return any(not one.away for one in found) and await sells_in(session, turn.prefer, turn.region_id)
