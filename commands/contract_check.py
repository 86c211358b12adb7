"""Contracts read in a child process: for the processes, and for whoever asks without keeping anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activities.clause_rows import for_people
from commands.document import bare_name, looked_at
from commands.sandbox import Limits, run_limited
from db.engine import Database
from db.policy import current_policy
from domain.access import Action, Actor
from domain.clause.page import State
from domain.clause.standard import standard_kind
from domain.refusal import Refused

MIB = 1024**2
LIMITS = Limits(memory=2048 * MIB, cpu=60, wall=100.0, answer=32 * MIB)
"""For the rules, and for the reader's own child beneath, whose limits are tighter (activities/document_child.py)."""
AT_ONCE = 2
"""Contracts looked at in the same moment by one server."""
_LIMIT = {"sandbox_memory": "memory", "sandbox_time": "seconds"}


@dataclass(frozen=True)
class ClauseReader:
    """`activities.clause.Reader` in a child process. `names`: what our company is called in contracts."""

    names: Sequence[str] = ()

    async def __call__(
        self, path: Path, file: str, standard: dict[str, Any] | None, our_party: str = "", scans: Path | None = None
    ) -> list[dict[str, Any]]:
        """Rows as `activities.clause_rows.rows` makes them. Whatever the file does to the child ends as a state.

        `scans`: the folder with what OCR read of its pages.
        """
        read = str(await asyncio.to_thread(scans.absolute)) if scans else ""
        asked = (str(await asyncio.to_thread(path.absolute)), file, standard, our_party, list(self.names), read)
        try:
            said: list[dict[str, Any]] = await run_limited("activities.clause_rows:examine", *asked, limits=LIMITS)
        except Refused as refused:
            limit = _LIMIT.get(refused.code, "")
            state = State.REFUSED if limit else State.UNREADABLE
            said = [{"kind": "_document", "file": file, "lang": None, "pages": 0, "our_party": our_party}]
            said[0] |= {"state": state.value} | ({"limit": limit} if limit else {})
        return said


class ContractChecks:
    """Contracts looked at for somebody, and not kept."""

    def __init__(self, db: Database, names: Sequence[str]) -> None:
        self.db = db
        self.read = ClauseReader(names)
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def look(
        self, actor: Actor, chunks: AsyncIterator[bytes], *, name: str, our_party: str, standard: str
    ) -> list[dict[str, Any]]:
        """The rows that `throughline contract check` prints, by the standard in force for this kind of contract.

        Raises Refused: 403; 404 for a standard nobody published; 413 and 422 for the file; 429 while as many as
        may be are looked at.
        """
        actor.require(Action.CONTRACT_WORK)
        async with self.db.session(actor.id) as session:
            _, document = await current_policy(session, standard_kind(standard))
        if self._at_once.locked():
            raise Refused("contracts_busy", 429)
        async with self._at_once, looked_at(chunks, Path(name).suffix[:8]) as path:
            said = await self.read(path, bare_name(name), document, our_party)
        return for_people(said)
