"""`python -m locales`: read the texts out of the source and bring each catalogue up to date.

New texts are added without a translation, and texts no longer used are dropped: what is left to translate is
printed, and a test fails until it is done.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from locales import FOLDER, LANGUAGES, SOURCE_LANGUAGE, catalogue

ROOT = FOLDER.parent
SPEAKING = ("locales", "domain", "activities", "workflows", "commands", "worker", "api", "ui", "launch")
HEADER = "# Throughline's words in another language. `python -m locales` adds what is missing."
KEYWORDS = DEFAULT_KEYWORDS | {"N_": None}


def texts() -> Catalog:
    """Every text in the source, each with the files it stands in."""
    with (FOLDER / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]
    found = Catalog(project="Throughline", fuzzy=False)
    for package in SPEAKING:
        for file, _, message, comments, context in extract_from_dir(
            ROOT / package, methods, options, KEYWORDS, comment_tags=("i18n:",), strip_comment_tags=True
        ):
            found.add(message, locations=[(f"{package}/{file}", 1)], auto_comments=comments, context=context)
    return found


def update(po: Path, language: str, found: Catalog) -> list[str]:
    """Merge the texts into a catalogue; those still without a translation."""
    if po.is_file():
        with po.open("rb") as source:
            known = read_po(source, locale=language)
    else:
        known = Catalog(locale=language, project="Throughline", version="1", fuzzy=False, header_comment=HEADER)
    known.update(found, no_fuzzy_matching=True, update_creation_date=False)
    po.parent.mkdir(parents=True, exist_ok=True)
    with po.open("wb") as target:
        # Sorted and without line numbers, so that a change of a page changes only its own lines here.
        write_po(target, known, sort_output=True, include_lineno=False, ignore_obsolete=True, width=0)
    return [str(message.id) for message in known if message.id and not translated(message.string)]


def translated(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return bool(string) if string is None or isinstance(string, str) else all(string)


def main() -> int:
    found = texts()
    missing = {
        language: update(catalogue(language), language, found) for language in LANGUAGES if language != SOURCE_LANGUAGE
    }
    for language, messages in missing.items():
        sys.stdout.write(f"{language}: {len(found)} texts, {len(messages)} to translate\n")
        sys.stdout.writelines(f"  {message}\n" for message in messages)
    return 1 if any(missing.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
