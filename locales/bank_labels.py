"""A bank's statements, their columns and their lines: groups of `locales.labels.LABELS`."""

from locales import N_

BANK_LABELS: dict[str, dict[str, str]] = {
    "bank_statement": {
        "reading": N_("Being read"),
        "matching": N_("Being matched"),
        "booking": N_("Being booked"),
        "done": N_("Done"),
        "failed": N_("Not readable"),
    },
    "bank_column": {
        "date": N_("Day of booking"),
        "value": N_("Value day"),
        "amount": N_("Amount with its sign"),
        "credit": N_("Money in"),
        "debit": N_("Money out"),
        "direction": N_("In or out"),
        "currency": N_("Currency"),
        "payer": N_("Payer"),
        "payer_account": N_("Account of the payer"),
        "text": N_("Purpose"),
        "bank_reference": N_("The bank's number"),
        "account": N_("Our account"),
    },
    "bank_line": {
        "new": N_("To be matched"),
        "booking": N_("Being booked"),
        "booked": N_("Booked"),
        "doubt": N_("To be decided"),
        "ignored": N_("Set aside"),
        "not_ours": N_("Not a payment of a customer"),
    },
}
