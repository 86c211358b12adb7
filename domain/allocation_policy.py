"""When a region's pool is allocated by itself, and how: weekly, on its days, at its hour."""

from datetime import time
from typing import Annotated, Any, ClassVar, Literal, Self, get_args
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, model_validator

from domain.allocation import MOST, Terms, Wanted
from domain.approver import Code
from domain.customer_pool import Tier
from domain.document import Key, PolicyDocument, Strict, duplicates, fault, refuse_faults

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Words = Annotated[tuple[Word, ...], Field(max_length=50)]
Number = Annotated[int, Field(ge=1, le=MOST)]


class Weekly(Strict):
    """One region's allocation. `zone`: whose clock `at` is on; none: the company's. With `each` everybody gets that
    many, else all are shared evenly; never more than `most` at a time. Quotas go by the pool's own limits.
    `paused`: not for now, without forgetting how.
    """

    region: Code
    days: Annotated[tuple[Day, ...], Field(min_length=1, max_length=7)]
    at: Clock
    zone: Annotated[str, StringConstraints(min_length=1, max_length=60)] | None = None
    pool: Key | None = None
    each: Number | None = None
    most: Number | None = None
    tiers: Annotated[tuple[Tier, ...], Field(max_length=5)] = ()
    industries: Words = ()
    provinces: Words = ()
    sources: Words = ()
    paused: bool = False

    @property
    def clock(self) -> time:
        return time.fromisoformat(self.at)

    @property
    def terms(self) -> Terms:
        wanted = Wanted(
            tiers=self.tiers, industries=self.industries, provinces=self.provinces, sources=self.sources
        )  # fmt: skip
        mode: Literal["each", "even"] = "each" if self.each else "even"
        return Terms(mode=mode, each=self.each, most=self.most, pool=self.pool, wanted=wanted)


class AllocationPolicy(PolicyDocument):
    """The regions whose pools are allocated by the clock, each at most once in the list; none are without one."""

    kind: ClassVar[str] = "allocation"
    default: ClassVar[dict[str, Any]] = {"engine": 1, "weekly": []}

    weekly: Annotated[tuple[Weekly, ...], Field(max_length=200)] = ()

    @model_validator(mode="after")
    def each_region_once(self) -> Self:
        faults = [
            fault(["weekly"], "allocation_region_doubled", "Region {region} stands here twice.", region=region)
            for region in duplicates([one.region for one in self.weekly])
        ]
        faults += [
            fault(["weekly", no, "zone"], "zone_unknown", "There is no time zone {zone}.", zone=one.zone)
            for no, one in enumerate(self.weekly)
            if one.zone is not None and not _is_zone(one.zone)
        ]
        refuse_faults(self, faults)
        return self

    def of(self, region: str) -> Weekly | None:
        return next((one for one in self.weekly if one.region == region), None)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: a folder of zones, such as "Europe"
        return False
    return True
