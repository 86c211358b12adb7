"""Two documents from outside, each read in a child with limits, compared clause by clause."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from activities.document_reader import read_document
from domain.clause.compare import Comparison, compare_whole
from domain.clause.page import State
from domain.contract_version import ClauseCounts

MOST_TEXT = 2_000_000
"""Characters of changes that are kept; those after it are counted only."""


def compare_files(old: str, new: str) -> dict[str, Any]:
    """state (compared, unread), coarse, same, clauses and changes, as in `db.contract_version.ContractComparison`.

    For a child process or a thread: it takes seconds for hundreds of pages.
    """
    readings = [read_document(Path(path)) for path in (old, new)]
    if any(reading.state != State.TEXT for reading in readings):
        return {"state": "unread", "coarse": False, "same": 0, "clauses": ClauseCounts().model_dump(), "changes": []}
    whole = compare_whole(readings[0].pages, readings[1].pages)
    changes, left = [], MOST_TEXT
    for change in whole.changes:
        left -= len(change.old) + len(change.new)
        if left >= 0:
            changes.append(asdict(change))
    return {
        "state": "compared",
        "coarse": whole.coarse,
        "same": whole.same,
        "clauses": _counted(whole).model_dump(),
        "changes": changes,
    }


def _counted(whole: Comparison) -> ClauseCounts:
    counts = ClauseCounts()
    for change in whole.changes:
        name = "reworded" if change.kind == "changed" and not change.weighty else change.kind
        setattr(counts, name, getattr(counts, name) + 1)
    return counts
