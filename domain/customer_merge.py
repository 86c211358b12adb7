"""Which values a customer made of several has: each from one of them, and all of what may stand twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

OWN = "custom."
"""Before the key of a field that the company added."""


class Values(NamedTuple):
    """One of the customers: its columns by name, its own fields' values under `custom.<key>`."""

    id: str
    fields: Mapping[str, Any]
    tags: Sequence[str] = ()

    def value(self, key: str) -> Any:
        return self.fields.get(key)


class Choice(NamedTuple):
    """A field in which they differ: the values by customer, and whose is taken unless somebody says otherwise."""

    key: str
    values: Mapping[str, Any]
    taken: str


class Owned(NamedTuple):
    """Who follows which of them in a region."""

    region_id: str
    owners: Mapping[str, str | None]
    """By customer."""

    @property
    def disputed(self) -> bool:
        return len(set(self.owners.values())) > 1


def choices(these: Sequence[Values]) -> list[Choice]:
    """The fields of which more than one value is there, the survivor (the first) first."""
    found = []
    for key in _keys(these):
        given = {one.id: one.value(key) for one in these if _there(one.value(key))}
        if len({repr(value) for value in given.values()}) > 1:
            found.append(Choice(key, given, next(iter(given))))
    return found


def merged(these: Sequence[Values], chosen: Mapping[str, str]) -> dict[str, Any]:
    """The survivor's values that change: the chosen one's, else what the survivor lacks, and the tags of all."""
    first = these[0]
    by_id = {one.id: one for one in these}
    changed: dict[str, Any] = {}
    for key in _keys(these):
        source = by_id.get(chosen.get(key, ""))
        if source is None:
            source = next((one for one in these if _there(one.value(key))), first)
        if source.value(key) != first.value(key):
            changed[key] = source.value(key)
    tags = list(dict.fromkeys(tag for one in these for tag in one.tags))
    if tags != list(first.tags):
        changed["tags"] = tags
    return changed


def left_over(these: Sequence[Values], changed: Mapping[str, Any]) -> list[tuple[str, str | None, str | None]]:
    """Numbers and addresses that are nobody's any more, each (customer's id, phone, e-mail): they become contacts."""
    first = these[0]
    kept = {key: changed.get(key, first.value(key)) for key in ("phone", "email")}
    found: list[tuple[str, str | None, str | None]] = []
    seen = set(kept.values())
    for one in these:
        phone, email = (one.value(key) if one.value(key) not in seen else None for key in ("phone", "email"))
        if phone or email:
            found.append((one.id, phone, email))
            seen |= {phone, email}
    return found


def owned(assignments: Sequence[tuple[str, str, str | None]]) -> list[Owned]:
    """From (customer's id, region's id, owner's id) of each, the survivor's first: one for each region."""
    regions: dict[str, dict[str, str | None]] = {}
    for customer_id, region_id, owner_id in assignments:
        regions.setdefault(region_id, {})[customer_id] = owner_id
    return [Owned(region_id, owners) for region_id, owners in regions.items()]


def _keys(these: Sequence[Values]) -> list[str]:
    return list(dict.fromkeys(key for one in these for key in one.fields))


def _there(value: Any) -> bool:
    return value not in (None, "", [], {})
