"""Words that are in the file and that nobody looking at the page can see."""

from __future__ import annotations

from collections.abc import Iterator

from domain.clause.contract import Contract, Finding

KIND = "hidden_text"


def find(contract: Contract) -> Iterator[Finding]:
    for number, page in enumerate(contract.stream.pages):
        start = contract.stream.starts[number]
        for run in page.hidden:
            sources = tuple(start + at for at in range(run.start, run.end) if not page.text[at].isspace())
            words = " ".join(page.text[run.start : run.end].split())
            if not page.text[run.start : run.end].strip():
                continue
            yield Finding(KIND, run.why, note=words, sources=sources)
