"""What the values of clauses are called: groups of `locales.labels.LABELS`. Sizes are written by `ui.clause_words`."""

from __future__ import annotations

from locales import N_

CLAUSE_LABELS: dict[str, dict[str, str]] = {
    "clause_value": {
        "absent": N_("missing"),
        "penalty_cap.none": N_("said to have none"),
        "auto_renewal.none": N_("no renewal by itself"),
        "auto_renewal.same": N_("for the same time again"),
        "liability_cap.unlimited": N_("unlimited"),
        "liability_cap.paid_fees": N_("the fees paid so far"),
        "liability_cap.fees": N_("the fees of some months"),
        "liability_cap.amount": N_("a fixed amount"),
        "confidentiality_term.perpetual": N_("for ever"),
        "ip_owner.supplier": N_("stays with us"),
        "ip_owner.joint": N_("shared"),
        "ip_owner.customer": N_("goes to the customer"),
        "governing_law.CN": N_("Chinese law"),
        "governing_law.HK": N_("law of Hong Kong"),
        "governing_law.SG": N_("law of Singapore"),
        "governing_law.GB-ENG": N_("English law"),
        "amount_mismatch.deal": N_("not the deal's amount"),
        "amount_mismatch.quote": N_("not the amount of the accepted quote"),
        "amount_mismatch.submitted": N_("not the amount that was submitted"),
        "amount_mismatch.total_amount": N_("the total in words and in digits"),
        "amount_mismatch.amount": N_("an amount in words and in digits"),
        "amount_mismatch.instalments": N_("the instalments do not make up the whole"),
        "hidden_text.javascript": N_("JavaScript in the file"),
        "hidden_text.attachments": N_("files attached to the PDF"),
        "hidden_text.unshown": N_("words in a field or note that not every program shows"),
        "hidden_text.unknown": N_("what else is in the file could not be told"),
        "court/supplier": N_("court at our place"),
        "court/customer": N_("court at the customer's place"),
        "court/plaintiff": N_("court of who sues"),
        "court/defendant": N_("court of who is sued"),
        "court/performance": N_("court where it is performed"),
    },
    "compared_with": {
        "alike": N_("same region, customer tier and size"),
        "region": N_("same region"),
        "tier": N_("customers of the same tier"),
        "size": N_("contracts of like size"),
        "all": N_("all contracts"),
    },
    "clause_otherwise": {
        "governing_law": N_("any other law"),
        "dispute": N_("anywhere else"),
        "total_amount": N_("any other currency"),
    },
}
