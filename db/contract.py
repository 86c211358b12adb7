"""Contracts with their versions, and the approvals they went through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Index, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Minor, Ref
from domain.approval_path import PathStep


class Contract(Base):
    """Written by ContractWorkflow only."""

    __tablename__ = "contract"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    deal_id: Mapped[Ref] = mapped_column(index=True)
    line_id: Mapped[Ref]
    customer_id: Mapped[Ref] = mapped_column(index=True)
    region_id: Mapped[Ref]
    owner_id: Mapped[Ref]
    title: Mapped[str]
    amount: Mapped[Minor]
    currency: Mapped[str]
    status: Mapped[str]  # draft, in_approval, approved, signed, rejected, withdrawn
    version: Mapped[int]
    versions: Mapped[list[dict[str, Any]]]  # [{no, amount, document, by, at, outcome}]
    approval_id: Mapped[Ref | None]
    opened_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    revision: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        # Who may see a document is asked by the hash among the versions.
        Index(
            "ix_contract_versions", "versions", postgresql_using="gin", postgresql_ops={"versions": "jsonb_path_ops"}
        ),
    )


class Approval(Base):
    """One run through an approval line. Written by ApprovalWorkflow only."""

    __tablename__ = "approval"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(unique=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[Ref] = mapped_column(index=True)
    subject_version: Mapped[int]
    line_id: Mapped[Ref]
    region_id: Mapped[Ref]
    submitted_by: Mapped[Ref]
    title: Mapped[str]
    amount: Mapped[Minor]
    currency: Mapped[str]
    status: Mapped[str]  # open, approved, returned, rejected, withdrawn
    facts: Mapped[dict[str, Any]]  # all that is known of the request
    decision: Mapped[dict[str, Any]]  # the policy's decision: the facts it asked for, fired rows, why not the others
    path: Mapped[list[dict[str, Any]]]  # domain.approval_path.PathStep
    remarks: Mapped[list[dict[str, Any]]]  # [{id, at, by, kind, text, about}]: comments, questions, answers
    readers: Mapped[list[str]]  # holder keys that were ever asked or copied: they may see the case
    opened_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    revision: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_approval_readers", "readers", postgresql_using="gin"),
        Index("ix_approval_opened", "opened_at"),
    )

    @property
    def steps(self) -> list[PathStep]:
        """The path, made anew each time."""
        return [PathStep.model_validate(step, strict=False) for step in self.path]  # JSON has lists for tuples


async def approvals_to_ask(session: AsyncSession, key: str) -> Sequence[str]:
    """The processes of running approvals whose path names this holder, who may be asked only later."""
    named = Approval.path.cast(Text).contains(key, autoescape=True)
    found = await session.scalars(select(Approval.id).where(Approval.status == "open", named))
    return [f"approval/{one}" for one in found]
