"""What one document says, as rows of plain JSON: the command line, the API and the processes hand on the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from activities.document_reader import limits_in_words, read_document
from domain.clause.check import check
from domain.clause.page import Reading, State
from domain.clause.party import ours_among
from domain.clause.standard import ClauseStandard, built_in
from domain.policy import load

_BEGINNING = 20_000
"""Characters in which a contract has named its parties."""


def examine(path: str, file: str, standard: dict[str, Any] | None, our_party: str, names: Sequence[str]) -> list[Any]:
    """For a child process (`commands.sandbox`): `rows` under the document's standard, or the built-in one."""
    try:
        reading = read_document(Path(path))
    except OSError:
        reading = Reading(State.UNREADABLE, limit="missing")
    measure = built_in() if standard is None else load(ClauseStandard, standard)
    return rows(reading, measure, file, our_party, names)[0]


def rows(
    reading: Reading, standard: ClauseStandard, file: str, our_party: str = "", names: Sequence[str] = ()
) -> tuple[list[dict[str, Any]], str]:
    """A `_document` row with the state, then one for each finding; and what went wrong with the rules, if anything did.

    `our_party` is what somebody said we are called in it; else the first of our own `names` that is a party's.
    """
    problem = ""
    ours = our_party or ours_among("\n".join(page.text for page in reading.pages[:10])[:_BEGINNING], names)
    try:
        found = check(reading.pages, standard, ours)
    except (ArithmeticError, LookupError, ValueError, RecursionError) as error:
        # Rules that fail on one file say nothing about it, and leave the others alone.
        found, reading = [], Reading(State.UNREADABLE, reading.pages)
        problem = f"{type(error).__name__}: {error}"
    document: dict[str, Any] = {
        "kind": "_document", "file": file, "lang": _language(reading), "pages": len(reading.pages),
        "our_party": ours, "state": reading.state.value,
    }  # fmt: skip
    if reading.limit:
        document["limit"] = reading.limit
    if reading.carries:
        document["carries"] = list(reading.carries)
    said: list[dict[str, Any]] = [document]
    for finding in found:
        row = {
            "file": file, "kind": finding.kind, "value": finding.value, "page": finding.page, "quote": finding.quote,
            "rects": [list(rect) for rect in finding.rects], "risk": finding.risk.value,
        }  # fmt: skip
        said.append(row | ({"note": finding.note} if finding.note else {}))
    return said, problem


def for_people(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The limit a document is beyond, in words."""
    return [row | {"limit": limits_in_words(row["limit"])} if row.get("limit") else row for row in said]


def _language(reading: Reading) -> str | None:
    text = "".join(page.text for page in reading.pages[:5])[:5000]
    if not text.strip():
        return None
    return "zh" if sum("一" <= character <= "鿿" for character in text) > 0.15 * len(text) else "en"
