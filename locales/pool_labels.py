"""Why customers come to the pool and what keeps them from it: groups of `locales.labels.LABELS`."""

from __future__ import annotations

from locales import N_

POOL_LABELS: dict[str, dict[str, str]] = {
    "pool_back": {
        "no_follow_up": N_("not followed up in time"),
        "no_deal": N_("no deal in time"),
        "given_back": N_("given back"),
        "owner_left": N_("its owner left the company"),
        "taken_back": N_("taken back by a manager"),
        "undone": N_("an allocation was undone"),
        "": N_("new in the pool"),
    },
    "pool_guard": {
        "deal": N_("protected by an open deal"),
        "contract": N_("protected by a contract"),
    },
    "pool_hidden": {
        "phone": N_("Phone"),
        "email": N_("E-mail"),
        "contacts": N_("Contacts"),
        "address": N_("Address"),
        "tax_number": N_("Tax number"),
        "domain": N_("Web domain"),
    },
}
