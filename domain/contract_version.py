"""What differs between two versions of a contract, and which differences let an earlier approval stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel

from domain.document import Strict

Reason = Literal["amount", "findings", "clauses", "words", "unread"]
"""Why approvers are asked again; `unread`: nobody can say what changed."""


class VersionRules(Strict):
    """`reopens`: what must have changed since somebody approved for them to be asked again; nothing else does.

    `clauses`: one more or less, or one whose numbers, parties, duties or many words changed; `words`: any wording.
    """

    reopens: tuple[Literal["amount", "findings", "clauses", "words"], ...] = ("amount", "findings", "clauses")


class ComparedVersion(BaseModel):
    """`document` is a hash of the document store; `amount` in minor units."""

    no: int
    amount: int
    document: str | None = None


class FoundValue(BaseModel):
    """One finding of a version: its kind, its value, its level of risk."""

    kind: str
    value: str
    level: str


class FindingChange(BaseModel):
    """`old` None: it is new; `new` None: it is gone."""

    kind: str
    old: str | None = None
    new: str | None = None
    old_level: str | None = None
    new_level: str | None = None


class ClauseCounts(BaseModel):
    """How many clauses; `changed` say something else, `reworded` only say it otherwise."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    reworded: int = 0
    moved: int = 0

    @property
    def weighty(self) -> int:
        return self.added + self.removed + self.changed


class VersionDiff(BaseModel):
    """Version `new` beside `old`; amounts in minor units of the contract's currency.

    `state`: compared, same (one document, or none twice), replaced (only one has a document), unread (a document that
    is no text). `findings` None: one of them was not checked.
    """

    old: int
    new: int
    state: Literal["compared", "same", "replaced", "unread"]
    amount_old: int
    amount_new: int
    clauses: ClauseCounts = ClauseCounts()
    findings: list[FindingChange] | None = None
    coarse: bool = False

    def reopens(self, rules: VersionRules) -> list[Reason]:
        """What in it asks approvers again; empty: what they approved stands. What is not known always asks again."""
        clauses = self.clauses
        reasons: dict[Reason, bool] = {
            "amount": "amount" in rules.reopens and self.amount_old != self.amount_new,
            "findings": "findings" in rules.reopens and bool(self.findings),
            "clauses": "clauses" in rules.reopens and bool(clauses.weighty),
            "words": "words" in rules.reopens and bool(clauses.weighty + clauses.reworded),
            "unread": self.state in ("replaced", "unread")
            or self.coarse
            or ("findings" in rules.reopens and self.findings is None),
        }
        return [reason for reason, holds in reasons.items() if holds]

    @property
    def empty(self) -> bool:
        """Nothing differs but places, as far as is known."""
        known = self.state in ("compared", "same") and not self.findings and self.amount_old == self.amount_new
        return known and not self.clauses.weighty + self.clauses.reworded


def changed_findings(old: Iterable[FoundValue], new: Iterable[FoundValue]) -> list[FindingChange]:
    """What two checks found, kind by kind: gone, new, or another value or level. In the order of the newer one."""
    before, after = list(old), list(new)
    kinds = dict.fromkeys(one.kind for one in [*after, *before])
    changes: list[FindingChange] = []
    for kind in kinds:
        was, now = ([one for one in found if one.kind == kind] for found in (before, after))
        changes += _of_kind(kind, was, now)
    return changes


def _of_kind(kind: str, was: Sequence[FoundValue], now: Sequence[FoundValue]) -> list[FindingChange]:
    levels = {one.value: one.level for one in was}
    relevelled = [
        FindingChange(kind=kind, old=one.value, new=one.value, old_level=levels[one.value], new_level=one.level)
        for one in now
        if one.value in levels and levels[one.value] != one.level
    ]
    gone = [one for one in was if one.value not in {other.value for other in now}]
    came = [one for one in now if one.value not in levels]
    paired = [
        FindingChange(kind=kind, old=one.value, new=other.value, old_level=one.level, new_level=other.level)
        for one, other in zip(gone, came, strict=False)
    ]
    both = len(paired)
    return [
        *relevelled,
        *paired,
        *(FindingChange(kind=kind, old=one.value, old_level=one.level) for one in gone[both:]),
        *(FindingChange(kind=kind, new=one.value, new_level=one.level) for one in came[both:]),
    ]
