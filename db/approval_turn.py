"""Each time somebody was asked in an approval: flat rows that reports add up. Written by ApprovalWorkflow only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from sqlalchemy import BigInteger, Index, Table, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Instant, Ref
from db.calendar import Calendars, calendars
from domain.approval_path import PathStep, Seat, seats
from domain.process import ProcessState


class ApprovalTurn(Base):
    """`worked` are the working seconds from `opened_at` to `decided_at`, in the step's calendar or the office's.

    `row` is the policy row that asked for the step, empty for an added signer.
    """

    __tablename__ = "approval_turn"

    task_id: Mapped[Id]
    approval_id: Mapped[Ref] = mapped_column(index=True)
    policy_version: Mapped[int | None]
    row: Mapped[str]
    step: Mapped[str]
    region_id: Mapped[Ref | None]
    submitted_by: Mapped[Ref]
    holders: Mapped[list[str]]
    came: Mapped[str]
    status: Mapped[str]  # open, approved, returned, rejected, withdrawn
    opened_at: Mapped[Instant]
    due_at: Mapped[Instant | None]
    decided_at: Mapped[Instant | None]
    decided_by: Mapped[Ref | None]
    behalf_of: Mapped[Ref | None]
    worked: Mapped[int | None]
    comment: Mapped[str | None]
    revision: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_approval_turn_opened", "opened_at"),
        Index("ix_approval_turn_decided", "decided_at"),
        Index("ix_approval_turn_open", "due_at", postgresql_where=text("status = 'open'")),
    )


async def write_turns(session: AsyncSession, state: ProcessState, submitted_by: str, path: list[PathStep]) -> None:
    """Only after `write_process` said True."""
    asked = [(step, seat) for step, seat in seats(path) if seat.task_id and seat.opened_at]
    if not asked:
        return
    known = await calendars(session) if any(seat.at for _, seat in asked) else None
    shared = {
        "approval_id": state.record_id,
        "policy_version": state.policies.get("approval"),
        "region_id": state.region_id,
        "submitted_by": submitted_by,
        "revision": state.revision,
    }
    rows = [shared | _turn(step, seat, known) for step, seat in asked]
    table = cast(Table, ApprovalTurn.__table__)
    statement = insert(table)
    changed = {column: statement.excluded[column] for column in rows[0] if column != "task_id"}
    await session.execute(statement.on_conflict_do_update(index_elements=["task_id"], set_=changed), rows)


def _turn(step: PathStep, seat: Seat, known: Calendars | None) -> dict[str, Any]:
    worked: timedelta | None = None
    if known and seat.at and seat.opened_at:
        worked = known.working_time(step.step.calendar).worked(seat.opened_at, seat.at)
    return {
        "task_id": seat.task_id,
        "row": step.reason,
        "step": step.key,
        "holders": seat.holders,
        "came": seat.came,
        "status": seat.status,
        "opened_at": seat.opened_at,
        "due_at": seat.due_at,
        "decided_at": seat.at,
        "decided_by": seat.by if seat.by != "system" else None,
        "behalf_of": seat.behalf_of,
        "worked": None if worked is None else int(worked.total_seconds()),
        "comment": seat.comment,
    }
