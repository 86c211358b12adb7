"""What one document says, as rows of plain JSON: the command line, the API and the processes hand on the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from activities.document_reader import limits_in_words, read_document
from activities.scan_reader import with_scans
from domain.clause import period as term
from domain.clause.check import Checked, check, judged
from domain.clause.contract import Contract
from domain.clause.page import Page, Reading, State
from domain.clause.party import ours_among
from domain.clause.standard import ClauseStandard, Risk, built_in
from domain.policy import load

_BEGINNING = 20_000
"""Characters in which a contract has named its parties."""


def examine(
    path: str, file: str, standard: dict[str, Any] | None, our_party: str, names: Sequence[str], scans: str = ""
) -> list[Any]:
    """For a child process (`commands.sandbox`): `rows` under the document's standard, or the built-in one.

    `scans`: the folder with what OCR read of its pages (`activities.scan_reader`).
    """
    try:
        reading = read_document(Path(path))
        if scans:
            reading = with_scans(reading, Path(scans))
    except OSError:
        reading = Reading(State.UNREADABLE, limit="missing")
    measure = built_in() if standard is None else load(ClauseStandard, standard)
    return rows(reading, measure, file, our_party, names)[0]


def rows(
    reading: Reading, standard: ClauseStandard, file: str, our_party: str = "", names: Sequence[str] = ()
) -> tuple[list[dict[str, Any]], str]:
    """A `_document` row with the state, then one for each finding; and what went wrong with the rules, if anything did.

    `our_party` is what somebody said we are called in it; else the first of our own `names` that is a party's.
    Of a document that needs OCR, `unread` has the pages nobody has read; rows that rest on OCR say `by_ocr`.
    """
    problem = ""
    ours = our_party or ours_among("\n".join(page.text for page in reading.pages[:10])[:_BEGINNING], names)
    try:
        found, by_ocr, period = _checked(reading.pages, standard, ours)
    except (ArithmeticError, LookupError, ValueError, RecursionError) as error:
        # Rules that fail on one file say nothing about it, and leave the others alone.
        found, by_ocr, period, reading = [], set(), None, Reading(State.UNREADABLE, reading.pages)
        problem = f"{type(error).__name__}: {error}"
    document: dict[str, Any] = {
        "kind": "_document", "file": file, "lang": _language(reading), "pages": len(reading.pages),
        "our_party": ours, "state": reading.state.value,
    }  # fmt: skip
    if period:
        document["period"] = period
    if reading.limit:
        document["limit"] = reading.limit
    if reading.carries:
        document["carries"] = list(reading.carries)
    if reading.state is State.NEEDS_OCR:
        document["unread"] = [no for no, page in enumerate(reading.pages, 1) if page.unread and not page.by_ocr]
        document["by_ocr"] = any(page.by_ocr for page in reading.pages)
    said: list[dict[str, Any]] = [document]
    for finding in found:
        row = {
            "file": file, "kind": finding.kind, "value": finding.value, "page": finding.page, "quote": finding.quote,
            "rects": [list(rect) for rect in finding.rects], "risk": finding.risk.value,
        }  # fmt: skip
        more = {"note": finding.note} if finding.note else {}
        said.append(row | more | ({"by_ocr": True} if finding in by_ocr else {}))
    return said, problem


def _checked(
    pages: tuple[Page, ...], standard: ClauseStandard, ours: str
) -> tuple[list[Checked], set[Checked], dict[str, Any] | None]:
    """The findings, which of them rest on OCR, and until when it runs, as far as that does not.

    OCR errs, and so it never lowers a risk: what the text of the other pages says stays whatever a scanned page seems
    to say about it, and what it read itself is of medium risk at least, for a person to compare with the page.
    """
    if not any(page.by_ocr for page in pages):
        contract = Contract.of(pages, ours)
        return judged(contract, standard), set(), _period(contract)
    read = tuple(replace(page, text="", boxes=page.boxes[:0]) if page.by_ocr else page for page in pages)
    contract = Contract.of(read, ours)
    certain = judged(contract, standard)
    known = {(each.kind, each.value) for each in certain}
    by_ocr = [
        replace(each, risk=Risk.MEDIUM) if each.risk in (Risk.OK, Risk.LOW) else each
        for each in check(pages, standard, ours)
        if (each.kind, each.value) not in known
    ]
    return sorted([*certain, *by_ocr], key=_down_the_page), set(by_ocr), _period(contract)


def _period(contract: Contract) -> dict[str, Any] | None:
    """From when until when the contract runs (`domain.clause.period.Period.value`), and where it says so."""
    found = term.find(contract)
    if found is None:
        return None
    place = contract.stream
    return {"value": found.value, "page": place.page_of(found.start), "quote": place.quote(found.start, found.end)}


def _down_the_page(finding: Checked) -> tuple[int, float]:
    """What stands on no page comes last. Scanned lines do not begin at the same edge."""
    return finding.page or 10**6, finding.rects[0][2] if finding.rects else 0.0


def for_people(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The limit a document is beyond, in words."""
    return [row | {"limit": limits_in_words(row["limit"])} if row.get("limit") else row for row in said]


def _language(reading: Reading) -> str | None:
    text = "".join(page.text for page in reading.pages[:5])[:5000]
    if not text.strip():
        return None
    return "zh" if sum("一" <= character <= "鿿" for character in text) > 0.15 * len(text) else "en"
