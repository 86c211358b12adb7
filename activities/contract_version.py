"""Compares a contract's newest version with those before it, and says which approvals that opens again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.document_compare import compare_files
from activities.process import ProcessActivities
from db.contract_version import ContractComparison, find_comparison, found_values, keep_comparison
from db.engine import Database
from db.policy import current_policy, documents
from domain.contract import ContractPolicy
from domain.contract_version import ClauseCounts, Reason, VersionDiff, VersionRules, changed_findings
from domain.policy import load


class ComparedVersion(BaseModel):
    """`document` is a hash of the document store; `amount` in minor units."""

    no: int
    amount: int
    document: str | None


class CompareRequest(BaseModel):
    """`policy` is the version of the contract policy the contract runs under; None: what holds now."""

    contract_id: str
    new: ComparedVersion
    old: list[ComparedVersion]
    policy: int | None = None


class ComparedDiff(BaseModel):
    """`reopens`: why approvals of the older version do not stand; empty: they do."""

    diff: VersionDiff
    reopens: list[Reason]


class CompareAnswer(BaseModel):
    """`ignored` are facts of an approval's route that may change without asking anybody again."""

    compared: list[ComparedDiff]
    ignored: list[str] = []


class ContractVersionActivities(ProcessActivities):
    """`path` says where a hash's file lies."""

    def __init__(self, db: Database, zone: str, path: Callable[[str], Path]) -> None:
        super().__init__(db, zone)
        self.path = path

    @activity.defn
    async def compare_versions(self, request: CompareRequest) -> CompareAnswer:
        """Each pair of documents is read and compared once; whoever asks again gets what was kept."""
        rules = await self._rules(request.policy)
        compared = []
        for old in request.old:
            diff = await self._diff(request.contract_id, old, request.new)
            compared.append(ComparedDiff(diff=diff, reopens=diff.reopens(rules)))
        return CompareAnswer(compared=compared, ignored=[] if "amount" in rules.reopens else ["amount"])

    async def _rules(self, version: int | None) -> VersionRules:
        async with self.db.session() as session:
            if version is None:
                _, document = await current_policy(session, ContractPolicy.kind)
            else:
                document = (await documents(session, ContractPolicy.kind, [version]))[version]
        return load(ContractPolicy, document).versions

    async def _diff(self, contract_id: str, old: ComparedVersion, new: ComparedVersion) -> VersionDiff:
        diff = VersionDiff(old=old.no, new=new.no, state="same", amount_old=old.amount, amount_new=new.amount)
        if old.document == new.document:
            return diff.model_copy(update={"findings": []})
        if old.document is None or new.document is None:
            return diff.model_copy(update={"state": "replaced"})
        row = await self._comparison(contract_id, old.document, new.document)
        async with self.db.session() as session:
            before, after = [await found_values(session, contract_id, one.no) for one in (old, new)]
        findings = None if before is None or after is None else changed_findings(before, after)
        clauses = ClauseCounts.model_validate(row.clauses)
        return diff.model_copy(
            update={"state": row.state, "clauses": clauses, "findings": findings, "coarse": row.coarse}
        )

    async def _comparison(self, contract_id: str, old: str, new: str) -> ContractComparison:
        async with self.db.session() as session:
            kept = await find_comparison(session, contract_id, old, new)
        if kept is None:
            made = await asyncio.to_thread(compare_files, str(self.path(old)), str(self.path(new)))
            row = {"contract_id": contract_id, "old_document": old, "new_document": new}
            async with self.db.session(f"workflow:contract/{contract_id}") as session:
                await keep_comparison(session, **row, **made, compared_at=datetime.now(UTC))
                kept = await self._kept(session, contract_id, old, new)
        return kept

    async def _kept(self, session: AsyncSession, contract_id: str, old: str, new: str) -> ContractComparison:
        kept = await find_comparison(session, contract_id, old, new)
        assert kept is not None  # noqa: S101 - kept a moment ago
        return kept
