"""What each version of a contract was found to say, and what legal decided about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref


class ContractCheck(Base):
    """One reading of one version's document. Written by the check; `cleared` and the like by ContractWorkflow."""

    __tablename__ = "contract_check"

    id: Mapped[Id]
    contract_id: Mapped[Ref]
    version_no: Mapped[int]
    document: Mapped[str]  # hash in the document store
    standard_kind: Mapped[str]
    standard_version: Mapped[int]
    our_party: Mapped[str]
    state: Mapped[str]  # domain.clause.page.State; only `text` was read whole
    limit: Mapped[str]  # of a refused document
    carries: Mapped[list[str]]  # javascript, attachments ...
    by_ocr: Mapped[bool]
    pages: Mapped[int]
    level: Mapped[str]  # the highest of its findings: domain.clause.standard.Risk
    checked_at: Mapped[Instant]

    __table_args__ = (UniqueConstraint("contract_id", "version_no"),)


class ContractFinding(Base):
    __tablename__ = "contract_finding"

    id: Mapped[Id]
    check_id: Mapped[Ref]
    contract_id: Mapped[Ref]
    version_no: Mapped[int]
    no: Mapped[int]  # in order of the page; what is absent comes last
    kind: Mapped[str]
    value: Mapped[str]
    page: Mapped[int | None]  # from 1
    quote: Mapped[str | None]
    rects: Mapped[list[list[float]]] = mapped_column(JSONB)  # [page, left, top, right, bottom] in fractions
    level: Mapped[str]
    note: Mapped[str]
    unusual: Mapped[list[dict[str, Any]]]  # [{reason, ...numbers}]: outside the standard, the usual range, a jump
    decision: Mapped[str | None]  # accept, change, reject
    reason: Mapped[str | None]
    decided_by: Mapped[Ref | None]
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("check_id", "no"),
        Index("ix_contract_finding_contract", "contract_id", "version_no"),
        Index("ix_contract_finding_kind", "kind", "value"),
    )


async def said_in(
    session: AsyncSession, contract_id: str, version_no: int, kinds: Sequence[str]
) -> Mapping[str, ContractFinding]:
    """What this version was found to say of these kinds: of each the first place that says something.

    Nothing of what only OCR has read.
    """
    query = (
        select(ContractFinding)
        .join(ContractCheck, ContractCheck.id == ContractFinding.check_id)
        .where(
            ContractFinding.contract_id == contract_id, ContractFinding.version_no == version_no,
            ContractFinding.kind.in_(kinds), ContractFinding.value != "absent", ContractCheck.by_ocr.is_(False),
        )
        .order_by(ContractFinding.no.desc())
    )  # fmt: skip
    return {one.kind: one for one in await session.scalars(query)}
