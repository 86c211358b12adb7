"""The sentence for each refusal code, in the reader's language. Whoever adds a code adds its sentence here.

A sentence says what was refused and what to do now; `%(name)s` takes the refusal's parameter of that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from locales import N_, translate
from locales.formats import Formats


class Coded(Protocol):
    """What a refusal carries (`domain.refusal.Refused`, or a workflow's answer)."""

    code: str
    params: dict[str, Any]


SENTENCES = {
    "not_found": N_("This does not exist, or you may not see it."),
    "forbidden": N_("Your role does not allow this. Ask an administrator if you need it."),
    "signed_out": N_("You are signed out. Sign in again; what you typed is still here."),
    "csrf": N_("This page is out of date. Reload it and send again."),
    "key_reused": N_("This form was already sent with other contents. Reload the page before sending it again."),
    "not_confirmed": N_("The server did not confirm this in time. Send it again; it will not be done twice."),
    "outdated": N_("Somebody changed this meanwhile. Reload to see it as it is now."),
}
UNKNOWN = N_("This is not possible now (%(code)s).")


class _Parameters(dict[str, object]):
    """A sentence that asks for more than the refusal carries is still shown."""

    def __missing__(self, name: str) -> str:
        return "…"


def refusal_text(refused: Coded, language: str, formats: Formats | None = None) -> str:
    """The refusal in words; instants among its parameters as `formats` writes them."""
    sentence = SENTENCES.get(refused.code, UNKNOWN)
    words = translate(language).gettext(sentence)
    return words % _Parameters(readable(refused.params, formats) | {"code": refused.code})


def readable(params: Mapping[str, object], formats: Formats | None) -> dict[str, object]:
    return {
        name: formats.exact(value) if formats and isinstance(value, datetime) else value
        for name, value in params.items()
    }
