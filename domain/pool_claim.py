"""Whether somebody may have a customer of the pool now: decided from what is known while its row is locked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.access import Role
from domain.customer_pool import PoolPolicy, PoolRules, Quota
from domain.refusal import Refused


class Room(NamedTuple):
    """What somebody has of their quota: customers in all, and those claimed today."""

    quota: Quota
    total: int
    today: int

    @property
    def left(self) -> int | None:
        """How many more they may claim now; None: any number."""
        lefts = [
            most - had
            for most, had in ((self.quota.total, self.total), (self.quota.daily, self.today))
            if most is not None
        ]
        return max(min(lefts), 0) if lefts else None

    def more(self) -> Room:
        return self._replace(total=self.total + 1, today=self.today + 1)

    def refusal(self, *, claiming: bool) -> Refused | None:
        if self.quota.total is not None and self.total >= self.quota.total:
            return Refused("pool_total_full" if claiming else "pool_their_hands_full", 409, most=self.quota.total)
        if claiming and self.quota.daily is not None and self.today >= self.quota.daily:
            return Refused("pool_daily_full", 409, most=self.quota.daily)
        return None


def day_began(now: datetime, zone: str) -> datetime:
    """When the company's day began, from which claims are counted."""
    here = ZoneInfo(zone)
    return datetime.combine(now.astimezone(here).date(), time(), here).astimezone(UTC)


class Lying(NamedTuple):
    """A customer in a pool: since when, and who had it until when."""

    since: datetime
    last_owner_id: str | None
    left_at: datetime | None


def free_at(policy: PoolPolicy, lying: Lying, person: str) -> datetime | None:
    """From when this person may claim it, where that is not at once: it rests, or they cool off."""
    ends = [lying.since + policy.rest] if policy.rest is not None else []
    if policy.cooling_off is not None and lying.last_owner_id == person and lying.left_at is not None:
        ends.append(lying.left_at + policy.cooling_off)
    return max(ends, default=None)


def may_claim(pool: PoolRules, roles: Iterable[Role]) -> bool:
    return not set(pool.claim).isdisjoint(roles) or Role.ADMINISTRATOR in set(roles)


def claim_refusal(
    policy: PoolPolicy, pool: PoolRules, lying: Lying, person: str, roles: Iterable[Role], room: Room, now: datetime
) -> Refused | None:
    if not may_claim(pool, roles):
        return Refused("pool_closed", 403)
    until = free_at(policy, lying, person)
    if until is not None and until > now:
        cooling = lying.last_owner_id == person
        return Refused("customer_cooling" if cooling else "customer_resting", 409, until=until.isoformat())
    return room.refusal(claiming=True)
