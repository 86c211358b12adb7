"""Reports on approvals in words: what steps, holders and policy rows are called for one reader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from db.policy import current_policy, documents
from db.report import ADDED, Fired, RefusedTurn, StepTime
from domain.approval import ApprovalPolicy
from domain.policy import load
from locales import N_
from locales.labels import label
from ui.environment import pages_of
from ui.names import names
from ui.policy_words import PolicyWords, people_in

KNOWN = {ADDED: N_("Added signers"), "administrator": N_("Administrator, where the policy left nobody")}
"""Steps that stand in no policy."""


@dataclass(frozen=True)
class ReportWords:
    """`policies` by version; `current` is the version in force."""

    words: PolicyWords
    policies: dict[int, ApprovalPolicy]
    current: int

    def step(self, key: str, version: int | None) -> str:
        """Its name in the latest version that asked; its key where even that has no such step any more."""
        known = KNOWN.get(ADDED if key.startswith(f"{ADDED}_") else key)
        if known:
            return self.words._(known)
        rows = self.policies[version].table.rows if version in self.policies else ()
        named = (self.words.step(step) for row in rows for step in row.then.steps if step.key == key)
        return next(named, key)

    def row(self, key: str, version: int | None) -> str:
        """The cases it is for."""
        table = self.policies[version].table if version in self.policies else None
        row = next((row for row in table.rows if row.id == key), None) if table else None
        return self.words.when(table, row) if table and row else key

    def outcome(self, status: str) -> str:
        return label("approval", status, self.words.language)

    def at(self, instant: datetime | None) -> str:
        """Day and time as a spreadsheet takes them."""
        return f"{self.words.formats.local(instant):%Y-%m-%d %H:%M}" if instant else ""

    @property
    def rows_in_force(self) -> list[str]:
        return [row.id for row in self.policies[self.current].table.rows]

    def worked(self, seconds: float | None) -> str:
        """In hours, because a working day is not 24 of them; less than one in minutes."""
        if seconds is None:
            return "–"
        if seconds < 3_600:
            return self.words.formats.span(timedelta(seconds=round(seconds / 60) * 60))
        return self.words._(N_("%(hours)s h"), hours=self.words.formats.number(hours(seconds)))


def hours(seconds: float) -> Decimal:
    return (Decimal(seconds) / 3_600).quantize(Decimal("0.1"))


async def report_words(
    session: AsyncSession,
    request: Request,
    steps: Sequence[StepTime],
    refused: Sequence[RefusedTurn],
    fired: Sequence[Fired],
    people: Iterable[str | None],
) -> ReportWords:
    """Knows the policies that these steps and rows are of, and the one in force."""
    current, document = await current_policy(session, ApprovalPolicy.kind)
    asked = [*(one.version for one in steps), *(one.version for one in fired)]
    asked += [one.turn.policy_version for one in refused]
    versions = {version for version in asked if version is not None}
    found = {current: document} | await documents(session, ApprovalPolicy.kind, versions)
    policies = {version: load(ApprovalPolicy, known) for version, known in found.items()}
    named = {person for policy in policies.values() for person in people_in(policy)}
    reader = pages_of(request)
    called = await names(session, reader.language(request), {*people, *named})
    return ReportWords(PolicyWords(reader.language(request), reader.formats(request), called), policies, current)
