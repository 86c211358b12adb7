"""Compares a contract's newest version with those before it, and says which approvals that opens again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel
from temporalio import activity

from activities.document_compare import compare_files
from activities.process import ProcessActivities
from db.contract_version import find_comparison, keep_comparison, read_diff
from db.engine import Database
from db.policy import current_policy, documents
from domain.contract import ContractPolicy
from domain.contract_version import ComparedVersion, Reason, VersionDiff, VersionRules
from domain.policy import load


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
        if old.document and new.document and old.document != new.document:
            await self._compare(contract_id, old.document, new.document)
        async with self.db.session() as session:
            diff, _ = await read_diff(session, contract_id, old, new)
        return diff

    async def _compare(self, contract_id: str, old: str, new: str) -> None:
        async with self.db.session() as session:
            if await find_comparison(session, contract_id, old, new):
                return
        made = await asyncio.to_thread(compare_files, str(self.path(old)), str(self.path(new)))
        async with self.db.session(f"workflow:contract/{contract_id}") as session:
            await keep_comparison(session, contract_id, old, new, made)
