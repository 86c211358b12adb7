"""Why a bank line was taken for a payment of something, or set aside, in the words of an office."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locales import N_, translate
from locales.formats import Formats

REASONS = {
    "reference": N_("%(number)s stands in the text"),
    "references": N_("%(count)d collections stand in the text"),
    "account": N_("comes from an account of this customer"),
    "other_account": N_("comes from an account of another customer"),
    "name": N_("the payer is called like the customer"),
    "name_near": N_("the payer is called much like the customer: %(name)s"),
    "all_owed": N_("all %(count)d open collections of the payer"),
    "amount_next": N_("pays instalment %(no)d exactly"),
    "amount_several": N_("pays the next %(count)d instalments exactly"),
    "amount_later": N_("the amount of instalment %(no)d, which is not the next"),
    "amount_together": N_("the amounts make the sum exactly"),
    "amount_near": N_("misses the amount by %(by)s"),
    "amount_over": N_("%(by)s more than is owed"),
    "amount_part": N_("a part of the %(of)s that are owed"),
    "outgoing": N_("money that went out"),
    "taken_back": N_("takes an outgoing payment back"),
    "returned": N_("a payment went back: take it back on its collection too"),
    "word": N_("“%(word)s” stands in the text"),
}
MONEY = ("by", "of")


def reason_text(code: str, params: Mapping[str, Any], formats: Formats) -> str:
    sentence = REASONS.get(code)
    if sentence is None:
        return code
    said = {
        name: formats.money(abs(value), params.get("currency")) if name in MONEY and isinstance(value, int) else value
        for name, value in params.items()
    }
    return translate(formats.language).gettext(sentence) % said
