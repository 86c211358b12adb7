"""When a collection does something by itself, and in which order: reminders, the due day, overdue and its levels."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple, get_args

from domain.collection import CollectionRules
from domain.instalment import Instalment

What = Literal["remind", "ask", "overdue", "level"]

Reason = Literal["quality", "delivery", "invoice", "price", "other"]
"""What a customer disputes."""
REASONS: tuple[Reason, ...] = get_args(Reason)


class Moment(NamedTuple):
    at: datetime
    what: What
    instalment: Instalment


def next_moment(instalments: Iterable[Instalment], rules: CollectionRules) -> Moment | None:
    """The first that is still to come; what is past comes at once, in the order of its instants."""
    found = [moment for one in instalments if (moment := next_of(one, rules))]
    return min(found, key=lambda moment: (moment.at, moment.instalment.no), default=None)


def next_of(one: Instalment, rules: CollectionRules) -> Moment | None:
    """A dispute stops everything, a promise the levels alone."""
    if not one.open or one.disputed or one.due_at is None or one.ask_at is None or one.counts_from is None:
        return None
    reminders = sorted(rules.reminders, reverse=True)
    if one.reminded < len(reminders) and not one.overdue:
        return Moment(one.due_at - reminders[one.reminded], "remind", one)
    if one.task_id is None and not one.overdue:
        return Moment(one.ask_at, "ask", one)
    if not one.overdue:
        return Moment(one.counts_from, "overdue", one)
    if one.level < len(rules.levels) and one.stopped_at is None:
        return Moment(one.counts_from + rules.levels[one.level].after, "level", one)
    return None


def stop(one: Instalment, now: datetime) -> None:
    if one.stopped_at is None:
        one.stopped_at = now


def resume(one: Instalment, now: datetime) -> None:
    """The clock goes on with exactly what was left when it stopped."""
    if one.stopped_at is None:
        return
    if one.counts_from is not None:
        one.shift += max(now - max(one.stopped_at, one.counts_from), now - now)
    one.stopped_at = None


def bring_forward(one: Instalment, rules: CollectionRules, now: datetime) -> None:
    """The next level comes at once; those after it keep their distance."""
    if one.overdue and one.due_at is not None and one.level < len(rules.levels):
        one.shift = now - one.due_at - rules.levels[one.level].after


def skip_past(one: Instalment, rules: CollectionRules, now: datetime) -> None:
    """Reminders for instants that are over when a due day becomes known are not sent late."""
    if one.due_at is None:
        return
    due = one.due_at
    one.reminded = sum(due - reminder <= now for reminder in rules.reminders)
