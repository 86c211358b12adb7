"""The public pool (公海): who finds, claims and gives its customers, how many one may have, and when one goes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from domain.access import Role
from domain.document import Duration, Key, Label, PolicyDocument, Strict, duplicates, fault, refuse_faults

LOOKED = timedelta(days=1)
"""A book looks again by itself: a row changed past our commands, or planned for a later day, is seen within a day."""

Tier = Literal["A", "B", "C", "D", "E"]
TIERS: tuple[Tier, ...] = get_args(Tier)
How = Literal[
    "assigned", "claimed", "allocated", "imported", "lead", "rule", "returned", "recycled", "merged", "undone"
]
"""How an assignment came to stand as it does: a person's choice, a rule or an import; back in the pool it is
`returned` by somebody, or `recycled` by a clock."""
Back = Literal["no_follow_up", "no_deal", "given_back", "owner_left", "taken_back", "undone"]
"""Why a customer came back to its pool: not tended, no deal, by its owner, by leaving, by a manager, by an undo."""
BACK: tuple[Back, ...] = get_args(Back)
Guard = Literal["deal", "contract"]
"""What keeps a customer with its owner as long as it lasts: an open deal, a contract under way or running."""

PoolRole = Literal[Role.SALES, Role.SENIOR_SALES, Role.REGIONAL_MANAGER, Role.SALES_DIRECTOR, Role.ADMINISTRATOR]
POOL_ROLES: tuple[Role, ...] = get_args(PoolRole)
OWNING: tuple[Role, ...] = (Role.SENIOR_SALES, Role.SALES, Role.REGIONAL_MANAGER, Role.SALES_DIRECTOR)
"""Roles that have a capacity; the widest of a person's counts."""
Hidden = Literal["phone", "email", "contacts", "address", "tax_number", "domain"]
HIDDEN: tuple[Hidden, ...] = get_args(Hidden)
"""What a pool may keep from those who have not claimed."""


class TierLimits(Strict):
    """How long a customer of the tier stays without a follow-up, and without a deal (none: for ever); `warn` before."""

    no_follow_up: Duration | None = None
    no_deal: Duration | None = None
    warn: Duration = timedelta(days=3)


Roles = Annotated[tuple[PoolRole, ...], Field(max_length=len(POOL_ROLES))]
RegionCode = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class PoolRules(Strict):
    """A pool of each of the `regions` (their codes; none: of all), and of one product line where it names one."""

    key: Key
    name: Label
    regions: Annotated[tuple[RegionCode, ...], Field(max_length=200)] = ()
    product: Annotated[str, StringConstraints(min_length=1, max_length=60)] | None = None
    see: Roles = get_args(PoolRole)
    claim: Roles = (Role.SALES, Role.SENIOR_SALES)
    assign: Roles = (Role.REGIONAL_MANAGER, Role.SALES_DIRECTOR, Role.ADMINISTRATOR)
    hidden: Annotated[tuple[Hidden, ...], Field(max_length=len(HIDDEN))] = ("phone", "email", "contacts")
    back_to: Key | None = None

    def of_region(self, code: str) -> bool:
        return not self.regions or code in self.regions


Most = Annotated[int, Field(ge=0, le=10_000_000)]


class Quota(Strict):
    """How many customers one may claim on a day, and have at a time; none: no limit."""

    daily: Most | None = None
    total: Most | None = None


class Due(NamedTuple):
    """When a customer goes back, since when its owner is warned, and why it would."""

    at: datetime
    warn_at: datetime
    why: Back


class Course(NamedTuple):
    """What the clock of an assignment counts from. `ended_at` is when its last deal or contract was over, or the last
    deal was won; `kept_until` until when a manager keeps it from going back."""

    tier: Tier
    since: datetime
    followed_at: datetime | None = None
    ended_at: datetime | None = None
    kept_until: datetime | None = None


DEFAULT: dict[str, Any] = {
    "engine": 1,
    "pools": [
        {
            "key": "region",
            "name": {"zh": "区域公海", "en": "Regional pool"},
            "hidden": ["phone", "email", "contacts"],
        }
    ],
    "tiers": {
        "A": {"no_follow_up": "P30D", "no_deal": "P365D", "warn": "P5D"},
        "B": {"no_follow_up": "P15D", "no_deal": "P270D", "warn": "P3D"},
        "C": {"no_follow_up": "P10D", "no_deal": "P180D", "warn": "P3D"},
        "D": {"no_follow_up": "P7D", "no_deal": "P90D", "warn": "P2D"},
        "E": {"no_follow_up": "P3D", "no_deal": "P60D", "warn": "P1D"},
    },
    "capacity": {
        "sales": {"daily": 20, "total": 500},
        "senior_sales": {"daily": 30, "total": 800},
        "regional_manager": {"daily": 50, "total": 2000},
        "sales_director": {},
    },
    "cooling_off": "P7D",
    "rest": None,
}


class PoolPolicy(PolicyDocument):
    """With a `calendar` the whole days of the tiers' limits are working days of it; hours and seconds always run.

    `product_field` is the customers' own field that says their product line; none, or empty: what their latest lead
    asked about. `together` gathers what is to be warned of within that time into one list. `cooling_off` keeps the last
    owner, and `rest` everybody, from claiming a customer that came to the pool less than so long ago. `people` are
    quotas of persons, by id, which go before those of their roles.
    """

    kind: ClassVar[str] = "pool"
    default: ClassVar[dict[str, Any]] = DEFAULT

    pools: Annotated[tuple[PoolRules, ...], Field(min_length=1, max_length=200)]
    tiers: dict[Tier, TierLimits]
    product_field: Key | None = None
    calendar: Key | None = None
    together: Duration = timedelta(days=1)
    capacity: dict[PoolRole, Quota] = {}
    people: Annotated[dict[Annotated[str, Field(max_length=60)], Quota], Field(max_length=10_000)] = {}
    cooling_off: Duration | None = None
    rest: Duration | None = None

    @model_validator(mode="after")
    def leads_everywhere(self) -> Self:
        known = {pool.key for pool in self.pools}
        faults = [
            fault(["tiers"], "tier_missing", "Tier {tier} has no limits.", tier=tier)
            for tier in TIERS
            if tier not in self.tiers
        ]
        faults += [
            fault(["pools", no, "back_to"], "pool_unknown", "There is no pool {pool}.", pool=pool.back_to)
            for no, pool in enumerate(self.pools)
            if pool.back_to is not None and pool.back_to not in known
        ]
        faults += [
            fault(["pools"], "pool_twice", "There are two pools {pool}.", pool=key)
            for key in duplicates([pool.key for pool in self.pools])
        ]
        refuse_faults(self, faults)
        return self

    def pool(self, key: str | None, region: str) -> PoolRules:
        """The pool of this key, or where it is none, or no more, the first of the region (its code)."""
        here = [pool for pool in self.pools if pool.of_region(region)]
        return next((pool for pool in self.pools if pool.key == key), None) or next(iter(here), self.pools[0])

    def back_to(self, key: str | None, region: str, product: str | None = None) -> str:
        """The pool that a customer of this one goes back to: where this one sends it, or that of its product line."""
        here = self.pool(key, region)
        return here.back_to or self.of_product(product, region) or here.key

    def of_product(self, product: str | None, region: str) -> str | None:
        """The region's pool of a product line, where it has one."""
        wanted = (product or "").strip().casefold()
        own = (pool.key for pool in self.pools_of(region) if pool.product and pool.product.strip().casefold() == wanted)
        return next(own, None)

    @property
    def by_product(self) -> bool:
        """Whether any pool is of one product line."""
        return any(pool.product for pool in self.pools)

    def pools_of(self, region: str) -> list[PoolRules]:
        return [pool for pool in self.pools if pool.of_region(region)]

    def quota(self, person: str, roles: Iterable[str]) -> Quota:
        """The widest of the person's roles, for the day and in all; a person's own goes before it."""
        if person in self.people:
            return self.people[person]
        held = [quota for role, quota in self.capacity.items() if role in set(roles)]
        return Quota(daily=_widest([q.daily for q in held]), total=_widest([q.total for q in held]))


def _widest(limits: list[int | None]) -> int | None:
    return None if None in limits else max((most for most in limits if most is not None), default=None)


def open_values(values: Mapping[str, Any], hidden: Iterable[str]) -> dict[str, Any]:
    """What may be shown of a customer in a pool: the one rule by which pool, list, export and import hide."""
    unseen = {*hidden}
    return {key: None if key in unseen else value for key, value in values.items()}
