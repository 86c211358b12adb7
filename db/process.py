"""The read model every process shares: where it stands, its human tasks, its timeline, whom to notify."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Minor, Ref, new_id


class Process(Base):
    """One row a workflow, whatever its kind. `line_id` groups all processes from one lead (or deal) to its cash."""

    __tablename__ = "process"

    workflow_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    record_id: Mapped[Ref] = mapped_column(index=True)
    line_id: Mapped[Ref] = mapped_column(index=True)
    run_id: Mapped[str]
    revision: Mapped[int] = mapped_column(BigInteger)
    stage: Mapped[str]
    waiting: Mapped[list[dict[str, Any]]]  # [{reason, params, holders, since, due}]: why it stands still
    region_id: Mapped[Ref | None]
    owner_id: Mapped[Ref | None]
    customer_id: Mapped[Ref | None]
    opened_at: Mapped[Instant]
    changed_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    outcome: Mapped[str | None]
    policies: Mapped[dict[str, Any]]  # the policy versions it runs under: {kind: version}

    __table_args__ = (
        Index("ix_process_open", "kind", "changed_at", postgresql_where=text("closed_at is null")),
        Index("ix_process_customer_id", "customer_id"),
    )


class Task(Base):
    """A human task. `holders` are keys (see domain.access); who has one of them may act."""

    __tablename__ = "task"

    id: Mapped[Id]
    workflow_id: Mapped[str] = mapped_column(index=True)
    process_kind: Mapped[str]
    record_id: Mapped[Ref] = mapped_column(index=True)
    line_id: Mapped[Ref] = mapped_column(index=True)
    kind: Mapped[str]
    params: Mapped[dict[str, Any]]
    title: Mapped[str]
    amount: Mapped[Minor | None]
    currency: Mapped[str | None]
    customer_id: Mapped[Ref | None]
    region_id: Mapped[Ref | None]
    from_id: Mapped[Ref | None]
    holders: Mapped[list[str]]
    status: Mapped[str]  # open, done, cancelled
    version: Mapped[int]
    opened_at: Mapped[Instant]
    due_at: Mapped[Instant | None]
    escalated_at: Mapped[Instant | None]
    claimed_by: Mapped[Ref | None]
    claimed_for: Mapped[Ref | None]  # the absent person whom claimed_by stood in for; so too decided_for
    decided_by: Mapped[Ref | None]
    decided_for: Mapped[Ref | None]
    decided_at: Mapped[Instant | None]
    outcome: Mapped[str | None]
    comment: Mapped[str | None]
    revision: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_task_holders_open", "holders", postgresql_using="gin", postgresql_where=text("status = 'open'")),
        Index("ix_task_from_open", "from_id", postgresql_where=text("status = 'open'")),
        Index("ix_task_region_open", "region_id", postgresql_where=text("status = 'open'")),
        Index("ix_task_customer_open", "customer_id", postgresql_where=text("status = 'open'")),
        Index("ix_task_decided", "decided_by", text("decided_at desc"), postgresql_where=text("status = 'done'")),
    )


class TimelineEvent(Base):
    __tablename__ = "timeline_event"

    id: Mapped[Id]  # the workflow's own key: a repeat changes nothing
    at: Mapped[Instant]
    workflow_id: Mapped[str]
    process_kind: Mapped[str]
    record_id: Mapped[Ref]
    line_id: Mapped[Ref]
    customer_id: Mapped[Ref | None]
    kind: Mapped[str]  # deal.moved, task.decided, ...
    actor: Mapped[str]  # a person's id, or system
    params: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(BigInteger)  # orders what one process did at one instant

    __table_args__ = (
        Index("ix_timeline_event_line", "line_id", "at", "revision"),
        Index("ix_timeline_event_customer", "customer_id", "at"),
    )


class Notification(Base):
    __tablename__ = "notification"

    id: Mapped[Id] = mapped_column(default=new_id)
    notice_id: Mapped[Ref]
    person_id: Mapped[Ref]
    kind: Mapped[str]
    params: Mapped[dict[str, Any]]
    link: Mapped[str]
    created_at: Mapped[Instant] = mapped_column(server_default=func.now())
    read_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("notice_id", "person_id"),
        Index("ix_notification_person", "person_id", text("created_at desc")),
        Index("ix_notification_unread", "person_id", postgresql_where=text("read_at is null")),
    )


async def workflows_asking(session: AsyncSession, key: str) -> Sequence[str]:
    """The processes with a task open to this holder."""
    asking = select(Task.workflow_id).where(Task.status == "open", Task.holders.overlap([key])).distinct()
    return (await session.scalars(asking)).all()
