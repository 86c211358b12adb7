"""One act on many customers: on those that are picked at once, on all that fit a filter by a process, in batches.

Each customer is for itself: what is refused for one holds up no other, and is kept with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from activities.customer_act import CarriedOn
from commands.customer_edit import CustomerEdits
from commands.desk import Desk
from commands.follow_up import FollowUpBody, FollowUps
from commands.idempotency import claim_once
from commands.pool import Outcome, PoolCommands, utc_now
from db.actor import actor_of
from db.customer import Assignment
from db.customer_act import Batch, CustomerAct, act_of, places_for, plan, planned, went_on
from db.customer_page import next_ids
from db.customer_reader import reader_of
from db.customer_sought import Sought
from db.lead_turn import sells_in
from db.notification import tell
from db.outbox import enqueue
from db.pool import Place
from domain.access import Action, Actor, person_key
from domain.customer_filter import LONGEST, read_filter
from domain.customer_pool import Tier
from domain.ids import RecordId
from domain.process import Notice
from domain.refusal import Refused, invalid, not_found

Act = Literal["assign", "give-back", "claim", "tier", "tags", "follow-up"]
NEEDS: dict[Act, Action] = {
    "assign": Action.CUSTOMER_ASSIGN, "give-back": Action.CUSTOMER_WORK, "claim": Action.CUSTOMER_CLAIM,
    "tier": Action.CUSTOMER_WORK, "tags": Action.CUSTOMER_WORK, "follow-up": Action.CUSTOMER_WORK,
}  # fmt: skip
PICKED = 500
"""Customers at once; more are worked off by a process."""
BATCH = 200
AT_ONCE = 3
"""Acts of one person under way."""
FULL = frozenset({"pool_total_full", "pool_daily_full", "pool_their_hands_full"})
"""Whoever has no room left gets none of those that come after either."""
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Each = list[tuple[str, Refused]]


class ActTerms(BaseModel):
    """What is done: `to` and `reason` with assign, `note` with give-back, `tier`, `add` and `remove` with tags,
    `follow_up` with follow-up."""

    model_config = ConfigDict(extra="forbid")

    to: RecordId | None = None
    reason: Annotated[str, StringConstraints(max_length=500)] = ""
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    tier: Tier | None = None
    add: Annotated[list[Tag], Field(max_length=20)] = []
    remove: Annotated[list[Tag], Field(max_length=20)] = []
    follow_up: FollowUpBody | None = None


class CustomerActBody(ActTerms):
    """On the `picked`, or on `every` customer in your list that fits `text` and `filter`."""

    act: Act
    picked: Annotated[list[RecordId], Field(max_length=PICKED)] = []
    every: bool = False
    text: Annotated[str, StringConstraints(max_length=100)] = ""
    filter: Annotated[str, StringConstraints(max_length=LONGEST)] = ""

    @property
    def terms(self) -> ActTerms:
        return ActTerms(**{name: getattr(self, name) for name in ActTerms.model_fields})


class Ended(NamedTuple):
    """Of one batch: how many it was done for, and by customer what was refused."""

    done: int
    refused: Each

    @property
    def full(self) -> str | None:
        """The refusal that all got who got one for want of room, where nothing was done any more."""
        codes = {why.code for _, why in self.refused}
        return codes.pop() if not self.done and len(codes) == 1 and codes <= FULL else None


class CustomerActs:
    def __init__(self, desk: Desk, now: Callable[[], datetime] = utc_now) -> None:
        self.desk = desk
        self.now = now
        self.pool = PoolCommands(desk, now)
        self.edits = CustomerEdits(desk.db, desk.settings.zone, desk.settings.country)
        self.follow_ups = FollowUps(desk.db, desk.settings.zone)

    async def begin(self, actor: Actor, key: str, body: CustomerActBody) -> str:
        """The act's id: of picked customers it is over by then, of all that fit a process goes on with it.

        Raises Refused: 403; 409 acts_under_way; 422 nothing_picked, for terms that are missing, or a filter that
        cannot be used.
        """
        actor.require(NEEDS[body.act])
        _check(body)
        if not body.every and not body.picked:
            raise invalid("nothing_picked", "picked")
        asked = body.model_dump(mode="json")
        async with self.desk.db.session(actor.id) as session:
            reader = await reader_of(session, actor, self.desk.settings.zone, self.now())
            read_filter(body.filter, reader.facts, reader.reading)
            made = await claim_once(session, actor, key, "ActOnCustomers", "customer_act", asked)
            if await session.get(CustomerAct, made.id) is None:
                await self._keep(session, actor, made.id, body)
        if not body.every:
            await self._at_once(actor, made.id, body)
        return made.id

    async def _keep(self, session: AsyncSession, actor: Actor, act_id: str, body: CustomerActBody) -> None:
        if body.every:
            running = select(func.count()).where(CustomerAct.by_id == actor.id, CustomerAct.status == "running")
            if (await session.scalars(running.where(CustomerAct.every))).one() >= AT_ONCE:
                raise Refused("acts_under_way", 409, most=AT_ONCE)
            start = {"workflow": "CustomerActWorkflow", "id": f"customer-act/{act_id}", "input": {"act_id": act_id}}
            await enqueue(session, f"customer-act/{act_id}", "start", start)
        told = body.terms.model_dump(mode="json", exclude_defaults=True)
        session.add(
            CustomerAct(
                id=act_id, by_id=actor.id, act=body.act, terms=told, every=body.every, text=body.text,
                filter=body.filter,
            )
        )  # fmt: skip

    async def _at_once(self, actor: Actor, act_id: str, body: CustomerActBody) -> None:
        """Asked for again after a crash, it goes on where it was: each batch has a key of its own."""
        async with self.desk.db.session(actor.id) as session:
            act = await act_of(session, actor, act_id)
        if act.status != "running":
            return
        ids = list(dict.fromkeys(body.picked))
        async with self.desk.db.session(actor.id) as session:
            kept, batch = await planned(session, act_id)
            if batch is None:
                batch = await self._places(session, actor, body.act, body.terms, ids)
                plan(kept, batch)
        ended = await self._batch(actor, f"{act_id}/picked", body.act, body.terms, batch)
        async with self.desk.db.session(actor.id) as session:
            if await went_on(session, act, position=max(ids), done=ended.done, refused=ended.refused):
                await self._over(session, act_id, None)

    async def carry_on(self, act_id: str) -> CarriedOn:
        """The next batch of all that fit, for whoever asked as they may now."""
        async with self.desk.db.session("customer-act") as session:
            act = await session.get_one(CustomerAct, act_id)
            if act.status != "running":
                return CarriedOn(done=act.done, over=True)
            actor = await actor_of(session, act.by_id)
        try:
            actor.require(NEEDS[_act(act)])
            async with self.desk.db.session(actor.id) as session:
                act, batch = await planned(session, act_id)
                if batch is None:
                    batch = await self._next(session, actor, act)
                    plan(act, batch)
        except Refused as refused:
            return await self._end(act, refused.code)
        if not batch:
            return await self._end(act, None)
        terms = ActTerms.model_validate(act.terms)
        ended = await self._batch(actor, f"{act.id}/{act.position or ''}", _act(act), terms, batch)
        async with self.desk.db.session(actor.id) as session:
            await went_on(session, act, position=max(batch), done=ended.done, refused=ended.refused)
        if ended.full:
            return await self._end(act, ended.full)
        return CarriedOn(done=act.done + ended.done, over=False)

    async def _end(self, act: CustomerAct, problem: str | None) -> CarriedOn:
        async with self.desk.db.session(act.by_id) as session:
            done = await self._over(session, act.id, problem)
            notice = Notice(
                id=act.id, kind="customers.acted", holders=[person_key(act.by_id)], params={"done": done}, revision=1
            )
            await tell(session, notice, kind="customers/act", record_id=act.id)
        return CarriedOn(done=done, over=True)

    async def _over(self, session: AsyncSession, act_id: str, problem: str | None) -> int:
        ended = update(CustomerAct).where(CustomerAct.id == act_id).returning(CustomerAct.done)
        values = {"status": "done", "problem": problem, "finished_at": self.now()}
        return (await session.scalars(ended.values(**values))).one()

    # --- one batch ----------------------------------------------------------------------------------------------------

    async def _next(self, session: AsyncSession, actor: Actor, act: CustomerAct) -> Batch:
        """Of all that fit those that come next. Raises Refused (422) for a filter that is one no more."""
        reader = await reader_of(session, actor, self.desk.settings.zone, self.now(), act.filter)
        conditions = read_filter(act.filter, reader.facts, reader.reading)
        ids = await next_ids(session, Sought(reader.looking, act.text, conditions), act.position, BATCH)
        return await self._places(session, actor, _act(act), ActTerms.model_validate(act.terms), ids)

    async def _places(
        self, session: AsyncSession, actor: Actor, act: Act, terms: ActTerms, ids: Sequence[str]
    ) -> Batch:  # fmt: skip
        if act in ("tags", "follow-up"):
            return {one: [] for one in ids}
        places = await places_for(session, actor, NEEDS[act], ids)
        return await _where_they_sell(session, terms.to, places) if act == "assign" and terms.to else places

    async def _batch(self, actor: Actor, key: str, act: Act, terms: ActTerms, places: Batch) -> Ended:
        """Done once more after a crash, with the same batch and key, it tells the same."""
        if act in ("tags", "follow-up"):
            return await self._one_by_one(actor, key, act, terms, list(places))
        asked = [place for theirs in places.values() for place in theirs]
        outcome = await self._in_pools(actor, key, act, terms, asked) if asked else Outcome([], {})
        done, refused = 0, []
        async with self.desk.db.session(actor.id) as session:
            settled = await _settled(session, actor, act, terms, list(outcome.refused))
        for one, theirs in places.items():
            whys = [why for place in theirs if place not in settled and (why := outcome.refused.get(place))]
            if not theirs:
                whys = [not_found("customer")]
            if whys:
                refused.append((one, whys[0]))
            else:
                done += 1
        return Ended(done, refused)

    async def _in_pools(
        self, actor: Actor, key: str, act: Act, terms: ActTerms, places: Sequence[Place]
    ) -> Outcome:  # fmt: skip
        done: list[Place] = []
        refused: dict[Place, Refused] = {}
        for no, at in enumerate(range(0, len(places), PICKED)):
            some = places[at : at + PICKED]
            part = f"{key}/{no}"
            match act:
                case "claim":
                    outcome = await self.pool.claim(actor, part, some)
                case "assign":
                    outcome = await self.pool.assign(actor, part, some, terms.to or "", reason=terms.reason)
                case "give-back":
                    outcome = await self.pool.give_back(actor, part, some, note=terms.note)
                case _:
                    outcome = await self.pool.set_tier(actor, part, some, terms.tier or "")
            done += outcome.done
            refused |= outcome.refused
        return Outcome(done, refused)

    async def _one_by_one(self, actor: Actor, key: str, act: Act, terms: ActTerms, ids: Sequence[str]) -> Ended:
        done, refused = 0, []
        for one in ids:
            try:
                if act == "tags":
                    await self.edits.tag(actor, f"{key}/{one}", one, add=terms.add, remove=terms.remove)
                elif terms.follow_up is not None:
                    await self.follow_ups.add(actor, f"{key}/{one}", one, terms.follow_up)
                done += 1
            except Refused as why:
                refused.append((one, why))
        return Ended(done, refused)


def _act(act: CustomerAct) -> Act:
    return CustomerActBody.model_validate({"act": act.act}).act


def _check(body: CustomerActBody) -> None:
    """Raises Refused (422) naming the term that the act needs."""
    if body.act == "assign" and body.to is None:
        raise invalid("owner_not_selling", "to")
    if body.act == "give-back" and not body.note:
        raise invalid("pool_note_needed", "note")
    if body.act == "tier" and body.tier is None:
        raise invalid("tier_unknown", "tier")
    if body.act == "tags" and not (body.add or body.remove):
        raise invalid("field_needed", "add")
    if body.act == "follow-up" and body.follow_up is None:
        raise invalid("field_needed", "follow_up")
    if body.follow_up is not None and (body.follow_up.contact_id or body.follow_up.documents):
        raise invalid("field_closed", "follow_up")


async def _where_they_sell(session: AsyncSession, to: str, places: Batch) -> Batch:
    """Of several regions that follow a customer those where the person sells; where none is, it is told why not."""
    regions = {region for theirs in places.values() for _, region in theirs}
    sells = {region for region in regions if await sells_in(session, to, region)}
    return {one: [place for place in theirs if place[1] in sells] or theirs for one, theirs in places.items()}


async def _settled(
    session: AsyncSession, actor: Actor, act: Act, terms: ActTerms, places: Sequence[Place]
) -> set[Place]:  # fmt: skip
    """Those refused that stand as was asked: a batch that was killed after it was done finds them so."""
    if not places or act == "tier":
        return set()
    if act == "give-back":
        stands = and_(Assignment.owner_id.is_(None), Assignment.how == "returned", Assignment.note == terms.note)
    else:
        stands = Assignment.owner_id == (actor.id if act == "claim" else terms.to)
    query = select(Assignment.customer_id, Assignment.region_id)
    found = await session.execute(query.where(Assignment.customer_id.in_([one for one, _ in places]), stands))
    return {(customer, region) for customer, region in found}.intersection(places)
