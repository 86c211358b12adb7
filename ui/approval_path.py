"""The path of an approval in words: each step with whom it asks, why it is there, and how each of them answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.approval import ApprovalPolicy
from domain.approval_path import PathStep, Seat, current
from locales import N_
from locales.labels import label
from ui.policy_words import PolicyWords

STATES = {
    "approved": "done", "returned": "returned", "rejected": "refused", "open": "current", "pending": "next",
    "waiting": "next", "withdrawn": "skipped", "skipped": "skipped", "void": "skipped",
}  # fmt: skip
"""A step's or a seat's status -> how `ui.steps` shows it."""

NOTES = {
    "no_row": N_("The policy has no rule for this case: an administrator decides"),
    "nobody": N_("Nobody was left to decide: an administrator answers for it"),
    "carried": N_("Approved with an earlier version"),
}
CAME = {
    "above": N_("asked as the next above"),
    "earlier": N_("has approved an earlier step"),
    "delegated": N_("asked instead by delegation"),
    "handed_on": N_("handed on to them"),
    "passed": N_("asked instead: time was up"),
    "left": N_("asked instead: the person before left the company"),
}
"""How a seat's holders came to it, where not by the policy."""


@dataclass(frozen=True)
class Looked:
    """When the reader last looked: what others did since then is new to them."""

    reader: str
    since: datetime

    def new(self, at: datetime, by: str | None) -> bool:
        return at > self.since and by != self.reader


@dataclass(frozen=True)
class PathWords:
    """For one reader; `mine` is the id of the task whose turn they have, empty: none.

    `holding` says which people have each key that is waited for.
    """

    words: PolicyWords
    policy: ApprovalPolicy | None
    holding: Mapping[str, Sequence[str]]
    mine: str = ""
    looked: Looked | None = None

    def steps(self, path: Iterable[PathStep]) -> list[dict[str, Any]]:
        """As `ui.steps` shows them."""
        return [self._step(step) for step in path]

    def _step(self, step: PathStep) -> dict[str, Any]:
        status = step.last.status if step.status == "void" and step.last else step.status
        called = self.words.step(step.step)
        shown = {"state": STATES[status], "role": called[:1].upper() + called[1:], "notes": self._notes(step)}
        if len(step.seats) > 1:
            return shown | self._timed(step) | {"seats": [self._seat(seat) for seat in step.seats]}
        if step.seats:
            seat = self._seat(step.seats[0])
            shown["notes"] += seat.pop("notes")
            return shown | seat | {"state": STATES[status], "who": self._besides(step, seat["who"])}
        return shown | self._timed(step)

    def _timed(self, step: PathStep) -> dict[str, Any]:
        if step.status == "pending":
            return {"end": self.words.time(step.step)}
        return {"at": step.last.at} if step.last and step.status != "open" else {}

    def _besides(self, step: PathStep, who: str) -> str:
        """Whom a step names beside its title, where that says something else."""
        called = self.words.step(step.step) if step.step.name else self.words.approvers(step.step)
        return "" if who == called else who

    def _seat(self, seat: Seat) -> dict[str, Any]:
        shown = {"state": STATES[seat.status], "who": self._who(seat), "notes": self._told(seat)}
        if seat.at:
            return shown | {"at": seat.at, "fresh": bool(self.looked and self.looked.new(seat.at, seat.by))}
        if seat.status == "open" and seat.due_at:
            return shown | {"due": seat.due_at, "start": seat.opened_at}
        return shown

    def _who(self, seat: Seat) -> str:
        names, _ = self.words.names, self.words._
        if seat.by == "system":
            return _(N_("time was up"))
        if seat.by and seat.behalf_of:
            return _(N_("%(by)s for %(absent)s"), by=names.person(seat.by), absent=names.person(seat.behalf_of))
        if seat.by:
            return names.person(seat.by)
        if self.mine and seat.task_id == self.mine:
            return _(N_("you"))
        return self.called(seat.holders)

    def called(self, keys: Iterable[str]) -> str:
        return self.words.names.holding(keys, self.holding)

    def _told(self, seat: Seat) -> list[str]:
        """What is to be known of a seat beside who and when."""
        _ = self.words._
        told = [_(CAME[seat.came])] if seat.came in CAME else []
        if seat.condition:
            told.append(_(N_("On condition: %(condition)s"), condition=seat.condition))
        return told

    def _notes(self, step: PathStep) -> list[str]:
        told = [self._why(step)]
        if step.status == "skipped":
            why = label("skipped", step.note, self.words.language)
            told.append(self.words._(N_("Left out: %(why)s"), why=why))
        elif step.note in NOTES:
            told.append(self.words._(NOTES[step.note]))
        return [note for note in told if note]

    def _why(self, step: PathStep) -> str:
        """The policy's row that asked for it, in words; or who added it."""
        if step.added_by:
            by = self.words.names.person(step.added_by)
            if step.added_why:
                return self.words._(N_("Added by %(by)s: %(why)s"), by=by, why=step.added_why)
            return self.words._(N_("Added by %(by)s"), by=by)
        if self.policy is None:
            return ""
        table = self.policy.table
        if all(step.key in {s.key for s in row.then.steps} for row in table.rows):
            return self.words._(N_("Approves every request"))
        row = next((row for row in table.rows if row.id == step.reason), None)
        return self.words.when(table, row) if row else ""

    def after(self, path: list[PathStep], task_id: str) -> str:
        """Whose turn it is once this task is approved; empty: nobody's, then all is approved."""
        step = current(path)
        if step is None:
            return ""
        if step.step.mode != "any":
            others = [s for s in step.seats if s.task_id != task_id and s.status in ("open", "waiting")]
            if others:
                return self.called(key for seat in others for key in seat.holders)
        pending = (s for s in path if s.status == "pending" and s is not step)
        following = next(pending, None)
        return self.words.step(following.step) if following else ""
