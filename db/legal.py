"""Legal's reviews of contracts, standing exceptions of customers, and what became of each kind of finding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Index, UniqueConstraint, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref
from db.contract_check import IN_ORDER, ContractCheck, ContractFinding
from db.customer import Customer
from db.policy import find_version
from domain.clause.standard import ClauseStandard, built_in
from domain.contract_review import Condition, Review
from domain.legal import Granted
from domain.policy import load
from domain.refusal import Refused

YEAR = timedelta(days=365)


class ContractReview(Base):
    """One version read by legal, or found to need no reading. Written by ContractWorkflow only."""

    __tablename__ = "contract_review"

    id: Mapped[Id]
    contract_id: Mapped[Ref]
    version_no: Mapped[int]
    task_id: Mapped[Ref | None]
    from_level: Mapped[str]
    outcome: Mapped[str | None]  # domain.contract_review.End
    comment: Mapped[str | None]
    read: Mapped[bool]  # legal read by themselves what could not be read as text
    conditions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)  # domain.contract_review.Condition
    exceptions: Mapped[dict[str, str]] = mapped_column(JSONB)  # finding -> the exception that accepts it
    turns: Mapped[dict[str, int]] = mapped_column(JSONB)  # finding -> how often it was decided
    opened_at: Mapped[Instant]
    closed_by: Mapped[Ref | None]
    closed_at: Mapped[Instant | None]

    __table_args__ = (UniqueConstraint("contract_id", "version_no"),)

    @property
    def all_conditions(self) -> list[Condition]:
        return [Condition.model_validate(one) for one in self.conditions]


class ClauseException(Base):
    """Legal accepts clauses of a kind up to a value from one customer, until the end of a day."""

    __tablename__ = "clause_exception"

    id: Mapped[Id]
    customer_id: Mapped[Ref]
    kind: Mapped[str]
    value: Mapped[str]
    until: Mapped[date]
    reason: Mapped[str]
    contract_id: Mapped[Ref | None]  # where it was asked for
    granted_by: Mapped[Ref]
    granted_at: Mapped[Instant] = mapped_column(server_default=func.now())
    revoked_by: Mapped[Ref | None]
    revoked_at: Mapped[Instant | None]

    __table_args__ = (Index("ix_clause_exception_customer", "customer_id", "until"),)


@dataclass(frozen=True)
class Overruled:
    """Findings of a kind beyond the standard in the last year, and what legal said of them."""

    kind: str
    found: int
    accepted: int
    changed: int
    rejected: int

    @property
    def decided(self) -> int:
        return self.accepted + self.changed + self.rejected


async def write_reviews(session: AsyncSession, contract_id: str, reviews: Iterable[Review]) -> None:
    """Rows of the process's reviews, with what was decided about each finding; only under the process's own guard."""
    for review in reviews:
        row = {
            "id": review.id, "contract_id": contract_id, "version_no": review.version, "task_id": review.task_id,
            "from_level": review.from_level, "outcome": review.outcome, "comment": review.comment, "read": review.read,
            "conditions": [one.model_dump(mode="json") for one in review.conditions],
            "exceptions": {r.id: r.exception_id for r in review.rulings if r.exception_id},
            "turns": {r.id: r.turn for r in review.rulings if r.turn},
            "opened_at": review.opened_at, "closed_by": review.by, "closed_at": review.at,
        }  # fmt: skip
        await session.execute(insert(ContractReview).values(row).on_conflict_do_update(index_elements=["id"], set_=row))
        decided = [
            {"finding": r.id, "decision": r.decision, "reason": r.reason, "decided_by": r.by, "decided_at": r.at}
            for r in review.rulings
            if r.turn
        ]
        if decided:
            findings = ContractFinding.__table__
            change = update(findings).where(findings.c.id == bindparam("finding")).values(  # type: ignore[arg-type]
                {name: bindparam(name) for name in ("decision", "reason", "decided_by", "decided_at")}
            )  # fmt: skip
            await session.execute(change, decided)


async def review_of(session: AsyncSession, contract_id: str, version_no: int) -> ContractReview | None:
    where = (ContractReview.contract_id == contract_id, ContractReview.version_no == version_no)
    found: ContractReview | None = await session.scalar(select(ContractReview).where(*where))
    return found


async def reviews_of(session: AsyncSession, contract_id: str) -> dict[int, ContractReview]:
    """By version."""
    found = await session.scalars(select(ContractReview).where(ContractReview.contract_id == contract_id))
    return {review.version_no: review for review in found}


async def findings_of(
    session: AsyncSession, contract_id: str, version_no: int
) -> tuple[ContractCheck | None, Sequence[ContractFinding]]:
    """A version's check with its findings in their order."""
    where = (ContractCheck.contract_id == contract_id, ContractCheck.version_no == version_no)
    check = await session.scalar(select(ContractCheck).where(*where))
    if check is None:
        return None, ()
    query = select(ContractFinding).where(ContractFinding.check_id == check.id).order_by(*IN_ORDER)
    return check, (await session.scalars(query)).all()


async def standard_of(session: AsyncSession, contract_id: str, version_no: int) -> ClauseStandard:
    """The standard that a version was checked against."""
    check, _ = await findings_of(session, contract_id, version_no)
    return await standard_by(session, check) if check else built_in()


async def standard_by(session: AsyncSession, check: ContractCheck) -> ClauseStandard:
    try:
        found = await find_version(session, check.standard_kind, check.standard_version)
    except Refused:  # checked before any standard was published
        return built_in()
    return load(ClauseStandard, found.document)


async def granted_to(session: AsyncSession, customer_id: str, today: date) -> list[Granted]:
    """A customer's exceptions that hold on this day."""
    query = select(ClauseException).where(
        ClauseException.customer_id == customer_id, ClauseException.until >= today, ClauseException.revoked_at.is_(None)
    )
    return [Granted.model_validate(row, from_attributes=True) for row in await session.scalars(query)]


async def exceptions_of(session: AsyncSession, customer_id: str | None = None) -> list[tuple[ClauseException, str]]:
    """The newest 200, with the customer's name; of one customer, or of all."""
    query = select(ClauseException, Customer.name).join(Customer, Customer.id == ClauseException.customer_id)
    if customer_id:
        query = query.where(ClauseException.customer_id == customer_id)
    newest = query.order_by(ClauseException.granted_at.desc(), ClauseException.id).limit(200)
    return [(row, name) for row, name in await session.execute(newest)]


async def overruled(session: AsyncSession, kinds: Iterable[str] | None = None) -> dict[str, Overruled]:
    """By kind, of what was beyond the standard in versions checked during the last year."""
    findings = ContractFinding
    query = (
        select(
            findings.kind,
            func.count(),
            *(func.count().filter(findings.decision == one) for one in ("accept", "change", "reject")),
        )
        .join(ContractCheck, ContractCheck.id == findings.check_id)
        .where(ContractCheck.checked_at >= datetime.now(UTC) - YEAR, findings.level != "ok")
        .group_by(findings.kind)
    )
    if kinds is not None:
        query = query.where(findings.kind.in_(sorted(set(kinds))))
    rows: Sequence[Any] = (await session.execute(query)).all()
    return {row[0]: Overruled(*row) for row in rows}
