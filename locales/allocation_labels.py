"""What the parts of an allocation, and of how customers come to people, are called: groups of `LABELS`."""

from __future__ import annotations

from locales import N_

ALLOCATION_LABELS: dict[str, dict[str, str]] = {
    "allocation": {
        "planning": N_("Being planned"),
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
    "customer_how": {
        "assigned": N_("given by a manager"),
        "claimed": N_("claimed"),
        "allocated": N_("allocated"),
        "imported": N_("imported"),
        "lead": N_("from a lead"),
        "rule": N_("by rule"),
        "returned": N_("given back"),
        "recycled": N_("by the clock"),
    },
    "customer_way": {
        "form": N_("entered by hand"),
        "import": N_("by an import"),
        "lead": N_("from a lead"),
    },
    "portrait": {
        "industry": N_("Industry"),
        "place": N_("Place"),
        "source": N_("Source"),
        "phone": N_("Phone"),
        "contact": N_("Contact"),
        "follow_ups": N_("Follow-ups so far"),
        "open_deals": N_("Open deals"),
    },
    "portrait_step": {
        "keep_date": N_("Keep the date that was agreed"),
        "go_on_with_deal": N_("Go on with the open deal"),
        "find_contact": N_("Find out who can be reached there"),
        "answer_lead": N_("Answer them: they turned to us"),
        "find_right_person": N_("Ask for the right person"),
        "ask_again": N_("Ask again, with a reason"),
        "call": N_("Call and introduce yourself"),
    },
    "tier_reason": {
        "tax_number": N_("credit code known"),
        "phone": N_("phone known"),
        "email": N_("e-mail known"),
        "address": N_("address known"),
        "industry": N_("industry known"),
        "contact": N_("a contact is known"),
        "contact_reached": N_("a contact can be reached"),
        "contacts": N_("several contacts"),
        "open_deal": N_("an open deal"),
        "open_money": N_("much money open"),
        "won": N_("bought before"),
        "lead_came_back": N_("turned to us more than once"),
        "meant_it": N_("showed interest lately"),
        "followed": N_("was in touch lately"),
        "no_interest": N_("said no lately"),
        "wrong_number": N_("the right person was not found"),
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
