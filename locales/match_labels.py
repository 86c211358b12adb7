"""What two customers share, and what a merge is called: groups of `locales.labels.LABELS`."""

from __future__ import annotations

from locales import N_

MATCH_LABELS: dict[str, dict[str, str]] = {
    "match_reason": {
        "tax_number": N_("the same credit code"),
        "email": N_("the same e-mail address"),
        "phone": N_("the same phone number"),
        "domain": N_("the same web domain"),
        "company": N_("the same company name"),
        "near_company": N_("nearly the same company name"),
        "same_sound": N_("a company name that sounds the same"),
        "longer_company": N_("a company name that begins alike"),
        "similar_company": N_("a similar company name"),
        "address": N_("the same address"),
        "near_address": N_("nearly the same address"),
        "other_tax_number": N_("but another credit code"),
        "other_place": N_("but another place in the name"),
        "other_branch": N_("but another branch"),
        "other_city": N_("but another city"),
    },
    "match_level": {
        "certain": N_("Certainly the same"),
        "likely": N_("Likely the same"),
        "possible": N_("Possibly the same"),
    },
    "merge_kept": {
        "field": N_("A field that was changed since"),
        "owner": N_("An owner who changed since"),
        "rows": N_("Records that belong to another customer by now"),
        "contact": N_("A contact that was worked on since"),
    },
}
