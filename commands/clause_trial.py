"""What two standards make of one contract, side by side. Runs in `commands.sandbox`, for it opens a foreign file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from activities.document_reader import limits_in_words, read_document
from domain.clause.check import check
from domain.clause.standard import ClauseStandard
from domain.policy import load


def tried(path: str, our_party: str, published: Mapping[str, Any], draft: Mapping[str, Any]) -> dict[str, Any]:
    """`state` and `limit` of the document; `findings` with kind, value, page, quote and the level under each."""
    reading = read_document(Path(path))
    now, then = load(ClauseStandard, published), load(ClauseStandard, draft)
    findings = [
        {
            "kind": each.kind, "value": each.value, "page": each.page, "quote": each.quote,
            "now": each.risk.value, "then": then.risk(each.kind, each.value).value,
        }
        for each in check(reading.pages, now, our_party)
    ]  # fmt: skip
    return {
        "state": reading.state.value, "limit": limits_in_words(reading.limit) if reading.limit else "",
        "pages": len(reading.pages), "findings": findings,
    }  # fmt: skip
