"""Whether somebody who turns to us is known already: for certain, likely, or not; and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from domain.company_name import company_key, nearness

Kind = Literal["lead", "customer"]
LIKELY_MOST = 5
STRENGTH = ("phone", "email", "name", "company", "near_company", "same_sound", "longer_company")
"""What may be shared, the strongest first."""


@dataclass(frozen=True)
class Somebody:
    """Who turns to us: E.164 number, lower-case address, names as they wrote them."""

    company: str = ""
    name: str = ""
    phone: str | None = None
    email: str | None = None

    @property
    def company_key(self) -> str:
        return company_key(self.company)


@dataclass(frozen=True)
class Known(Somebody):
    """A lead or a customer's contact that shares something; `id` is the lead's, or the customer's.

    `ended`: the lead was closed. `converted`: it became `customer_id`.
    """

    kind: Kind = "lead"
    id: str = ""
    ended: bool = False
    converted: bool = False
    customer_id: str | None = None


@dataclass(frozen=True)
class Likeness:
    """`why`: what is shared, the strongest first. `certain`: it is the same person."""

    kind: Kind
    id: str
    why: tuple[str, ...]
    certain: bool = False


@dataclass(frozen=True)
class Recognised:
    """`lead_id` is the lead that this is one more touch of, `came_back` whether that one was closed. `customer_id` is
    the customer that a new lead is from. `likely` are for a person to look at."""

    lead_id: str | None = None
    came_back: bool = False
    customer_id: str | None = None
    why: tuple[str, ...] = ()
    likely: tuple[Likeness, ...] = field(default=())


def likeness(who: Somebody, known: Known) -> Likeness | None:
    """None where nothing that counts is shared.

    A number or an address that is shared makes it the same person, unless both names are others: a switchboard, or
    info@, has many people behind it.
    """
    why = [part for part in ("phone", "email") if getattr(who, part) and getattr(who, part) == getattr(known, part)]
    reached = bool(why)
    same_person = _same_name(who.name, known.name)
    company = nearness(who.company_key, known.company_key)
    if same_person and (reached or company):
        why.append("name")
    if company:
        why.append(company)
    if not why:
        return None
    strangers = bool(who.name and known.name and not same_person) and bool(who.company_key and known.company_key)
    certain = reached and not (strangers and company is None)
    return Likeness(known.kind, known.id, tuple(why), certain)


def recognise(who: Somebody, candidates: Iterable[Known]) -> Recognised:
    """What becomes of it, from all that shares something with it; of several that fit the first given."""
    found = [(known, like) for known in candidates if (like := likeness(who, known))]
    certain = [(known, like) for known, like in found if like.certain]
    leads = [pair for pair in certain if pair[0].kind == "lead" and not pair[0].converted]
    for wanted_ended in (False, True):
        for known, like in leads:
            if known.ended is wanted_ended:
                return Recognised(lead_id=known.id, came_back=known.ended, why=like.why)
    for known, like in certain:
        customer_id = known.id if known.kind == "customer" else known.customer_id
        if customer_id:
            return Recognised(customer_id=customer_id, why=like.why)
    return Recognised(likely=strongest(like for known, like in found if known.kind == "customer" or not known.ended))


def kept_apart(who: Somebody, candidates: Iterable[Known]) -> Recognised:
    """Somebody saw what it is like and says it is another: nothing is attached, and nobody is asked again."""
    found = strongest(like for known in candidates if (like := likeness(who, known)))
    return Recognised(why=found[0].why if found else ())


def strongest(found: Iterable[Likeness]) -> tuple[Likeness, ...]:
    """Each record once, by what is shared; what is certain first."""
    best: dict[tuple[str, str], Likeness] = {}
    for like in found:
        rank = best.get((like.kind, like.id))
        if rank is None or _rank(like) < _rank(rank):
            best[like.kind, like.id] = like
    return tuple(sorted(best.values(), key=_rank)[:LIKELY_MOST])


def _rank(like: Likeness) -> tuple[bool, int, int]:
    return (not like.certain, STRENGTH.index(like.why[0]), -len(like.why))


def _same_name(one: str, other: str) -> bool:
    plain = ["".join(name.casefold().split()) for name in (one, other)]
    return bool(plain[0]) and plain[0] == plain[1]
