"""How versions of a contract differ, as it was worked out once, and what each was found to say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped

from db.base import Base, Id, Instant, Ref, new_id
from db.contract_check import ContractCheck, ContractFinding
from domain.clause.page import State
from domain.contract_version import ClauseCounts, ComparedVersion, FoundValue, VersionDiff, changed_findings


class ContractComparison(Base):
    """Two documents of one contract, clause by clause. What differs between two hashes never changes."""

    __tablename__ = "contract_comparison"

    id: Mapped[Id]
    contract_id: Mapped[Ref]
    old_document: Mapped[str]  # hashes in the document store
    new_document: Mapped[str]
    state: Mapped[str]  # compared, unread
    coarse: Mapped[bool]
    same: Mapped[int]  # clauses that stayed as they were
    clauses: Mapped[dict[str, Any]]  # domain.contract_version.ClauseCounts
    changes: Mapped[list[dict[str, Any]]]  # domain.clause.compare.Change, unread: empty
    compared_at: Mapped[Instant]

    __table_args__ = (UniqueConstraint("contract_id", "old_document", "new_document"),)


async def find_comparison(session: AsyncSession, contract_id: str, old: str, new: str) -> ContractComparison | None:
    return await session.scalar(
        select(ContractComparison).filter_by(contract_id=contract_id, old_document=old, new_document=new)
    )


async def keep_comparison(session: AsyncSession, contract_id: str, old: str, new: str, made: dict[str, Any]) -> None:
    """`made` as activities.document_compare has it. The first one stays."""
    row = {"id": new_id(), "contract_id": contract_id, "old_document": old, "new_document": new, **made}
    row["compared_at"] = datetime.now(UTC)
    await session.execute(insert(ContractComparison).values(**row).on_conflict_do_nothing())


async def read_diff(
    session: AsyncSession, contract_id: str, old: ComparedVersion, new: ComparedVersion
) -> tuple[VersionDiff, ContractComparison | None]:
    """What is known of the difference, with the clauses where both documents were compared."""
    diff = VersionDiff(old=old.no, new=new.no, state="same", amount_old=old.amount, amount_new=new.amount)
    if old.document == new.document:
        return diff.model_copy(update={"findings": []}), None
    if old.document is None or new.document is None:
        return diff.model_copy(update={"state": "replaced"}), None
    row = await find_comparison(session, contract_id, old.document, new.document)
    if row is None:
        return diff.model_copy(update={"state": "unread"}), None
    before, after = [await found_values(session, contract_id, one.no) for one in (old, new)]
    findings = None if before is None or after is None else changed_findings(before, after)
    clauses = ClauseCounts.model_validate(row.clauses)
    known = {"state": row.state, "clauses": clauses, "findings": findings, "coarse": row.coarse}
    return diff.model_copy(update=known), row


async def findings_of(session: AsyncSession, contract_id: str, version_no: int) -> Sequence[ContractFinding] | None:
    """What the check found in a version, in order of the page; None where it was not read as text."""
    check = await session.scalar(select(ContractCheck).filter_by(contract_id=contract_id, version_no=version_no))
    if check is None or check.state != State.TEXT:
        return None
    found = select(ContractFinding).filter_by(check_id=check.id).order_by(ContractFinding.no)
    return (await session.scalars(found)).all()


async def found_values(session: AsyncSession, contract_id: str, version_no: int) -> list[FoundValue] | None:
    found = await findings_of(session, contract_id, version_no)
    return None if found is None else [FoundValue(kind=row.kind, value=row.value, level=row.level) for row in found]
