"""What clocks, their states and the steps of a ladder are called: groups of `locales.labels.LABELS`."""

from __future__ import annotations

from locales import N_

SLA_LABELS: dict[str, dict[str, str]] = {
    "clock": {
        "first_response": N_("First response"),
        "next_response": N_("Next response"),
        "resolution": N_("Resolution"),
    },
    "ladder_act": {
        "notify": N_("a notice"),
        "reassign": N_("the ticket is handed over"),
        "task": N_("a task"),
    },
    "ladder_whom": {
        "assignee": N_("to who has the ticket"),
        "support_lead": N_("to the support lead"),
        "regional_manager": N_("to the regional manager"),
        "sales_director": N_("to the director"),
        "administrator": N_("to an administrator"),
    },
    "due_why": {
        "tier": N_("the customer's tier changed"),
        "ticket_kind": N_("its kind changed"),
        "channel": N_("its channel changed"),
        "priority": N_("its priority changed"),
        "went_on": N_("it stood still meanwhile"),
        "reopened": N_("it was opened again"),
        "customer": N_("it stood still meanwhile"),
        "joined": N_("another ticket was merged into it"),
        "sla": N_("another version of the service levels"),
        "calendar": N_("another version of the calendars"),
    },
    "sla_state": {
        "over": N_("Overdue"),
        "hour": N_("Due within an hour"),
        "today": N_("Due today"),
        "later": N_("Due later"),
        "paused": N_("Paused"),
    },
    "ticket_age": {
        "day": N_("Within a day"),
        "days3": N_("1-3 days ago"),
        "week": N_("3-7 days ago"),
        "weeks2": N_("1-2 weeks ago"),
        "older": N_("Longer ago"),
    },
    "sla_mark": {
        "amber": N_("amber"),
        "red": N_("red"),
        "breach": N_("time is up"),
    },
}
