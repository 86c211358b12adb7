"""What an approval is to one reader: when they last looked at it, how often they nudged, which they got a copy of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Instant, Ref
from db.contract import Approval
from db.customer import Customer
from db.person import Person
from db.process import Process, Task, TimelineEvent
from db.scope import tasks_held, tasks_within, within
from domain.access import Actor


class ApprovalSeen(Base):
    """When somebody had an approval before them: the last time, and the last time before they opened it."""

    __tablename__ = "approval_seen"

    person_id: Mapped[Ref] = mapped_column(primary_key=True)
    approval_id: Mapped[Ref] = mapped_column(primary_key=True)
    seen_at: Mapped[Instant]
    before_at: Mapped[Instant]


async def look(
    session: AsyncSession, person_id: str, approval_id: str, earlier: Collection[str], *, opened: bool
) -> datetime:
    """Notes that somebody sees an approval now. Gives when they saw it, or one of the `earlier`, the time before.

    The first time it is now: only what comes from then on is new.

    `opened`: they come to it anew. Else they still have it before them, and what was new to them stays new.
    """
    now = datetime.now(UTC)
    last_version = select(func.max(ApprovalSeen.seen_at)).where(
        ApprovalSeen.person_id == person_id, ApprovalSeen.approval_id.in_(list(earlier))
    )
    before = func.coalesce(last_version.scalar_subquery(), now)
    row = insert(ApprovalSeen).values(person_id=person_id, approval_id=approval_id, seen_at=now, before_at=before)
    changed = {"seen_at": now} | ({"before_at": ApprovalSeen.seen_at} if opened else {})
    kept = row.on_conflict_do_update(index_elements=["person_id", "approval_id"], set_=changed)
    return (await session.scalars(kept.returning(ApprovalSeen.before_at))).one()


async def nudged(session: AsyncSession, approval: Approval, since: datetime) -> Sequence[datetime]:
    """When the submitter nudged those who are asked since then."""
    query = (
        select(TimelineEvent.at)
        .distinct()
        .where(
            TimelineEvent.line_id == approval.line_id,
            TimelineEvent.record_id == approval.id,
            TimelineEvent.kind == "approval.nudged",
            TimelineEvent.at >= since,
        )
        .order_by(TimelineEvent.at)
    )
    return (await session.scalars(query)).all()


class Copied(NamedTuple):
    approval: Approval
    company: str | None
    submitter: Person | None


async def list_copied(
    session: AsyncSession, actor: Actor, *, after: str | None = None, limit: int = 100
) -> Sequence[Copied]:
    """Approvals that one may read without having been asked in them or having asked for them, the newest first."""
    asked = select(Task.id).where(Task.process_kind == "approval", Task.record_id == Approval.id, tasks_within(actor))
    query = (
        select(Approval, Customer.name, Person)
        .outerjoin(Process, (Process.kind == "approval") & (Process.record_id == Approval.id))
        .outerjoin(Customer, Customer.id == Process.customer_id)
        .outerjoin(Person, Person.id == Approval.submitted_by)
        .where(
            Approval.readers.overlap(sorted(actor.holder_keys)),
            within(actor, "approval"),
            Approval.submitted_by != actor.id,
            ~asked.exists(),
        )
        .order_by(Approval.id.desc())
        .limit(limit)
    )
    if after:
        query = query.where(Approval.id < after)
    return [Copied(*row) for row in await session.execute(query)]


async def own_task(session: AsyncSession, actor: Actor, approval_id: str) -> str | None:
    """The open task in an approval that this person has to do with, the latest."""
    query = select(Task.id).where(
        Task.process_kind == "approval", Task.record_id == approval_id, Task.status == "open", tasks_held(actor)
    )
    found: str | None = await session.scalar(query.order_by(Task.id.desc()).limit(1))
    return found
