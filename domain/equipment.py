"""Customers' equipment: its warranty, and when it is to be maintained."""

from datetime import date, datetime, timedelta


def under_warranty(until: date | None, today: date) -> bool | None:
    """The last day counts. None: nobody has entered one."""
    return None if until is None else today <= until


def next_due(was: datetime, every: timedelta | None, at: datetime) -> datetime | None:
    """When it is due after the maintenance that fell due at `was`: the next of its instants that is still to come, so
    that a long stop of the plant, or of ours, opens one ticket and not one for each cycle that was missed."""
    if every is None:
        return None
    missed = max(0, (at - was) // every)
    return was + (missed + 1) * every
