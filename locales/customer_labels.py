"""What the parts of a customer, its fields and what is done for it are called: groups of `locales.labels.LABELS`."""

from __future__ import annotations

from locales import N_

CUSTOMER_LABELS: dict[str, dict[str, str]] = {
    "field_type": {
        "text": N_("One line of text"),
        "long_text": N_("Text of several lines"),
        "number": N_("A number"),
        "integer": N_("Whole number"),
        "money": N_("Amount of money"),
        "percent": N_("Per cent"),
        "date": N_("Day"),
        "datetime": N_("Day and time"),
        "time": N_("Time of day"),
        "yes_no": N_("Yes or no"),
        "choice": N_("One of several"),
        "choices": N_("Some of several"),
        "phone": N_("Phone number"),
        "email": N_("E-mail address"),
        "url": N_("Web address"),
        "address": N_("Postal address"),
        "person": N_("A colleague"),
        "people": N_("Several colleagues"),
        "department": N_("A team or region"),
        "rating": N_("Stars"),
        "location": N_("Place on the map"),
        "files": N_("Files"),
        "customer": N_("Another customer"),
        "formula": N_("Formula"),
        "serial": N_("Serial number"),
    },
    "follow_up_how": {
        "call": N_("Phone call"),
        "visit": N_("Visit"),
        "wechat": N_("WeChat"),
        "mail": N_("Mail"),
    },
    "follow_up_outcome": {
        "reached": N_("Reached"),
        "not_reached": N_("Not reached"),
        "interested": N_("Interested"),
        "not_now": N_("Not now"),
        "not_interested": N_("Not interested"),
        "wrong_person": N_("Wrong person"),
    },
    "contact_role": {
        "decision_maker": N_("Decision maker"),
        "user": N_("User"),
        "finance": N_("Finance"),
        "technical": N_("Technical"),
        "purchasing": N_("Purchasing"),
        "other": N_("Other"),
    },
}
