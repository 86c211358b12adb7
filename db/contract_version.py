"""How versions of a contract differ, as it was worked out once, and what each was found to say."""

from __future__ import annotations

from typing import Any

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped

from db.base import Base, Id, Instant, Ref, new_id
from db.contract_check import ContractCheck, ContractFinding
from domain.clause.page import State
from domain.contract_version import FoundValue


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


async def keep_comparison(session: AsyncSession, **row: Any) -> None:
    """The first one stays."""
    await session.execute(insert(ContractComparison).values(id=new_id(), **row).on_conflict_do_nothing())


async def found_values(session: AsyncSession, contract_id: str, version_no: int) -> list[FoundValue] | None:
    """What the check found in a version, in order of the page; None where it was not read as text."""
    check = await session.scalar(select(ContractCheck).filter_by(contract_id=contract_id, version_no=version_no))
    if check is None or check.state != State.TEXT:
        return None
    rows = await session.scalars(select(ContractFinding).filter_by(check_id=check.id).order_by(ContractFinding.no))
    return [FoundValue(kind=row.kind, value=row.value, level=row.level) for row in rows]
