"""How customers came to somebody, as a list calls it: groups of `locales.labels.LABELS`."""

from __future__ import annotations

from locales import N_

CUSTOMER_LIST_LABELS: dict[str, dict[str, str]] = {
    "assignment_how": {
        "assigned": N_("Assigned"),
        "claimed": N_("Claimed"),
        "allocated": N_("Allocated"),
        "imported": N_("Imported"),
        "lead": N_("From a lead"),
        "rule": N_("By rule"),
        "returned": N_("Given back"),
        "recycled": N_("Went back to the pool"),
        "merged": N_("Merged"),
        "undone": N_("Undone"),
    },
}
