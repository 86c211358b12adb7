"""Approvals as a whole: read, commented on, nudged, withdrawn, moved to another version of their policy."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.answer import ACCEPTED, Answered, answered
from api.auth import CurrentActor, require
from api.body import IdempotencyKey
from api.services import Provided
from commands.approval import MOST
from db.scope import visible
from domain.access import Action
from domain.ids import RecordId
from domain.refusal import Refused

router = APIRouter(prefix="/api/approvals", tags=["approvals"], dependencies=[Depends(require(Action.TASK_WORK))])

Version = Annotated[int, Field(ge=1, le=2**31 - 1, description="Of the approval policy.")]


class ApprovalView(BaseModel):
    """`decision` says which row of the policy asked for this path and why not the others; `path` every step of it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    number: str
    subject_kind: str
    subject_id: str
    subject_version: int
    submitted_by: str
    status: str
    facts: dict[str, Any]
    decision: dict[str, Any]
    path: list[dict[str, Any]]
    remarks: list[dict[str, Any]]
    opened_at: datetime
    closed_at: datetime | None
    revision: int


class Comment(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


class Moving(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Version
    approvals: list[RecordId] = Field(min_length=1, max_length=MOST)


class MoveView(BaseModel):
    """The steps still ahead, by key. `refused`: the version does not decide this case; an administrator would."""

    id: str
    number: str
    title: str
    was: list[str]
    now: list[str]
    refused: str | None


class Moved(BaseModel):
    id: str
    revision: int | None = None
    refused: str | None = None
    params: dict[str, Any] = {}


@router.get("/{approval_id}")
async def get_approval(approval_id: RecordId, actor: CurrentActor, services: Provided) -> ApprovalView:
    async with services.db.session(actor.id) as session:
        return ApprovalView.model_validate(await visible(session, actor, "approval", approval_id))


@router.post("/{approval_id}/comment", responses=ACCEPTED)
async def comment_approval(
    approval_id: RecordId, body: Comment, key: IdempotencyKey, out: Response, actor: CurrentActor, services: Provided
) -> Answered:
    return answered(out, approval_id, await services.approvals.comment(actor, key, approval_id, body.text))


@router.post("/{approval_id}/nudge", responses=ACCEPTED)
async def nudge_approvers(
    approval_id: RecordId, key: IdempotencyKey, out: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """As the submitter, remind whoever's turn it is; the policy says how often."""
    return answered(out, approval_id, await services.approvals.nudge(actor, key, approval_id))


@router.post("/{approval_id}/withdraw", responses=ACCEPTED)
async def withdraw_approval(
    approval_id: RecordId, key: IdempotencyKey, out: Response, actor: CurrentActor, services: Provided
) -> Answered:
    """As the submitter, take the request back while it is not decided."""
    return answered(out, approval_id, await services.approvals.withdraw(actor, key, approval_id))


@router.post("/moves/preview")
async def preview_moves(body: Moving, actor: CurrentActor, services: Provided) -> list[MoveView]:
    """What another version of the policy would make of running cases; changes nothing."""
    moves = await services.approvals.preview(actor, body.version, body.approvals)
    return [
        MoveView(
            id=move.approval.id, number=move.approval.number, title=move.approval.title,
            was=[step.key for step in move.was], now=[step.key for step in move.now], refused=move.refused or None,
        )
        for move in moves
    ]  # fmt: skip


@router.post("/moves")
async def move_approvals(body: Moving, key: IdempotencyKey, actor: CurrentActor, services: Provided) -> list[Moved]:
    """Let running cases go on under another version; what was decided stays."""
    ends = await services.approvals.move(actor, key, body.version, body.approvals)
    return [
        Moved(id=approval_id, refused=end.code, params=end.params)
        if isinstance(end, Refused)
        else Moved(id=approval_id, revision=end.revision)
        for approval_id, end in ends.items()
    ]
