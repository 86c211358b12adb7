"""What clauses, risks and the states of a document are called: groups of `locales.labels.LABELS`."""

from __future__ import annotations

from locales import N_

CONTRACT_LABELS: dict[str, dict[str, str]] = {
    "clause": {
        "payment_term": N_("Payment term"),
        "prepayment": N_("Prepayment"),
        "late_payment_rate": N_("Interest on late payment"),
        "delay_penalty_rate": N_("Penalty for late delivery"),
        "penalty_cap": N_("Cap on penalties"),
        "fixed_penalty": N_("Fixed penalty"),
        "liability_cap": N_("Limit of liability"),
        "termination_notice": N_("Notice of termination"),
        "auto_renewal": N_("Automatic renewal"),
        "renewal_notice": N_("Notice against renewal"),
        "governing_law": N_("Governing law"),
        "dispute": N_("Disputes"),
        "confidentiality_term": N_("Confidentiality"),
        "warranty_period": N_("Warranty"),
        "ip_owner": N_("Intellectual property"),
        "total_amount": N_("Total amount"),
        "conflict": N_("Clauses that contradict each other"),
        "amount_mismatch": N_("Amounts that differ"),
        "hidden_text": N_("Hidden text"),
    },
    "risk": {"ok": N_("as the standard"), "low": N_("low risk"), "medium": N_("medium risk"), "high": N_("high risk")},
    "ruling": {"accept": N_("accepted"), "change": N_("to be changed"), "reject": N_("rejected")},
    "review": {
        "clear": N_("Cleared"),
        "conditions": N_("Cleared with conditions"),
        "return": N_("Returned"),
        "not_needed": N_("Not needed"),
        "superseded": N_("Ended by the approvers"),
        "withdrawn": N_("Withdrawn"),
    },
    "document_state": {
        "text": N_("read"),
        "needs_ocr": N_("scanned, not read"),
        "password_required": N_("locked by a password"),
        "refused": N_("not opened"),
        "unreadable": N_("cannot be read"),
        "unsupported": N_("not a PDF"),
    },
}
