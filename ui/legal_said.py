"""What legal said of a version, for those who decide about it next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from db.contract_check import ContractFinding
from db.legal import ContractReview, findings_of, review_of
from domain.contract_review import Condition
from locales.labels import label
from ui.clause_words import ClauseWords
from ui.names import names


@dataclass(frozen=True)
class Ruled:
    """One clause that legal decided about. `name` and `value` in words; `decision` accept, change or reject."""

    name: str
    value: str
    level: str
    decision: str
    reason: str | None
    page: int | None


@dataclass(frozen=True)
class LegalSaid:
    """`by` is who ended it. `by_ocr`: the document was scanned, and OCR read it; `read`: it was read as text."""

    review: ContractReview
    by: str
    rulings: Sequence[Ruled]
    conditions: Sequence[Condition]
    read: bool
    by_ocr: bool


async def legal_said(session: AsyncSession, contract_id: str, version: int, words: ClauseWords) -> LegalSaid | None:
    """None where legal had nothing to decide about this version."""
    review = await review_of(session, contract_id, version)
    if review is None or review.outcome == "not_needed":
        return None
    check, findings = await findings_of(session, contract_id, version)
    called = await names(session, words.language, {review.closed_by})
    return LegalSaid(
        review,
        called.person(review.closed_by) if review.closed_by else "",
        [_ruled(one, words) for one in findings if one.decision],
        review.all_conditions,
        read=check is not None and check.state == "text",
        by_ocr=check is not None and check.by_ocr,
    )


def _ruled(one: ContractFinding, words: ClauseWords) -> Ruled:
    name = label("clause", one.kind, words.language)
    return Ruled(name, words.value(one.kind, one.value), one.level, one.decision or "", one.reason, one.page)
