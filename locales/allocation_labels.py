"""What the parts of an allocation, and of how customers come to people, are called: groups of `LABELS`."""

from __future__ import annotations

from locales import N_

ALLOCATION_LABELS: dict[str, dict[str, str]] = {
    "allocation": {
        "previewed": N_("Looked at"),
        "running": N_("Running"),
        "stopped": N_("Stopped"),
        "done": N_("Done"),
        "undoing": N_("Being undone"),
        "undone": N_("Undone"),
        "skipped": N_("Left out"),
    },
    "allocation_mode": {
        "even": N_("Evenly"),
        "each": N_("So many each"),
        "quota": N_("By quota"),
    },
    "allocation_why": {
        "away": N_("Away"),
        "full": N_("At capacity"),
        "no_quota": N_("No quota"),
    },
    "allocation_end": {
        "taken": N_("no longer in the pool"),
        "full": N_("they were full"),
        "followed": N_("tended since"),
        "moved": N_("changed hands since"),
    },
    "weekday": {
        "mon": N_("Monday"),
        "tue": N_("Tuesday"),
        "wed": N_("Wednesday"),
        "thu": N_("Thursday"),
        "fri": N_("Friday"),
        "sat": N_("Saturday"),
        "sun": N_("Sunday"),
    },
}
