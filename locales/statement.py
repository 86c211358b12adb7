"""What a statement of account is made of, in its reader's language."""

from __future__ import annotations

from locales import N_, translate

KINDS = {
    "order": N_("Order"),
    "payment": N_("Payment"),
    "reversal": N_("Payment taken back"),
    "credit_note": N_("Credit note"),
    "write_off": N_("Write-off"),
    "refund": N_("Refund"),
    "transfer_out": N_("Moved to another order"),
    "transfer_in": N_("Moved from another order"),
}
HEADINGS = {
    "day": N_("Day"),
    "what": N_("Entry"),
    "number": N_("Number"),
    "charged": N_("Charged"),
    "settled": N_("Settled"),
    "balance": N_("Balance"),
    "opening": N_("Balance before"),
    "closing": N_("Balance owed"),
    "title": N_("Statement of account"),
    "as_of": N_("As of"),
    "for": N_("For"),
}


def kind_text(kind: str, language: str) -> str:
    text = KINDS.get(kind)
    return translate(language).gettext(text) if text else kind


def heading_text(key: str, language: str) -> str:
    return translate(language).gettext(HEADINGS[key])
