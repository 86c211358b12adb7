"""Legal's review of one version: what it decided about each finding, what must change, and how it ended."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from domain.legal import LegalRules, highest, reaches
from domain.refusal import Refused, invalid

Decision = Literal["accept", "change", "reject"]
Outcome = Literal["clear", "conditions", "return"]
End = Literal["clear", "conditions", "return", "not_needed", "superseded", "withdrawn"]
"""How a review ended: legal's three; not opened; ended by the approvers' return or rejection; by a withdrawal."""


class Ruling(BaseModel):
    """A finding and what legal says of it. `exception_id`: of the standing exception that accepts it.

    `turn` counts the decisions made, so that a stale page cannot overwrite a newer one.
    """

    id: str
    kind: str
    value: str
    level: str
    exception_id: str | None = None
    decision: Decision | None = None
    reason: str | None = None
    by: str | None = None
    at: datetime | None = None
    turn: int = 0


class Condition(BaseModel):
    """What a later version must meet; set in the review of version `since`. `met` is None until legal has looked.

    `kind` and `value` are those of the clause that is to be changed; None for a condition of its own.
    """

    id: str
    text: str
    since: int
    kind: str | None = None
    value: str | None = None
    met: bool | None = None
    by: str | None = None
    at: datetime | None = None


class Review(BaseModel):
    """`state` is the document's; `from_level` the policy's; `read`: legal read by themselves what could not be read.

    `conditions` are those of earlier versions, then those given now. `revision` is that of the last change.
    """

    id: str
    version: int
    state: str
    level: str
    from_level: str
    rulings: list[Ruling]
    conditions: list[Condition] = []
    task_id: str | None = None
    opened_at: datetime
    outcome: End | None = None
    comment: str | None = None
    read: bool = False
    by: str | None = None
    at: datetime | None = None
    revision: int = 0

    @property
    def open(self) -> bool:
        return self.outcome is None

    @property
    def undecided(self) -> list[Ruling]:
        """The findings of the policy's level or above that somebody still has to decide about."""
        return [
            r for r in self.rulings if r.decision is None and not r.exception_id and reaches(r.level, self.from_level)
        ]

    @property
    def carried(self) -> list[Condition]:
        """The conditions of earlier versions."""
        return [one for one in self.conditions if one.since < self.version]

    @property
    def unmet(self) -> list[Condition]:
        return [one for one in self.conditions if not one.met]

    def ruling(self, finding_id: str) -> Ruling | None:
        return next((r for r in self.rulings if r.id == finding_id), None)


def needed(rules: LegalRules, review: Review, before: Review | None) -> bool:
    """Whether legal must read the version: nobody else could, a clause is risky, or legal sent back the one before."""
    sent_back = before is not None and (before.outcome == "return" or bool(before.unmet))
    return review.state != "text" or sent_back or reaches(open_level(review), rules.from_level)


def open_level(review: Review) -> str:
    """The highest risk that no exception covers."""
    if not any(ruling.exception_id for ruling in review.rulings):
        return review.level
    return highest(ruling.level for ruling in review.rulings if not ruling.exception_id)


def check_ruling(ruling: Ruling | None, decision: Decision | None, reason: str | None, turn: int) -> None:
    """Raises Refused: a high risk is accepted, and any clause rejected or to be changed, only with a reason."""
    if ruling is None:
        raise invalid("finding_unknown", "finding_id")
    if turn != ruling.turn:
        raise Refused("finding_decided", 409, by=ruling.by, decision=ruling.decision)
    if decision is None and ruling.decision is None:
        raise Refused("finding_undecided", 409)
    if not reason and (decision in ("change", "reject") or (decision == "accept" and ruling.level == "high")):
        raise invalid("clause_reason_needed", "reason")


def check_conclusion(
    review: Review, outcome: Outcome, *, comment: str | None, given: list[str], met: dict[str, bool], read: bool
) -> None:
    """Raises Refused where the review cannot end so yet."""
    if outcome == "return":
        if not comment:
            raise invalid("clause_reason_needed", "comment")
        return
    if review.state != "text" and not (read and comment):
        raise invalid("document_unread", "comment")
    if review.undecided:
        raise Refused("findings_undecided", 409, count=len(review.undecided))
    if any(ruling.decision == "reject" for ruling in review.rulings):
        raise Refused("clause_rejected", 409)
    if any(one.id not in met for one in review.carried):
        raise invalid("conditions_unlooked", "met")
    to_change = any(ruling.decision == "change" for ruling in review.rulings)
    if outcome == "clear":
        if to_change:
            raise Refused("clause_to_change", 409)
        if not all(met[one.id] for one in review.carried):
            raise Refused("conditions_unmet", 409)
    elif not (given or to_change or not all(met[one.id] for one in review.carried)):
        raise invalid("condition_needed", "conditions")
