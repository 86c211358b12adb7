"""Contracts read in a child process: for the processes, and for whoever asks without keeping anything."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.sandbox import Limits, run_limited
from domain.clause.page import State
from domain.refusal import Refused

MIB = 1024**2
LIMITS = Limits(memory=2048 * MIB, cpu=60, wall=100.0, answer=32 * MIB)
"""For the rules, and for the reader's own child beneath, whose limits are tighter (activities/document_child.py)."""
_LIMIT = {"sandbox_memory": "memory", "sandbox_time": "seconds"}


@dataclass(frozen=True)
class ClauseReader:
    """`activities.clause.Reader` in a child process. `names`: what our company is called in contracts."""

    names: Sequence[str] = ()

    async def __call__(
        self, path: Path, file: str, standard: dict[str, Any] | None, our_party: str = ""
    ) -> list[dict[str, Any]]:
        """Rows as `activities.clause_rows.rows` makes them. Whatever the file does to the child ends as a state."""
        asked = (str(await asyncio.to_thread(path.absolute)), file, standard, our_party, list(self.names))
        try:
            said: list[dict[str, Any]] = await run_limited("activities.clause_rows:examine", *asked, limits=LIMITS)
        except Refused as refused:
            limit = _LIMIT.get(refused.code, "")
            state = State.REFUSED if limit else State.UNREADABLE
            said = [{"kind": "_document", "file": file, "lang": None, "pages": 0, "our_party": our_party}]
            said[0] |= {"state": state.value} | ({"limit": limit} if limit else {})
        return said
