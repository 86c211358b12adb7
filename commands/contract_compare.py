"""Two versions of a contract beside each other, for whoever may see it: as kept, or compared on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from commands.document import DocumentStore
from commands.sandbox import MIB, Limits, run_limited
from db.contract import Contract
from db.contract_check import ContractFinding
from db.contract_version import (
    ContractComparison,
    find_comparison,
    findings_of,
    keep_comparison,
    read_diff,
)
from db.engine import Database
from db.scope import visible
from domain.access import Actor
from domain.contract_version import ComparedVersion, VersionDiff
from domain.refusal import not_found

LIMITS = Limits(memory=1536 * MIB, cpu=40, wall=90.0, answer=64 * MIB)
"""For both documents: each is read in a child of its own, within that one's limits."""


@dataclass(frozen=True)
class Compared:
    """`old` and `new` as the contract's row has them. `kept` has the clauses; None where there are none to compare."""

    contract: Contract
    old: dict[str, Any]
    new: dict[str, Any]
    diff: VersionDiff
    kept: ContractComparison | None
    findings: Sequence[ContractFinding]


class Comparisons:
    def __init__(self, db: Database, store: DocumentStore) -> None:
        self.db = db
        self.store = store

    async def find(self, actor: Actor, contract_id: str, old: int, new: int) -> Compared:
        """Raises Refused: 404 where there is no such contract or version for this person, 413 or 422 where comparing
        was beyond its limits.
        """
        async with self.db.session(actor.id) as session:
            contract: Contract = await visible(session, actor, "contract", contract_id)
        pair = [next((v for v in contract.versions if v["no"] == no), None) for no in (old, new)]
        before, after = pair
        if before is None or after is None or old >= new:
            raise not_found("version")
        await self._compare(actor, contract_id, before["document"], after["document"])
        async with self.db.session(actor.id) as session:
            diff, kept = await read_diff(session, contract_id, _compared(before), _compared(after))
            found = [await findings_of(session, contract_id, no) or [] for no in (new, old)]
        return Compared(contract, before, after, diff, kept, [*found[0], *found[1]])

    async def _compare(self, actor: Actor, contract_id: str, old: str | None, new: str | None) -> None:
        if not old or not new or old == new:
            return
        async with self.db.session(actor.id) as session:
            if await find_comparison(session, contract_id, old, new):
                return
        paths = [str(self.store.path(digest)) for digest in (old, new)]
        made = await run_limited("activities.document_compare:compare_files", *paths, limits=LIMITS)
        async with self.db.session(actor.id) as session:
            await keep_comparison(session, contract_id, old, new, made)


def _compared(version: dict[str, Any]) -> ComparedVersion:
    return ComparedVersion(no=version["no"], amount=version["amount"], document=version["document"])
