"""The draft of each policy's next version: one per kind, kept whether it is fit to be published or not."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Sequence, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Instant, Ref
from db.policy import Policy, lock_versions
from domain.refusal import Refused

REVISIONS = Sequence("policy_draft_revision", data_type=BigInteger, metadata=Base.metadata)
"""A number is used once: a page that shows a draft which was thrown away never changes the one begun after it."""


class PolicyDraft(Base):
    __tablename__ = "policy_draft"

    kind: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    based_on: Mapped[int]  # the newest version when it was begun: what it follows
    note: Mapped[str]
    revision: Mapped[int] = mapped_column(BigInteger)
    changed_by: Mapped[Ref]
    changed_at: Mapped[Instant]


async def newest_version(session: AsyncSession, kind: str) -> int:
    """What a draft that is begun now follows, in force yet or not; 0 for none."""
    return await session.scalar(select(func.max(Policy.version)).where(Policy.kind == kind)) or 0


async def find_draft(session: AsyncSession, kind: str) -> PolicyDraft | None:
    return await session.get(PolicyDraft, kind)


async def draft_to_change(session: AsyncSession, kind: str, revision: int) -> PolicyDraft | None:
    """The draft as of `revision` (0: there is none), which nobody else changes until the transaction ends.

    Raises Refused (409) `draft_changed`, by whom, where it has been changed since.
    """
    await lock_versions(session, kind)
    draft = await session.get(PolicyDraft, kind, populate_existing=True)
    if (draft.revision if draft else 0) != revision:
        raise Refused(
            "draft_changed", 409, by=draft.changed_by if draft else None, revision=draft.revision if draft else 0
        )
    return draft


async def write_draft(
    session: AsyncSession, kind: str, document: dict[str, Any], *, based_on: int, note: str, by: str
) -> PolicyDraft:
    """Only after `draft_to_change`."""
    draft = PolicyDraft(
        kind=kind,
        document=document,
        based_on=based_on,
        note=note,
        revision=await session.scalar(select(REVISIONS.next_value())) or 0,
        changed_by=by,
        changed_at=await session.scalar(select(func.now())),
    )
    return await session.merge(draft)
