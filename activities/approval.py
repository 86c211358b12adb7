"""Approvals: the route a policy gives, who can take a step, and the row with the whole path."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel
from temporalio import activity

from activities.process import ProcessActivities
from db.contract import Approval
from db.holder import holders
from db.policy import current_policy
from db.projection import write_record
from domain.access import Role, role_key, superiors
from domain.approval import ApprovalPolicy
from domain.policy import load
from domain.process import ProcessState


class PathStep(BaseModel):
    """`status`: pending, open, approved, returned, rejected, withdrawn; `reason`: the policy row that asked for it."""

    key: str
    role: Role
    allowed: timedelta
    remind: timedelta | None = None
    reason: str
    status: str = "pending"
    holder: str | None = None
    task_id: str | None = None
    by: str | None = None
    at: datetime | None = None
    comment: str | None = None


class ApprovalState(ProcessState):
    """`decision` is the policy's: version, fired row, and why not the others."""

    stage: str = "open"
    subject_kind: str
    subject_id: str
    subject_version: int
    submitted_by: str
    decision: dict[str, Any] = {}
    path: list[PathStep] = []


class RouteRequest(BaseModel):
    amount: int
    currency: str
    region_id: str | None
    kind: str


class Routing(BaseModel):
    policy_version: int
    decision: dict[str, Any]
    path: list[PathStep]


class ApproverRequest(BaseModel):
    role: Role
    region_id: str | None
    without: str


class ApprovalActivities(ProcessActivities):
    @activity.defn
    async def project_approval(self, state: ApprovalState) -> None:
        async with self.projecting("approval", state) as session:
            if session is None:
                return
            fields = {
                "subject_kind", "subject_id", "subject_version", "line_id", "submitted_by", "title", "amount",
                "currency", "decision", "opened_at", "closed_at", "revision",
            }  # fmt: skip
            row = {
                "id": state.record_id,
                "status": state.stage,
                "path": [s.model_dump(mode="json") for s in state.path],
                "region_id": state.region_id,
                **state.model_dump(include=fields),
            }
            await write_record(session, Approval, row, prefix="A", year=self.year(state))

    @activity.defn
    async def decide_route(self, request: RouteRequest) -> Routing:
        """The path under the approval policy of this moment; kept in the history, so that it is never decided anew."""
        async with self.db.session() as session:
            version, document = await current_policy(session, ApprovalPolicy.kind)
        policy = load(ApprovalPolicy, document)
        decision = policy.route(
            amount=request.amount, currency=request.currency, region=request.region_id, kind=request.kind
        )
        fired = decision.fired[0]
        path = [
            PathStep(key=step.key, role=step.who.role, allowed=step.allowed, remind=step.remind, reason=fired)
            for step in decision.outcome.steps
        ]
        return Routing(policy_version=version, decision=decision.model_dump(mode="json"), path=path)

    @activity.defn
    async def find_approver(self, request: ApproverRequest) -> str:
        """The key a step opens to: the role asked for, or the next above that somebody but the submitter holds.

        An administrator is the last resort, so that nothing waits for nobody.
        """
        async with self.db.session() as session:
            for role in (request.role, *superiors(request.role)):
                key = role_key(role, request.region_id)
                if set(await holders(session, [key])) - {request.without}:
                    return key
        return role_key(Role.ADMINISTRATOR)
