"""Why a contract's version came back: what approvers and legal said, and the clauses that the next one is to change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.contract import Contract
from db.contract_check import ContractCheck, ContractFinding
from db.contract_version import findings_of
from db.legal import review_of
from db.policy import find_version
from db.subject import SubjectCase
from domain.approval_path import seats
from domain.clause.standard import ClauseStandard, built_in
from domain.policy import load
from domain.refusal import Refused
from locales.change_words import ChangeWords
from locales.labels import label


@dataclass(frozen=True)
class ToChange:
    """A clause that legal wants changed or taken out; `wording` is what the standard proposes instead, or empty."""

    name: str
    value: str
    level: str
    decision: str
    reason: str
    quote: str
    page: int | None
    wording: str


@dataclass(frozen=True)
class Returned:
    """`remarks` as (person's id, words); `conditions` those not met yet."""

    version: int
    document: str | None
    remarks: Sequence[tuple[str, str]]
    conditions: Sequence[str]
    clauses: Sequence[ToChange]

    @property
    def people(self) -> set[str]:
        return {person for person, _ in self.remarks if person}


async def read_returned(session: AsyncSession, case: SubjectCase, language: str) -> Returned | None:
    """None for a contract whose first version is still to come."""
    contract = await session.get(Contract, case.subject.id)
    if contract is None or not contract.versions:
        return None
    version = contract.versions[-1]
    review = await review_of(session, contract.id, version["no"])
    remarks = [(review.closed_by, review.comment)] if review and review.closed_by and review.comment else []
    unmet = [one for one in review.all_conditions if not one.met] if review else []
    return Returned(
        version["no"],
        version.get("document"),
        [*_said(case, version["no"]), *remarks],
        [
            f"{label('clause', one.kind, language)}: {one.text}".rstrip(": ") if one.kind else one.text
            for one in unmet
            if one.kind is None or one.since < version["no"]
        ],
        await _clauses(session, contract.id, version, language),
    )


def _said(case: SubjectCase, version: int) -> list[tuple[str, str]]:
    approvals = [one for one in case.approvals if one.subject_version == version]
    decided = [seat for one in approvals for _, seat in seats(case.paths[one.id]) if seat.status == "returned"]
    return [(seat.by or "", seat.comment or "") for seat in decided]


async def _clauses(
    session: AsyncSession, contract_id: str, version: Mapping[str, Any], language: str
) -> list[ToChange]:
    found = await findings_of(session, contract_id, version["no"]) or []
    wanted = [one for one in found if one.decision in ("change", "reject")]
    if not wanted:
        return []
    check = await session.scalar(
        select(ContractCheck).filter_by(contract_id=contract_id, version_no=version["no"]).limit(1)
    )
    standard = await _standard(session, check) if check else built_in()
    return [_to_change(one, standard, ChangeWords(language, "")) for one in wanted]


async def _standard(session: AsyncSession, check: ContractCheck) -> ClauseStandard:
    try:
        return load(ClauseStandard, (await find_version(session, check.standard_kind, check.standard_version)).document)
    except Refused:
        return built_in()


def _to_change(found: ContractFinding, standard: ClauseStandard, words: ChangeWords) -> ToChange:
    """The wording in the language the clause is written in."""
    rule = standard.rules.get(found.kind)
    chinese = any("一" <= character <= "鿿" for character in found.quote or "") or not found.quote
    return ToChange(
        name=label("clause", found.kind, words.language),
        value=words.value(found.kind, found.value),
        level=found.level,
        decision=found.decision or "",
        reason=found.reason or "",
        quote=found.quote or "",
        page=found.page,
        wording=(rule.wording_zh if chinese else rule.wording_en) if rule and found.decision == "change" else "",
    )
