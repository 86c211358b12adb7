"""What the parts of a ticket are called: groups of `locales.labels.LABELS`."""

from __future__ import annotations

from locales import N_

TICKET_LABELS: dict[str, dict[str, str]] = {
    "ticket": {
        "new": N_("New"),
        "triage": N_("To be sorted"),
        "queued": N_("In the queue"),
        "assigned": N_("In hand"),
        "waiting_customer": N_("Waits for the customer"),
        "waiting_third": N_("Waits for a third party"),
        "resolved": N_("Resolved"),
        "closed": N_("Closed"),
        "merged": N_("Merged"),
    },
    "ticket_kind": {
        "question": N_("Question"),
        "fault": N_("Fault"),
        "complaint": N_("Complaint"),
        "request": N_("Request"),
        "maintenance": N_("Maintenance"),
    },
    "ticket_priority": {
        "low": N_("Low"),
        "normal": N_("Normal"),
        "high": N_("High"),
        "urgent": N_("Urgent"),
    },
    "channel": {
        "form": N_("Web form"),
        "api": N_("Other system"),
        "mail": N_("E-mail"),
        "hook": N_("Chat"),
        "phone": N_("Phone"),
        "portal": N_("Portal"),
        "device": N_("Device"),
        "timer": N_("Maintenance plan"),
    },
    "ticket_then": {
        "wait_customer": N_("and wait for the customer"),
        "stay": N_("and keep it in hand"),
        "wait_third": N_("and wait for a third party"),
        "resolve": N_("and resolve it"),
    },
    "macro_part": {
        "contact": N_("whom it is written to"),
        "customer": N_("the customer's company"),
        "number": N_("number of the ticket"),
        "subject": N_("subject of the ticket"),
        "agent": N_("who answers"),
        "company": N_("our company"),
    },
    "message_status": {
        "pending": N_("on its way"),
        "sent": N_("sent"),
        "failed": N_("not delivered"),
        "received": "",
    },
}
