"""What the page of a review shows: the version's findings as their reader may act on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.services import Services
from db.clause_history import agreed
from db.contract import Contract
from db.contract_check import ContractCheck, ContractFinding
from db.customer import Customer
from db.legal import (
    ClauseException,
    ContractReview,
    Overruled,
    findings_of,
    overruled,
    review_of,
    standard_by,
)
from db.process import Task
from db.record import Document
from db.scope import visible
from domain.access import Action, Actor
from domain.clause.history import Agreed
from domain.clause.standard import ClauseStandard, Risk, built_in
from domain.contract_review import Condition
from domain.legal import reaches
from domain.refusal import not_found
from locales.labels import label
from ui.clause_finding import unusual_in_words
from ui.clause_words import ClauseWords, RuleWords
from ui.environment import pages_of
from ui.names import Names, names
from ui.task_panel import Standing, standing_of

_CHINESE = ("一", "鿿")


@dataclass(frozen=True)
class Crop:
    """The part of a page around a finding, in fractions of the page; `rects` are those of this page."""

    page: int
    left: float
    top: float
    width: float
    height: float
    rects: list[list[float]]


MARGIN = 0.012
"""Around a finding, in fractions of the page."""
NARROWEST, HIGHEST = 0.5, 0.3
"""How much of a page's width a crop shows at least, and of its height at most."""


def crop_of(rects: Sequence[list[float]]) -> Crop | None:
    """Around the rectangles on the first of their pages."""
    if not rects:
        return None
    page = int(rects[0][0])
    here = [rect for rect in rects if rect[0] == page]
    left, right = min(rect[1] for rect in here) - MARGIN, max(rect[3] for rect in here) + MARGIN
    top, bottom = min(rect[2] for rect in here) - MARGIN, max(rect[4] for rect in here) + MARGIN
    width = min(1.0, max(NARROWEST, right - left))
    left = min(max(0.0, (left + right - width) / 2), 1.0 - width)
    top = max(0.0, top)
    return Crop(page, left, top, width, min(HIGHEST, bottom - top, 1.0 - top), here)


@dataclass(frozen=True)
class FindingPanel:
    """`needed`: legal has to decide about it; `wording` is what the standard proposes, in the contract's language.

    `unusual` are sentences with the numbers; `before` what this customer's last contracts of ours say of it.
    """

    row: ContractFinding
    value: str
    unusual: list[str]
    before: list[str]
    rule: RuleWords
    wording: str
    counts: Overruled
    exception: ClauseException | None
    turn: int
    needed: bool

    @property
    def crop(self) -> Crop | None:
        return crop_of(self.row.rects)

    @property
    def standard(self) -> list[str]:
        """What is as the standard wants it, in words."""
        return self.rule.levels.get("ok", [])


@dataclass(frozen=True)
class ReviewPage:
    """`errors` and `typed` are those of a form shown again: the one named `form`, of the finding `at` where it has one.

    `show` is the filter; `standing` whether this reader may decide now, and if not, why.
    """

    contract: Contract
    customer: Customer
    version: Mapping[str, Any]
    check: ContractCheck | None
    review: ContractReview | None
    findings: Sequence[FindingPanel]
    document: Document | None
    task: Task | None
    standing: Standing | None
    names: Names
    judges: bool
    show: str = ""
    at: str = ""
    form: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"/contracts/{self.contract.id}/review/{self.no}"

    @property
    def no(self) -> int:
        return int(self.version["no"])

    @property
    def state(self) -> str:
        return self.check.state if self.check else "unreadable"

    @property
    def deciding(self) -> bool:
        return self.standing == "turn"

    @property
    def undecided(self) -> int:
        return sum(one.needed for one in self.findings)

    @property
    def carried(self) -> list[Condition]:
        return [one for one in self.conditions if one.since < self.no]

    @property
    def given(self) -> list[Condition]:
        return [one for one in self.conditions if one.since == self.no]

    @property
    def conditions(self) -> list[Condition]:
        return self.review.all_conditions if self.review else []

    @property
    def shown(self) -> list[FindingPanel]:
        if self.show == "open":
            return [one for one in self.findings if one.needed]
        return [one for one in self.findings if self.show in ("", one.row.level)]

    @property
    def filters(self) -> list[tuple[str, int]]:
        """(filter, how many it shows); those that would show nothing are left out."""
        levels = [(level, sum(one.row.level == level for one in self.findings)) for level in reversed(tuple(Risk))]
        kept = [(level.value, count) for level, count in levels if count or self.show == level]
        return [("", len(self.findings)), *([("open", self.undecided)] if self.deciding else []), *kept]

    @property
    def soonest(self) -> str:
        """The day an exception is offered to end: half a year from now."""
        return (datetime.now(UTC).date() + timedelta(days=183)).isoformat()

    def marks(self, language: str) -> list[dict[str, Any]]:
        """For document/pages.html."""
        return [
            {"id": one.row.id, "page": one.row.page, "rects": one.row.rects, "level": one.row.level,
             "label": f"{one.rule.name}: {one.value}, {label('risk', one.row.level, language)}"}
            for one in self.findings if one.row.rects
        ]  # fmt: skip

    def finding(self, finding_id: str) -> ContractFinding:
        """Raises Refused (404)."""
        for one in self.findings:
            if one.row.id == finding_id:
                return one.row
        raise not_found("finding")

    def again(self, at: str, form: str, errors: Mapping[str, str], typed: Mapping[str, str]) -> ReviewPage:
        return replace(self, at=at, form=form, errors=errors, typed=typed)


async def read_review(
    request: Request, services: Services, actor: Actor, contract_id: str, version: int, show: str = ""
) -> ReviewPage:
    """Raises Refused (404) where there is no such version, or nothing was checked in it."""
    formats = pages_of(request).formats(request)
    async with services.db.session(actor.id) as session:
        contract: Contract = await visible(session, actor, "contract", contract_id)
        said = next((one for one in contract.versions if one["no"] == version), None)
        check, found = await findings_of(session, contract_id, version)
        review = await review_of(session, contract_id, version)
        if said is None or (check is None and review is None):
            raise not_found("review")
        task = await session.get(Task, review.task_id) if review and review.task_id else None
        standard = await standard_by(session, check) if check else built_in()
        words = ClauseWords(formats.language, formats)
        before = await agreed(session, contract.id, contract.customer_id, sorted({row.kind for row in found}))
        panels = await _panels(session, words, found, standard, review, task, before)
        people = {
            review.closed_by if review else None,
            said["by"],
            contract.owner_id,
            task.claimed_by if task else None,
        }
        people |= {one.row.decided_by for one in panels} | {one.exception.granted_by for one in panels if one.exception}
        return ReviewPage(
            contract=contract,
            customer=await session.get_one(Customer, contract.customer_id),
            version=said,
            check=check,
            review=review,
            findings=panels,
            document=await session.get(Document, said["document"]) if said.get("document") else None,
            task=task,
            standing=standing_of(task, actor) if task else None,
            names=await names(session, formats.language, people),
            judges=actor.scope(Action.CLAUSE_JUDGE) is not None,
            show=show,
        )


async def _panels(
    session: AsyncSession,
    words: ClauseWords,
    found: Sequence[ContractFinding],
    standard: ClauseStandard,
    review: ContractReview | None,
    task: Task | None,
    before: Sequence[Agreed],
) -> list[FindingPanel]:
    counts = await overruled(session, {row.kind for row in found})
    granted = set(review.exceptions.values()) if review else set()
    query = select(ClauseException).where(ClauseException.id.in_(granted))
    exceptions = {row.id: row for row in await session.scalars(query)} if granted else {}
    open_ = task is not None and task.status == "open"
    panels = []
    for row in found:
        exception = exceptions.get(review.exceptions.get(row.id, "")) if review else None
        rule = words.rule(row.kind, standard.rule(row.kind))
        needed = bool(
            review and open_ and row.decision is None and exception is None and reaches(row.level, review.from_level)
        )
        panels.append(
            FindingPanel(
                row=row,
                value=words.value(row.kind, row.value),
                unusual=[unusual_in_words(row.kind, reason, words) for reason in row.unusual],
                before=[words.value(one.kind, one.value) for one in before if one.own and one.kind == row.kind][:3],
                rule=rule,
                wording=_wording(rule, row, found),
                counts=counts.get(row.kind) or Overruled(row.kind, 0, 0, 0, 0),
                exception=exception,
                turn=review.turns.get(row.id, 0) if review else 0,
                needed=needed,
            )
        )
    return panels


def _wording(rule: RuleWords, row: ContractFinding, found: Sequence[ContractFinding]) -> str:
    """In the language of the quote; where nothing is quoted, in that of the others."""
    text = row.quote or "".join(other.quote or "" for other in found)
    first, last = _CHINESE
    chinese = any(first <= character <= last for character in text)
    return (rule.wording_zh if chinese else rule.wording_en) or rule.wording_zh or rule.wording_en
