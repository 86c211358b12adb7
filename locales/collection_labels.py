"""What is owed, paid, promised and disputed, and the accounts it is booked to: groups of `locales.labels.LABELS`."""

from locales import N_

COLLECTION_LABELS: dict[str, dict[str, str]] = {
    "collection": {
        "open": N_("Being collected"),
        "overdue": N_("Overdue"),
        "paid": N_("Paid"),
        "written_off": N_("Closed with a write-off"),
    },
    "instalment": {
        "waiting": N_("Date open"),
        "planned": N_("Planned"),
        "due": N_("Due"),
        "overdue": N_("Overdue"),
        "paid": N_("Paid"),
        "credited": N_("Credited"),
        "written_off": N_("Written off"),
    },
    "payment": {
        "received": N_("Received"),
        "reversed": N_("Reversed"),
        "moved": N_("Moved"),
    },
    "payment_source": {
        "hand": N_("by hand"),
        "api": N_("from another system"),
        "bank": N_("from the bank statement"),
        "transfer": N_("from another collection"),
    },
    "plan_event": {
        "order": N_("Order"),
        "contract_signed": N_("Contract signed"),
        "delivery": N_("Delivery"),
        "acceptance": N_("Acceptance"),
        "invoice": N_("Invoice"),
    },
    "promise": {
        "open": N_("Open"),
        "kept": N_("Kept"),
        "broken": N_("Broken"),
        "withdrawn": N_("Replaced"),
    },
    "dispute": {
        "quality": N_("quality"),
        "delivery": N_("delivery"),
        "invoice": N_("invoice"),
        "price": N_("price"),
        "other": N_("something else"),
    },
    "told": {
        "owner": N_("Owner"),
        "finance": N_("Finance"),
        "manager": N_("Regional manager"),
        "director": N_("Sales director"),
        "cfo": N_("CFO"),
    },
    "account": {
        "order": N_("Order"),
        "receivable": N_("Owed"),
        "cash": N_("Money received"),
        "surplus": N_("Customer's credit"),
        "credit_note": N_("Credit notes"),
        "write_off": N_("Written off"),
        "refund": N_("Refunds"),
        "transfer": N_("Other collections"),
        "conversion": N_("Currency conversion"),
        "exchange_difference": N_("Exchange difference"),
    },
    "posting": {
        "order": N_("Order"),
        "plan": N_("Plan changed"),
        "payment": N_("Payment"),
        "reversal": N_("Payment reversed"),
        "apply": N_("Credit used"),
        "credit_note": N_("Credit note"),
        "write_off": N_("Write-off"),
        "refund": N_("Refund"),
        "transfer_out": N_("Moved to another collection"),
        "transfer_in": N_("Moved from another collection"),
    },
}
