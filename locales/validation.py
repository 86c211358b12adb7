"""What is wrong with one field, in the reader's language; the codes are pydantic's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locales import N_, translate

OTHERWISE = N_("This cannot be used as it is.")
SENTENCES = {
    "missing": N_("Please fill this in."),
    "string_too_short": N_("At least %(min_length)s characters, please."),
    "string_too_long": N_("At most %(max_length)s characters, please."),
    "too_short": N_("At least %(min_length)s, please."),
    "too_long": N_("At most %(max_length)s, please."),
    "greater_than": N_("This must be more than %(gt)s."),
    "greater_than_equal": N_("This must be %(ge)s or more."),
    "less_than": N_("This must be less than %(lt)s."),
    "less_than_equal": N_("This must be %(le)s or less."),
    "enum": N_("This is not one of the choices."),
    "literal_error": N_("This is not one of the choices."),
    "extra_forbidden": N_("This field is not known here."),
    "string_pattern_mismatch": OTHERWISE,
    "json_invalid": N_("This is not well-formed JSON."),
}
KINDS = {
    "string": N_("This must be a text."),
    "int": N_("This must be a whole number."),
    "float": N_("This must be a number."),
    "decimal": N_("This must be a number."),
    "bool": N_("This must be yes or no."),
    "date": N_("This must be a date, like 2026-11-22."),
    "datetime": N_("This must be a date and time, like 2026-11-22T09:30:00+08:00."),
}


def fault_text(code: str, context: Mapping[str, Any], language: str) -> str:
    """`context` as pydantic gives it beside its code, such as {"max_length": 80}."""
    sentence = SENTENCES.get(code) or KINDS.get(code.partition("_")[0]) or OTHERWISE
    if code == "string_too_short" and context.get("min_length") == 1:
        sentence = SENTENCES["missing"]
    words = translate(language).gettext(sentence)
    try:
        return words % context
    except KeyError:
        return words
