"""Who sits in a step of an approval, given who was found: the rules for nobody, oneself, and the same person twice."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from domain.access import person_key
from domain.approval import Rules, Step
from domain.approval_path import Seat


@dataclass(frozen=True)
class Candidate:
    """Somebody whom a step asks for: `people` are the active ones who hold `key`.

    `above_key` is the nearest above whom somebody but the submitter holds.
    """

    key: str
    people: set[str]
    ladder: list[str]
    above_key: str
    above_people: set[str]
    above_ladder: list[str]


def take_seats(
    step: Step, rules: Rules, candidates: list[Candidate], submitter: str, approved: list[str], administrator: str
) -> tuple[list[Seat], str]:
    """The seats, and why the step is skipped where there is none: `nobody`, `own` or `twice`.

    `approved` are the people who approved so far, in order.
    """
    seats: list[tuple[Seat, set[str]]] = []
    why = "nobody"
    for candidate in candidates:
        taken = _seat(rules, candidate, submitter, administrator)
        if isinstance(taken, str):
            why = taken
        else:
            seats.append(taken)
    if step.mode == "any":
        merged = _together(seats)
    else:
        merged = [one for seat, people in seats for one in _each(seat, people, submitter, step.mode == "all")]
    for seat, people in merged:
        _excuse(seat, people, rules, approved)
    found: list[Seat] = []
    asked: set[Collection[str]] = set()
    for seat, people in merged:  # nobody has two seats, by name and by a role that nobody else holds
        called = {tuple(seat.holders), *([frozenset(people)] if len(people) == 1 else [])}
        if not called & asked:
            found.append(seat)
        asked |= called
    if found and all(seat.status == "approved" for seat in found):
        return found, "twice"
    return found, "" if found else why


def _seat(rules: Rules, one: Candidate, submitter: str, administrator: str) -> tuple[Seat, set[str]] | str:
    others = one.people - {submitter}
    if others or (one.people and rules.own == "allow"):
        return Seat(holders=[one.key], ladder=one.ladder), one.people if rules.own == "allow" else others
    rule, why = (rules.own, "own") if one.people else (rules.nobody, "nobody")
    if rule == "skip":
        return why
    if rule == "administrator":
        return Seat(holders=[administrator], came="above"), set()
    return Seat(holders=[one.above_key], ladder=one.above_ladder, came="above"), one.above_people - {submitter}


def _together(seats: list[tuple[Seat, set[str]]]) -> list[tuple[Seat, set[str]]]:
    """Any one of them: one seat that all may take."""
    if not seats:
        return []
    holders = list(dict.fromkeys(key for seat, _ in seats for key in seat.holders))
    ladder = list(dict.fromkeys(key for seat, _ in seats for key in seat.ladder if key not in holders))
    came = "above" if all(seat.came == "above" for seat, _ in seats) else "policy"
    return [(Seat(holders=holders, ladder=ladder, came=came), set().union(*(people for _, people in seats)))]


def _each(seat: Seat, people: set[str], submitter: str, split: bool) -> list[tuple[Seat, set[str]]]:
    """Where all of a role must agree, each of its people has a seat."""
    if not split or len(people) < 2:
        return [(seat, people)]
    return [
        (seat.model_copy(update={"holders": [person_key(one)], "ladder": [*seat.holders, *seat.ladder]}), {one})
        for one in sorted(people)
    ]


def _excuse(seat: Seat, people: set[str], rules: Rules, approved: list[str]) -> None:
    """Somebody who approved before is not asked again, where the rules say so."""
    counted = {"once": approved, "consecutive": approved[-1:], "ask": []}[rules.twice]
    if len(people) == 1 and people <= set(counted):
        seat.status, seat.by, seat.came = "approved", next(iter(people)), "earlier"
