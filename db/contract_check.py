"""What each version of a contract was found to say, and what legal decided about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref, new_id


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
    limit: Mapped[str]  # of a refused document; `ocr` where OCR did not get through all scanned pages
    carries: Mapped[list[str]]  # javascript, attachments ...
    by_ocr: Mapped[bool]
    period: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))  # {value, page, quote}
    pages: Mapped[int]
    level: Mapped[str]  # the highest of its findings: domain.clause.standard.Risk
    checked_at: Mapped[Instant] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("contract_id", "version_no"),)


class ContractFinding(Base):
    __tablename__ = "contract_finding"

    id: Mapped[Id]
    check_id: Mapped[Ref]
    contract_id: Mapped[Ref]
    version_no: Mapped[int]
    no: Mapped[int]  # in order of the page, what is absent last; then what OCR added, in the same order
    kind: Mapped[str]
    value: Mapped[str]
    page: Mapped[int | None]  # from 1
    quote: Mapped[str | None]
    rects: Mapped[list[list[float]]] = mapped_column(JSONB)  # [page, left, top, right, bottom] in fractions
    level: Mapped[str]
    note: Mapped[str]
    unusual: Mapped[list[dict[str, Any]]]  # [{reason, ...numbers}]: by_ocr, outside_standard, band_jump ...
    decision: Mapped[str | None]  # accept, change, reject
    reason: Mapped[str | None]
    decided_by: Mapped[Ref | None]
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("check_id", "no"),
        Index("ix_contract_finding_contract", "contract_id", "version_no"),
        Index("ix_contract_finding_kind", "kind", "value"),
    )

    @property
    def by_ocr(self) -> bool:
        """It rests on what OCR read: somebody has to compare it with the page."""
        return any(each["reason"] == "by_ocr" for each in self.unusual)


IN_ORDER = (ContractFinding.page, ContractFinding.no)
"""Of one version's findings: what is on no page comes last."""


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


async def period_of(session: AsyncSession, contract_id: str, version_no: int) -> dict[str, Any] | None:
    """{value, page, quote}: until when this version was found to run; nothing of what only OCR has read."""
    where = (ContractCheck.contract_id == contract_id, ContractCheck.version_no == version_no)
    return await session.scalar(select(ContractCheck.period).where(*where, ContractCheck.by_ocr.is_(False)))


async def kept_check(
    session: AsyncSession, contract_id: str, version_no: int
) -> tuple[ContractCheck, Sequence[ContractFinding]] | None:
    """The check of one version with its findings in their order; None where it has not been checked."""
    where = (ContractCheck.contract_id == contract_id, ContractCheck.version_no == version_no)
    check = await session.scalar(select(ContractCheck).where(*where))
    if check is None:
        return None
    findings = select(ContractFinding).where(ContractFinding.check_id == check.id).order_by(*IN_ORDER)
    return check, (await session.scalars(findings)).all()


async def checks_of(session: AsyncSession, contract_id: str) -> dict[int, tuple[ContractCheck, list[ContractFinding]]]:
    """Every version's check with its findings, by the version's number."""
    checks = await session.scalars(select(ContractCheck).where(ContractCheck.contract_id == contract_id))
    found: dict[int, tuple[ContractCheck, list[ContractFinding]]] = {each.version_no: (each, []) for each in checks}
    of_contract = select(ContractFinding).where(ContractFinding.contract_id == contract_id)
    for finding in await session.scalars(of_contract.order_by(ContractFinding.version_no, *IN_ORDER)):
        found[finding.version_no][1].append(finding)
    return found


@dataclass(frozen=True)
class CheckToKeep:
    contract_id: str
    version_no: int
    document: str
    standard_kind: str
    standard_version: int
    our_party: str
    state: str
    limit: str
    carries: list[str]
    by_ocr: bool
    period: dict[str, Any] | None
    pages: int
    level: str

    async def keep(self, session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
        """Writes the check and the findings of `rows` (activities.clause_rows); the first of two tries is kept."""
        statement = insert(ContractCheck).values(id=new_id(), **asdict(self))
        first = statement.on_conflict_do_nothing(index_elements=["contract_id", "version_no"])
        check_id = await session.scalar(first.returning(ContractCheck.id))
        if check_id is None:
            return
        for no, row in enumerate(rows, 1):
            session.add(_finding(check_id, self.contract_id, self.version_no, no, row))
        await session.flush()


async def add_from_ocr(
    session: AsyncSession,
    contract_id: str,
    version_no: int,
    rows: Sequence[dict[str, Any]],
    *,
    limit: str,
    our_party: str,
) -> None:
    """Adds the findings of what OCR has read to the version's check, once: the first of two tries is kept."""
    where = (ContractCheck.contract_id == contract_id, ContractCheck.version_no == version_no)
    first = update(ContractCheck).where(*where, ContractCheck.by_ocr.is_(False))
    check_id = await session.scalar(
        first.values(by_ocr=True, limit=limit, our_party=our_party).returning(ContractCheck.id)
    )
    if check_id is None:
        return
    of_check = ContractFinding.check_id == check_id
    last = await session.scalar(select(func.coalesce(func.max(ContractFinding.no), 0)).where(of_check)) or 0
    for no, row in enumerate(rows, last + 1):
        session.add(_finding(check_id, contract_id, version_no, no, row))
    await session.flush()


def _finding(check_id: str, contract_id: str, version_no: int, no: int, row: dict[str, Any]) -> ContractFinding:
    return ContractFinding(
        id=new_id(),
        check_id=check_id,
        contract_id=contract_id,
        version_no=version_no,
        no=no,
        kind=row["kind"],
        value=row["value"],
        page=row["page"],
        quote=row["quote"],
        rects=row["rects"],
        level=row["risk"],
        note=row.get("note", ""),
        unusual=row.get("unusual", []),
    )
