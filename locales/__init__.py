"""The words every part speaks with: message catalogues, and which of the languages a reader gets.

English is the language of the source, so it needs no catalogue. `python -m locales` brings the others up to date.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = {"zh_CN": "简体中文", "en": "English"}
"""Language code -> what its readers call it."""

SOURCE_LANGUAGE = "en"
FOLDER = Path(__file__).parent


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "translate later"
    """Marks a text for the catalogue where it is not yet known who will read it."""
    return message


@cache
def translate(language: str) -> NullTranslations:
    """The catalogue of a language: `.gettext(text)`, `.ngettext(one, many, n)`. A text it lacks comes back as it is."""
    po = catalogue(language)
    if not po.is_file():
        return NullTranslations()
    mo = po.with_suffix(".mo")
    if mo.is_file() and mo.stat().st_mtime >= po.stat().st_mtime:
        return GNUTranslations(BytesIO(mo.read_bytes()))
    return GNUTranslations(compiled(po))


def catalogue(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def compiled(po: Path) -> BytesIO:
    """In memory: a checkout's catalogue is edited while processes run, and writing beside it would race."""
    with po.open("rb") as source:
        mo = BytesIO()
        write_mo(mo, read_po(source))
    mo.seek(0)
    return mo


def negotiate(wishes: Iterable[str | None], accept_language: str | None, default: str) -> str:
    """The first wish that is one of our languages (one's setting, then the cookie), else what the browser asks for."""
    for wish in wishes:
        if wish in LANGUAGES:
            return wish
    asked = sorted(_weighted(accept_language or ""), key=lambda pair: -pair[1])
    preferred = [tag.strip().replace("-", "_") for tag, weight in asked if weight > 0]
    # zh_Hans_CN, zh_TW and plain zh read simplified Chinese better than English.
    preferred = ["zh_CN" if tag.lower().startswith("zh") else tag for tag in preferred]
    return negotiate_locale(preferred, list(LANGUAGES)) or default


def _weighted(accept_language: str) -> Iterable[tuple[str, float]]:
    for item in accept_language[:500].split(","):
        tag, _, weight = item.partition(";q=")
        try:
            yield tag, float(weight or 1)
        except ValueError:
            continue
