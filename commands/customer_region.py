"""Regions that follow a customer: another one added, one that no longer does."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from commands.desk import Desk
from commands.idempotency import claim_once
from db.customer import Assignment
from db.customer_assignment import Assigned, lay_in_pool, stop_following
from db.customer_portrait import tell_owners
from db.customer_region import seen_customer
from db.lead_turn import sells_in
from db.ownership import move
from db.ownership_order import hold_customers
from db.person import OrgUnit
from domain.access import Action, Actor
from domain.customer_pool import TIERS, Tier
from domain.refusal import Refused, forbidden, invalid, not_found


class CustomerRegions:
    def __init__(self, desk: Desk) -> None:
        self.db = desk.db

    async def follow(
        self, actor: Actor, key: str, customer_id: str, region_id: str, *, owner_id: str | None = None, tier: str = "C"
    ) -> None:
        """Another region follows the customer, too, with an owner and clock of its own; without an owner it lies in
        that region's pool.

        By a manager of a region that follows it, or of the new one; whose it is there says only who may assign there.
        Raises Refused: 403, 404; 409 region_follows_already; 422 tier_unknown, owner_not_selling.
        """
        actor.require(Action.CUSTOMER_ASSIGN)
        ranked = _tier(tier)
        async with self.db.session(actor.id) as session:
            await seen_customer(session, actor, customer_id)
            await _region(session, region_id)
            theirs = actor.reaches(Action.CUSTOMER_ASSIGN, owner=None, region=region_id)
            if not theirs and (owner_id is not None or not await _leads_one(session, actor, customer_id)):
                raise forbidden(Action.CUSTOMER_ASSIGN)
            if owner_id is not None and not await sells_in(session, owner_id, region_id):
                raise invalid("owner_not_selling", "owner")
            asked = {"region": region_id, "owner": owner_id, "tier": tier}
            claimed = await claim_once(session, actor, key, "FollowCustomer", f"customer/{customer_id}", asked)
            if not claimed.fresh:
                return
            now = datetime.now(UTC)
            laid = await lay_in_pool(
                session, [customer_id], region_id, tier=ranked, pool=None, how="assigned", at=now, by=actor.id
            )
            if not laid:
                raise Refused("region_follows_already", field="region")
            if owner_id is not None:
                await move(session, [(customer_id, region_id)], to=owner_id, how="assigned", at=now, by=actor.id)
                if owner_id != actor.id:
                    await tell_owners(session, [Assigned(customer_id, region_id, owner_id, "")])

    async def end(self, actor: Actor, key: str, customer_id: str, region_id: str) -> None:
        """The region no longer follows the customer; what it did for it stays. Raises Refused: 403, 404; 409
        last_region: somebody follows every customer."""
        actor.require(Action.CUSTOMER_ASSIGN)
        async with self.db.session(actor.id) as session:
            await seen_customer(session, actor, customer_id)
            if not actor.reaches(Action.CUSTOMER_ASSIGN, owner=None, region=region_id):
                raise forbidden(Action.CUSTOMER_ASSIGN)
            claimed = await claim_once(
                session, actor, key, "EndFollowing", f"customer/{customer_id}", {"region": region_id}
            )
            if not claimed.fresh:
                return
            await hold_customers(session, [customer_id])
            rows = select(Assignment).where(Assignment.customer_id == customer_id)
            held = (await session.scalars(rows.order_by(Assignment.region_id).with_for_update())).all()
            if region_id not in {row.region_id for row in held}:
                raise not_found("customer")
            if len(held) == 1:
                raise Refused("last_region")
            place = [(customer_id, region_id)]
            await move(session, place, to=None, how="returned", reason="taken_back", at=datetime.now(UTC), by=actor.id)
            await stop_following(session, customer_id, region_id)


def _tier(value: str) -> Tier:
    for tier in TIERS:
        if tier == value:
            return tier
    raise invalid("tier_unknown", "tier")


async def _region(session: AsyncSession, region_id: str) -> None:
    region = await session.get(OrgUnit, region_id)
    if region is None or region.kind != "region":
        raise invalid("region_unknown", "region")


async def _leads_one(session: AsyncSession, actor: Actor, customer_id: str) -> bool:
    """Whether one may assign it in a region that follows it already."""
    count = select(func.count()).where(Assignment.customer_id == customer_id, Assignment.region_id.in_(actor.regions))
    return bool(await session.scalar(count))
