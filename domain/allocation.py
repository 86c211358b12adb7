"""Allocation of pool customers to people: how many each gets, and who gets which; the same for the same seed.

Evenly, so many each, or in proportion to quotas; nobody over the room they have, and no customer to its last owner
while that one cools off. What order customers and people are given in changes nothing.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.customer_pool import Tier

Mode = Literal["even", "each", "quota"]
Skipped = Literal["away", "full", "no_quota"]
"""Why somebody gets nothing: away, at capacity, or without a quota of their own."""

MOST = 1_000_000
"""Customers in one allocation."""
Count = Annotated[int, Field(ge=0, le=MOST)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Words = Annotated[tuple[Word, ...], Field(max_length=50)]


class Wanted(BaseModel):
    """Which customers of the pool: those that have one of the values of each; none: any."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tiers: Annotated[tuple[Tier, ...], Field(max_length=5)] = ()
    industries: Words = ()
    provinces: Words = ()
    sources: Words = ()


class Terms(BaseModel):
    """How customers are allocated. `even`: all of them, or `most`, evenly; `each`: so many to everybody; `quota`: to
    each up to their own number, and in proportion where there are too few.

    `people` are those asked to take part; none: everybody who sells in the region. `pool`: its key; None: every pool
    of the region.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode = "even"
    each: Annotated[int, Field(ge=1, le=MOST)] | None = None
    most: Annotated[int, Field(ge=1, le=MOST)] | None = None
    quotas: dict[str, Count] = {}
    people: Annotated[tuple[str, ...], Field(max_length=500)] = ()
    pool: str | None = None
    wanted: Wanted = Wanted()


class Seat(NamedTuple):
    """Somebody who may get customers. `has`: those they own now; `room`: how many more they may have, None: any."""

    person: str
    has: int = 0
    room: int | None = None
    away: bool = False


class Pooled(NamedTuple):
    """A customer of the pool. `not_to` is its last owner, who cools off."""

    customer: str
    not_to: str | None = None


class Given(NamedTuple):
    customer: str
    person: str


class Share(NamedTuple):
    """What one person gets; `why` where it is nothing."""

    person: str
    has: int
    gets: int
    why: Skipped | None = None


def lot(seed: int, name: str) -> bytes:
    """A name's place in the order that a seed draws."""
    return blake2b(f"{seed}/{name}".encode(), digest_size=12).digest()


def skipped(terms: Terms, seat: Seat) -> Skipped | None:
    """Why somebody takes no part."""
    if seat.away:
        return "away"
    if seat.room is not None and seat.room <= 0:
        return "full"
    if terms.mode == "quota" and not terms.quotas.get(seat.person):
        return "no_quota"
    return None


def allocate(terms: Terms, customers: Sequence[Pooled], seats: Sequence[Seat], seed: int) -> list[Given]:
    """Who gets which customer, dealt out in turns, so that any beginning of the list is as fair as the whole."""
    limits = _limits(terms, customers, seats)
    total = min(sum(limits.values()), len(customers), terms.most or MOST)
    turns = _turns(terms, limits, total, seed)
    ordered = sorted(customers, key=lambda one: (lot(seed, one.customer), one.customer))
    chosen = _chosen(ordered, Counter(turns), total)
    return _without_last_owners(chosen, turns)


def shares(terms: Terms, seats: Iterable[Seat], given: Iterable[Given]) -> list[Share]:
    """Everybody asked, by person."""
    gets = Counter(one.person for one in given)
    return [Share(one.person, one.has, gets[one.person], skipped(terms, one)) for one in sorted(seats)]


def _limits(terms: Terms, customers: Sequence[Pooled], seats: Sequence[Seat]) -> dict[str, int]:
    """The most each may get: room, number or quota, and the customers that were not theirs just now."""
    barred = Counter(one.not_to for one in customers)
    limits = {}
    for seat in seats:
        if skipped(terms, seat):
            continue
        most = len(customers) - barred[seat.person]
        asked = {"even": None, "each": terms.each, "quota": terms.quotas.get(seat.person, 0)}[terms.mode]
        limits[seat.person] = min(limit for limit in (most, asked, seat.room) if limit is not None)
    return limits


def _turns(terms: Terms, limits: Mapping[str, int], total: int, seed: int) -> list[str]:
    """Whose turn it is, `total` times: always whoever is least far; the first places are drawn."""
    weights = terms.quotas if terms.mode == "quota" else {}

    def far(person: str, has: int) -> int:
        """How far somebody is with `has`, in millionths of what they are to have."""
        return (2 * has + 1) * 1_000_000 // (weights.get(person) or 1)

    line = [(far(person, 0), lot(seed, person), person) for person, limit in limits.items() if limit > 0]
    heapq.heapify(line)
    got: Counter[str] = Counter()
    turns = []
    for _ in range(total):
        _, place, person = heapq.heappop(line)
        turns.append(person)
        got[person] += 1
        if got[person] < limits[person]:
            heapq.heappush(line, (far(person, got[person]), place, person))
    return turns


def _chosen(ordered: Sequence[Pooled], shared: Counter[str], total: int) -> list[Pooled]:
    """The first customers, changed as little as it takes that everybody's share can be made up of others than those
    they lost just now: at most one person can lack some."""
    chosen, others = list(ordered[:total]), ordered[total:]
    barred = Counter(one.not_to for one in chosen)
    for person, count in shared.items():
        lacking = count - (total - barred[person])
        if lacking <= 0:
            continue
        fit = iter([one for one in others if one.not_to != person][:lacking])
        for at in reversed(range(total)):
            if chosen[at].not_to == person:
                other = next(fit, None)
                if other is None:
                    break
                chosen[at] = other
    return chosen


def _without_last_owners(chosen: Sequence[Pooled], turns: Sequence[str]) -> list[Given]:
    """Each customer whose turn is its last owner's swaps places with the next one for which both are right."""
    dealt = list(turns)
    looked: Counter[str] = Counter()
    for at, one in enumerate(chosen):
        person = dealt[at]
        if one.not_to != person:
            continue
        other = looked[person]
        while dealt[other] == person or chosen[other].not_to == person:
            other += 1
        dealt[at], dealt[other] = dealt[other], person
        looked[person] = other + 1
    return [Given(one.customer, person) for one, person in zip(chosen, dealt, strict=True)]
