"""Which contacts of customers that become one are one person, and what is kept of each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from domain.chinese import sounds
from domain.company_name import plain

FILLED = ("phone", "email", "title", "role")
"""What the one who stays takes from the other, where it is lacking."""
_CALLED = re.compile(
    r"^(?:mr|mrs|ms|dr)\.?\s+|(?:先生|女士|小姐|总经理|经理|总监|主任|老师|厂长|工程师|师傅|总|工|\s+(?:mr|mrs|ms|dr)\.?)$"
)
_NOT_NAME = re.compile(r"[\W_]+")


class Somebody(NamedTuple):
    """A contact: an E.164 number, an address. `nameless`: a number, an address or the company stands for the name."""

    id: str
    customer_id: str
    name: str
    phone: str | None = None
    email: str | None = None
    title: str | None = None
    role: str | None = None
    nameless: bool = False

    @property
    def reached(self) -> set[str]:
        return {one.lower() for one in (self.phone, self.email) if one}


class Double(NamedTuple):
    """Contact `id` is the same person as `same_as`, who lacked `given` and has it from now on."""

    id: str
    same_as: str
    given: dict[str, str]


def doubles(staying: Iterable[Somebody], coming: Iterable[Somebody]) -> list[Double]:
    """Those who come and are there already, or came with another: the same number or address, and no other name. What
    stood twice at one customer before stays so."""
    there = list(staying)
    found = []
    for one in coming:
        place = next((no for no, known in enumerate(there) if _same(known, one)), None)
        if place is None:
            there.append(one)
            continue
        known = there[place]
        given = {name: value for name in FILLED if not getattr(known, name) and (value := getattr(one, name))}
        there[place] = known._replace(**given)
        found.append(Double(one.id, known.id, given))
    return found


def _same(known: Somebody, one: Somebody) -> bool:
    if known.customer_id == one.customer_id or known.reached.isdisjoint(one.reached):
        return False
    return one.nameless or same_name(known.name, one.name)


def same_name(one: str, other: str) -> bool:
    """周明 is Zhou Ming, Ming Zhou and 周总; 周明 and 李强, who share a switchboard, are two."""
    if not _spoken(one).isdisjoint(_spoken(other)):
        return True
    return _called_by_family(one, other) or _called_by_family(other, one)


def _called_by_family(one: str, other: str) -> bool:
    """周总 for 周明; 张总 and 张工 are two."""
    called, whole = plain(one), plain(other)
    family = _CALLED.sub("", called)
    titled = family != called and 1 <= len(family) <= 2 and not family.isascii()
    return titled and whole.startswith(family) and _CALLED.sub("", whole) == whole


def _spoken(name: str) -> set[str]:
    """How it sounds, the family name first or last; titles aside."""
    bare = _CALLED.sub("", plain(name))
    bare = bare if len(bare) > 1 else plain(name)
    parts = [part for part in _NOT_NAME.split(sounds(bare)) if part]
    return {"".join(parts), "".join(parts[::-1])} - {""}
