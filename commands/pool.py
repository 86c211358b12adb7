"""The pool: claimed, given back, assigned by a manager, kept from going back, ranked. One transaction decides each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from commands.desk import Desk
from commands.idempotency import claim_once
from db.base import new_id
from db.book import lock_books, rearm_beside
from db.customer import Assignment
from db.lead_turn import sells_in
from db.live import announce
from db.notification import tell
from db.ownership import move, moved_with, write_first
from db.person import Person
from db.pool import Place, places_to_change, room_of, taken_places
from db.pool_policy import Rules, region_codes, rules_in_force
from db.pool_product import product_lines
from db.reckon import reckon
from domain.access import Action, Actor, Role, Scope, person_key
from domain.customer_pool import TIERS, Back, Quota
from domain.pool_claim import Lying, Room, claim_refusal, day_began
from domain.process import Notice
from domain.refusal import Refused, forbidden, invalid, not_found

BULK = 500
"""Customers at once."""


class Outcome(NamedTuple):
    """What was done, and what was refused and why: one does not hold up the other."""

    done: list[Place]
    refused: dict[Place, Refused]

    def single(self) -> None:
        """Raises the refusal of an act on one customer."""
        for refused in self.refused.values():
            raise refused


class Begun(NamedTuple):
    """What is asked for with one key. `done`: what changed hands when the key first came, and is
    not moved again, wherever it is now."""

    id: str
    fresh: bool
    asked: list[Place]
    done: list[Place]

    @property
    def left(self) -> list[Place]:
        return [place for place in self.asked if place not in self.done]


Check = Callable[[Assignment], Refused | None]


def utc_now() -> datetime:
    return datetime.now(UTC)


class PoolCommands:
    def __init__(self, desk: Desk, now: Callable[[], datetime] = utc_now) -> None:
        self.desk = desk
        self.now = now

    async def room(self, actor: Actor) -> Room:
        """What one has of one's quota."""
        async with self.desk.db.session(actor.id) as session:
            rules = await rules_in_force(session)
            return await room_of(session, rules.policy, actor.id, self._today(self.now()))

    async def claim(self, actor: Actor, key: str, places: Sequence[Place]) -> Outcome:
        """Out of the pool, for oneself. Refused: 409 customer_taken (by whom), customer_cooling, customer_resting,
        pool_total_full, pool_daily_full; 403 pool_closed; 404."""
        actor.require(Action.CUSTOMER_CLAIM)
        now = self.now()
        async with self.desk.db.session(actor.id) as session:
            begun = await self._begin(session, actor, key, "ClaimCustomers", places)
            rules, codes = await rules_in_force(session), await region_codes(session)
            # Who is plainly too late waits in line neither for the row nor for their own book.
            asked = begun.left
            rows = await taken_places(session, asked)
            room = Room(Quota(), 0, 0)
            if free := [place for place in asked if place not in rows]:
                await lock_books(session, [actor.id])
                room = await room_of(session, rules.policy, actor.id, self._today(now))
                rows |= await places_to_change(session, free)
            done = begun.done
            taking: list[Place] = []
            refused: dict[Place, Refused] = {}
            for place in asked:
                row = rows.get(place)
                if row is not None and row.owner_id == actor.id:
                    done.append(place)
                elif why := _not_to_claim(rules, codes, row, actor, room, now):
                    refused[place] = why
                else:
                    taking.append(place)
                    room = room.more()
            await move(session, taking, to=actor.id, how="claimed", at=now, by=actor.id, run_id=begun.id)
            await self._after(session, rules, taking)
        return Outcome(done + taking, refused)

    async def assign(
        self, actor: Actor, key: str, places: Sequence[Place], to: str, *, reason: str = ""
    ) -> Outcome:  # fmt: skip
        """By a manager, from the pool or from somebody else. `reason` goes beyond the person's capacity.

        Refused: 403, 404; 409 pool_their_hands_full; 422 owner_not_selling.
        """
        actor.require(Action.CUSTOMER_ASSIGN)
        now = self.now()
        async with self.desk.db.session(actor.id) as session:
            begun = await self._begin(session, actor, key, "AssignCustomers", places, to=to, reason=reason)
            person = await session.get(Person, to)
            if person is None or not person.active:
                raise invalid("owner_not_selling", "to")
            await lock_books(session, [to])
            rules, codes = await rules_in_force(session), await region_codes(session)
            room = await room_of(session, rules.policy, to, self._today(now))
            asked = begun.left
            sells = {region: await sells_in(session, to, region) for region in {region for _, region in asked}}
            rows = await places_to_change(session, asked)
            taking: list[Place] = []
            refused: dict[Place, Refused] = {}
            for place in asked:
                why = _not_to_assign(rules, codes, rows.get(place), actor)
                if why is None and not sells[place[1]]:
                    why = invalid("owner_not_selling", "to")
                if why is None and not reason:
                    why = room.refusal(claiming=False)
                if why is not None:
                    refused[place] = why
                    continue
                taking.append(place)
                room = room.more()
            note = reason or None
            moved = await move(session, taking, to=to, how="assigned", at=now, by=actor.id, note=note, run_id=begun.id)
            await self._after(session, rules, taking)
            if moved and to != actor.id:
                params = {"count": len(moved), "person": actor.id}
                notice = Notice(id=new_id(), kind="pool.assigned", holders=[person_key(to)], params=params, revision=0)
                await tell(session, notice, kind="book", record_id=to)
        return Outcome(begun.done + taking, refused)

    async def give_back(self, actor: Actor, key: str, places: Sequence[Place], *, note: str) -> Outcome:
        """To the pool: by its owner, or taken by a manager. `note` says why, for who has it next.

        Refused: 403, 404; 409 customer_protected where a deal or a contract is under way, customer_in_pool.
        """
        actor.require(Action.CUSTOMER_WORK)
        if not note.strip():
            raise invalid("pool_note_needed", "note")
        now = self.now()
        async with self.desk.db.session(actor.id) as session:
            begun = await self._begin(session, actor, key, "GiveBackCustomers", places, note=note)
            rules, codes = await rules_in_force(session), await region_codes(session)
            rows = await places_to_change(session, begun.left)
            good, refused = _sorted(begun.left, rows, actor, _not_to_give_back)
            lines = await product_lines(session, rules.policy, [customer for customer, _ in good])
            for own in (True, False):
                ways: dict[str, list[Place]] = {}
                for place in (one for one in good if (rows[one].owner_id == actor.id) == own):
                    pool = rules.policy.back_to(rows[place].pool, codes.get(place[1], ""), lines.get(place[0]))
                    ways.setdefault(pool, []).append(place)
                for pool, some in ways.items():
                    why: Back = "given_back" if own else "taken_back"
                    await move(
                        session, some, to=None, how="returned", at=now, by=actor.id, reason=why, pool=pool, note=note,
                        run_id=begun.id,
                    )  # fmt: skip
            await self._after(session, rules, good)
        return Outcome(begun.done + good, refused)

    async def set_tier(self, actor: Actor, key: str, places: Sequence[Place], tier: str) -> Outcome:
        """Its limits count from now on as if they always had. Refused: 403, 404; 422 tier_unknown."""
        actor.require(Action.CUSTOMER_WORK)
        if tier not in TIERS:
            raise invalid("tier_unknown", "tier")
        async with self.desk.db.session(actor.id) as session:
            begun = await self._begin(session, actor, key, "SetCustomerTier", places, tier=tier)
            rows = await places_to_change(session, begun.asked)
            good, refused = _sorted(begun.asked, rows, actor, lambda row: None)
            await write_first(session, good)
            for place in good if begun.fresh else ():
                rows[place].tier = tier
            await self._reckon_anew(session, rows, good)
        return Outcome(good, refused)

    async def protect(
        self, actor: Actor, key: str, places: Sequence[Place], until: datetime | None
    ) -> Outcome:  # fmt: skip
        """A manager keeps it from going back until then; None: no longer. Refused: 403, 404; 422 date_not_ahead."""
        actor.require(Action.CUSTOMER_ASSIGN)
        if until is not None and until <= self.now():
            raise invalid("date_not_ahead", "until")
        async with self.desk.db.session(actor.id) as session:
            begun = await self._begin(session, actor, key, "ProtectCustomers", places, until=str(until))
            rows = await places_to_change(session, begun.asked)
            good, refused = _sorted(begun.asked, rows, actor, _not_to_protect, action=Action.CUSTOMER_ASSIGN)
            for place in good if begun.fresh else ():
                rows[place].locked_until = until
            await self._reckon_anew(session, rows, good)
        return Outcome(good, refused)

    async def _begin(
        self, session: AsyncSession, actor: Actor, key: str, act: str, places: Sequence[Place], **asked: str
    ) -> Begun:  # fmt: skip
        found = list(dict.fromkeys(places))
        if len(found) > BULK:
            raise invalid("too_many", "customers", most=BULK)
        subject = f"customer/{found[0][0]}" if len(found) == 1 else "customers"
        claimed = await claim_once(session, actor, key, act, subject, {"places": sorted(found), **asked})
        done = [] if claimed.fresh else await moved_with(session, claimed.id, found)
        return Begun(claimed.id, claimed.fresh, found, done)

    async def _reckon_anew(self, session: AsyncSession, rows: dict[Place, Assignment], places: list[Place]) -> None:
        """The date may have come nearer: whose books these are in look anew."""
        await session.flush()
        await reckon(session, places)
        await rearm_beside(session, {owner for place in places if (owner := rows[place].owner_id)})

    async def _after(self, session: AsyncSession, rules: Rules, places: list[Place]) -> None:
        if places:
            await reckon(session, places, rules)
        for region in sorted({region for _, region in places}):
            await announce(session, "pool", region, 0, region=region)

    def _today(self, now: datetime) -> datetime:
        return day_began(now, self.desk.settings.zone)


def _not_to_claim(
    rules: Rules, codes: dict[str, str], row: Assignment | None, actor: Actor, room: Room, now: datetime
) -> Refused | None:
    if row is None or not (actor.scope(Action.CUSTOMER_CLAIM) == Scope.ALL or row.region_id in actor.regions):
        return not_found("customer")
    if row.owner_id is not None:
        return Refused("customer_taken", 409, by=row.owner_id)
    pool = rules.policy.pool(row.pool, codes.get(row.region_id, ""))
    if Role.ADMINISTRATOR not in actor.roles and actor.roles.isdisjoint(pool.see):
        return not_found("customer")
    lying = Lying(row.since, row.last_owner_id, row.left_at)
    return claim_refusal(rules.policy, pool, lying, actor.id, actor.roles, room, now)


def _not_to_assign(rules: Rules, codes: dict[str, str], row: Assignment | None, actor: Actor) -> Refused | None:
    if row is None or not actor.reaches(Action.CUSTOMER_READ, owner=row.owner_id, region=row.region_id):
        return not_found("customer")
    if not actor.reaches(Action.CUSTOMER_ASSIGN, owner=None, region=row.region_id):
        return forbidden(Action.CUSTOMER_ASSIGN)
    pool = rules.policy.pool(row.pool, codes.get(row.region_id, ""))
    if row.owner_id is None and actor.roles.isdisjoint({*pool.assign, Role.ADMINISTRATOR}):
        return Refused("pool_closed", 403)
    return None


def _sorted(
    asked: Sequence[Place], rows: dict[Place, Assignment], actor: Actor, check: Check,
    action: Action = Action.CUSTOMER_WORK,
) -> tuple[list[Place], dict[Place, Refused]]:  # fmt: skip
    """Those that this person may work on and nothing speaks against, and the others with what does."""
    good: list[Place] = []
    refused: dict[Place, Refused] = {}
    for place in asked:
        row = rows.get(place)
        if row is None or not actor.reaches(Action.CUSTOMER_READ, owner=row.owner_id, region=row.region_id):
            refused[place] = not_found("customer")
        elif not actor.reaches(action, owner=row.owner_id, region=row.region_id):
            refused[place] = forbidden(action)
        elif why := check(row):
            refused[place] = why
        else:
            good.append(place)
    return good, refused


def _not_to_give_back(row: Assignment) -> Refused | None:
    if row.owner_id is None:
        return Refused("customer_in_pool", 409)
    return Refused("customer_protected", 409) if row.protected else None


def _not_to_protect(row: Assignment) -> Refused | None:
    return Refused("customer_in_pool", 409) if row.owner_id is None else None
